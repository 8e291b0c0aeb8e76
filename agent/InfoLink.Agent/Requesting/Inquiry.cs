using InfoLink.Agent.Typed;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Requesting;

/// <summary>What is asked, of whom, under which entry of the statute catalog.</summary>
public sealed record Inquiry
{
    public required EntryId Entry { get; init; }

    /// <summary>Who is asked; null: who by the rule of the kinds holds the information, as <see cref="ProviderChoice"/> says (SPEC §16).</summary>
    public AgencyId? Provider { get; init; }

    /// <summary>Whose data; may stay empty where the entry covers one role only.</summary>
    public SubjectRole? Role { get; init; }

    /// <summary>Which kinds; empty asks for all that the entry holds.</summary>
    public IReadOnlyList<KindId> Kinds { get; init; } = [];

    public InquiryConditions Conditions { get; init; } = InquiryConditions.None;

    /// <summary>The provider that a rule has found for these persons already, so that the registry is not asked twice.</summary>
    internal ProviderChoice? Found { get; init; }

    /// <summary>The pending exchange whose answer is collected.</summary>
    public ExchangeId? Continues { get; init; }

    /// <summary>
    /// Where the provider's people answer later, the agent asks again by itself until they have or the deadline passes, and keeps what comes for <see cref="PendingAnswers.CollectAsync"/>.
    /// Without it somebody collects. Either way the pending exchange stands in the agency's list.
    /// </summary>
    public bool CollectsItself { get; init; }

    /// <summary>The agent collects on its own: answers are kept for whoever takes them.</summary>
    internal bool KeepsAnswers { get; init; }
}

/// <summary>Who asks, where and what for: items ⑦, ⑨ and ⑫ of the access log. Kept at this agency only.</summary>
/// <param name="Operator">Name, department or attribute, as the agency chooses.</param>
/// <param name="Terminal">The terminal.</param>
/// <param name="Use">What the information is used for (用途).</param>
/// <param name="CaseReference">The agency's own case.</param>
public sealed record Asker(string Operator, string Terminal, string Use, string CaseReference = "")
{
    /// <summary>What somebody who has proved who it is (a proxy before the agent, the developer's own sign-in) says of the operator; null: the agency's file of operators does.</summary>
    public OperatorClaims? Claims { get; init; }

    /// <summary>Which of the agency's own systems asks, by its name in <c>local.keys</c>; empty: none of them. What people answer later is told to this one.</summary>
    public string Caller { get; init; } = "";

    /// <summary>Was let in, and stands here as on record: the exchange behind a choice of provider, and what is collected later, are the same question, also where she has left since.</summary>
    internal bool IsAdmitted { get; init; }

    public override string ToString() => "Asker(redacted)";
}

/// <summary>An operator as a directory (LDAP, OpenID Connect) knows her.</summary>
/// <param name="Name">For the record, where the agency records names.</param>
/// <param name="Department">The same.</param>
/// <param name="Attribute">The same.</param>
/// <param name="Roles">Roles of <see cref="PeopleOptions.Roles"/>; others are none.</param>
public sealed record OperatorClaims(string Name, string Department, string Attribute, IReadOnlyList<string> Roles)
{
    public override string ToString() => "OperatorClaims(redacted)";
}

/// <summary>What came back for one person.</summary>
public abstract record FetchedPerson(string Person)
{
    /// <param name="Person">The agency's own identifier.</param>
    /// <param name="Kinds">Values or reasons for their absence, checked against the layouts.</param>
    public sealed record Answered(string Person, AnsweredKinds Kinds) : FetchedPerson(Person);

    /// <summary>The provider needs a human; collect with an inquiry that <see cref="Inquiry.Continues"/> this exchange.</summary>
    public sealed record Pending(string Person, DateTimeOffset Deadline) : FetchedPerson(Person);

    public sealed record Refused(string Person, Refusal Refusal) : FetchedPerson(Person);

    public sealed override string ToString() => $"{GetType().Name}(redacted)";
}

/// <summary>An exchange's outcome: one result for each person asked for, in order.</summary>
/// <param name="ExchangeId">Names the exchange in every record; empty where nothing left the agency.</param>
/// <param name="Persons">In the order of the question.</param>
public sealed record Fetched(ExchangeId? ExchangeId, IReadOnlyList<FetchedPerson> Persons)
{
    /// <summary>Who was asked, and how that was found; null where nobody was.</summary>
    public ProviderChoice? Choice { get; init; }
}

/// <summary>The kinds that were answered for one person. Prints no value.</summary>
public sealed class AnsweredKinds(IReadOnlyDictionary<KindId, IReadOnlyDictionary<string, ItemAnswer>> kinds)
{
    public IReadOnlyDictionary<KindId, IReadOnlyDictionary<string, ItemAnswer>> All => kinds;

    /// <summary>The items of one kind.</summary>
    /// <exception cref="KeyNotFoundException">The kind was not asked for.</exception>
    public IReadOnlyDictionary<string, ItemAnswer> this[string kind] => kinds[KindId.Parse(kind)];

    /// <summary>An item's value; null where it is absent, with a reason in <see cref="All"/>.</summary>
    public string? Value(string kind, string item) => this[kind].TryGetValue(item, out var answer) && answer is ItemAnswer.Value value ? value.Text : null;

    /// <summary>One kind as a class that <c>infolink catalog classes</c> has written.</summary>
    /// <exception cref="KeyNotFoundException">The kind was not asked for.</exception>
    /// <exception cref="Contracts.Refusals.RefusedException">LAYOUT-VIOLATION: the catalog has changed since the class was written; make the classes anew.</exception>
    public T Read<T>()
        where T : class, IInformation<T> => T.From(kinds[T.Kind]);

    public override string ToString() => $"AnsweredKinds({kinds.Count}, redacted)";
}
