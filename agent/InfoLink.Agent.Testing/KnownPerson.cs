using System.Collections.Concurrent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Testing;

/// <summary>
/// A person as one agency knows her, and what comes of a question about her there. Without a word about it her agency's sources decide; whom the agency does not know at all is
/// <em>not available</em>.
/// </summary>
public sealed class KnownPerson
{
    private readonly InMemoryAgency _agency;
    private readonly ConcurrentDictionary<KindId, Items?> _answers = new();

    internal KnownPerson(InMemoryAgency agency, TestPerson person, string localId, BasicAttributes? attributes) =>
        (_agency, Person, LocalId, Attributes) = (agency, person, localId, attributes);

    /// <summary>The agency's own identifier.</summary>
    public string LocalId { get; }

    /// <summary>As the agency's own system has her.</summary>
    public BasicAttributes? Attributes { get; }

    internal TestPerson Person { get; }

    /// <summary>Scripted: the same whatever the sources would say.</summary>
    internal Refusal? Refused { get; private set; }

    internal bool Waits { get; private set; }

    internal HumanDecision Decision { get; private set; }

    /// <summary>Answered, with values.</summary>
    /// <param name="kind">e.g. <c>municipal-inhabitant-tax</c>.</param>
    /// <param name="items">What the agency's system has; null: made up, every item with a value that keeps the layout.</param>
    /// <exception cref="ArgumentException">The catalog has no such kind, or a value of its own has to be given for an item (named).</exception>
    /// <exception cref="InvalidOperationException">The agency has a source for this kind: that is asked.</exception>
    /// <remarks>Items outside the layout are refused when they are asked for, as a real provider refuses its own system's: LAYOUT-VIOLATION.</remarks>
    public KnownPerson Answers(string kind, Items? items = null) => Keep(KindOf(kind), items ?? LayoutSample.Of(KindOf(kind)));

    /// <summary>Answered, without a value wherever the layout lets this reason stand; other items are made up.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="reason">The one reason.</param>
    /// <exception cref="ArgumentException">No item of the kind may be absent for this reason.</exception>
    public KnownPerson AnswersAbsent(string kind, AbsenceReason reason)
    {
        var layout = KindOf(kind);
        var items = LayoutSample.Of(layout, item => item.AbsenceReasons.Contains(reason));
        foreach (var item in layout.Items.Where(item => item.AbsenceReasons.Contains(reason)))
        {
            items.Add(item.Id, reason);
        }

        return items.Values.OfType<ItemAnswer.Absent>().Any()
            ? Keep(layout, items)
            : throw new ArgumentException($"In the layout of '{kind}' no item may be absent as '{reason}'.", nameof(reason));
    }

    /// <summary>Known here, and there is nothing to answer automatically: NOT-AVAILABLE, as for somebody unknown.</summary>
    /// <param name="kind">The kind.</param>
    public KnownPerson HasNothing(string kind) => Keep(KindOf(kind), items: null);

    /// <summary>Withheld (不開示): NOT-AVAILABLE, as for somebody unknown.</summary>
    public KnownPerson IsWithheld()
    {
        _agency.Mark(LocalId, withheld: true, manualOnly: false);
        return this;
    }

    /// <summary>Not to be answered automatically (自動応答不可).</summary>
    public KnownPerson IsManualOnly()
    {
        _agency.Mark(LocalId, withheld: false, manualOnly: true);
        return this;
    }

    /// <summary>Somebody else stands under the link here: IDENTITY-MISMATCH, and the requester's link goes into quarantine. On the wire it comes under entries with an identity check only.</summary>
    public KnownPerson IsSomebodyElse() => IsRefused(RefusalName.IdentityMismatch);

    /// <summary>Refused by this name, e.g. SOURCE-UNAVAILABLE; what the provider's agent says of one person.</summary>
    /// <param name="why">The name.</param>
    /// <param name="detail">As the provider gives it.</param>
    public KnownPerson IsRefused(RefusalName why, string detail = "")
    {
        Refused = new Refusal(why, detail);
        return this;
    }

    /// <summary>A human decides, and has not yet: <em>pending</em>. On the wire it comes under manual entries, and where an identity check is in doubt.</summary>
    public KnownPerson WaitsForAHuman()
    {
        Waits = true;
        return this;
    }

    /// <summary>The human has decided to answer: who collects gets what the sources say.</summary>
    public KnownPerson HumanAnswers()
    {
        Decision = HumanDecision.Answer;
        return this;
    }

    /// <summary>The human lets the deadline pass: who collects finds nothing pending.</summary>
    public KnownPerson HumanLetsItLapse()
    {
        Decision = HumanDecision.Lapse;
        return this;
    }

    internal Items? AnswerOf(KindId kind) => _answers.GetValueOrDefault(kind);

    private InformationKind KindOf(string kind) => _agency.Network.Catalog.Kinds.TryGetValue(KindId.Parse(kind), out var known)
        ? known
        : throw new ArgumentException($"The catalog has no kind '{kind}'.", nameof(kind));

    private KnownPerson Keep(InformationKind kind, Items? items)
    {
        _agency.ServeFromPersons(kind.Id);
        _answers[kind.Id] = items;
        return this;
    }
}

/// <summary>What the human at the provider has done about a pending answer.</summary>
internal enum HumanDecision
{
    None,
    Answer,
    Lapse,
}
