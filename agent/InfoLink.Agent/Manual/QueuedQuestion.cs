using InfoLink.Agent.Links;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Manual;

/// <summary>A question about one person that waits for this agency's people.</summary>
/// <param name="Number">The queue's own.</param>
/// <param name="Exchange">In which it was asked.</param>
/// <param name="Index">The person's place there.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="Entry">On what basis.</param>
/// <param name="State">How far it is.</param>
/// <param name="AskedAt">When.</param>
/// <param name="Deadline">Until when it can be answered and collected; then it lapses.</param>
public sealed record QueuedQuestion(
    long Number, ExchangeId Exchange, uint Index, AgencyId Requester, EntryId Entry, QueueState State, DateTimeOffset AskedAt, DateTimeOffset Deadline)
{
    /// <summary>What is asked about the person; null once it has lapsed, when no more than the frame is kept.</summary>
    public QueuedContent? Content { get; init; }

    /// <summary>What a person has decided; null where nobody has.</summary>
    public QueueDecision? Decision { get; init; }
}

/// <summary>What is asked, and about whom.</summary>
/// <param name="Role">Whose data.</param>
/// <param name="Kinds">Ascending by id.</param>
/// <param name="Conditions">Tax year, period, as-of date.</param>
/// <param name="Cause">Why people decide.</param>
public sealed record QueuedContent(SubjectRole Role, IReadOnlyList<KindId> Kinds, InquiryConditions Conditions, QueueCause Cause)
{
    /// <summary>
    /// The person's identifiers here, as the link table has them now. Empty: nobody may be answered for, because there is no such person, or she is withheld, or her link is in quarantine;
    /// the only decision is then <see cref="DenialReason.NotAvailable"/>.
    /// </summary>
    public IReadOnlyList<LocalId> Persons { get; init; } = [];

    public override string ToString() => "QueuedContent(redacted)";
}

/// <summary>What a person has decided.</summary>
/// <param name="What">The decision.</param>
/// <param name="By">Who, and why; on record.</param>
/// <param name="At">When.</param>
public sealed record QueueDecision(QueueAct What, LinkAct By, DateTimeOffset At)
{
    /// <summary>Where it is denied: what the requester reads.</summary>
    public DenialReason? Denial { get; init; }

    /// <summary>Who confirmed it, where the entry needs two; null: nobody yet, or nobody has to.</summary>
    public string? ConfirmedBy { get; init; }
}

/// <summary>How far a question is. Values are kept on disk.</summary>
public enum QueueState
{
    Waiting = 1,

    /// <summary>One person has decided, and a second one is to confirm it.</summary>
    Proposed = 2,

    /// <summary>The requester gets it when it asks again.</summary>
    Decided = 3,

    /// <summary>The requester has it, and may have it again until the deadline.</summary>
    Collected = 4,

    /// <summary>The deadline passed before it was collected.</summary>
    Lapsed = 5,
}

/// <summary>Why people decide. Values are kept on disk.</summary>
public enum QueueCause
{
    /// <summary>The entry says so, for everybody.</summary>
    Entry = 1,

    /// <summary>The identity check left a doubt: the birth agrees and the name does not, or one side lacks something.</summary>
    DoubtfulIdentity = 2,

    /// <summary>The entry says so, and the identity check found somebody else: no value leaves unless the link is released first.</summary>
    OtherIdentity = 3,
}

/// <summary>A decision. Values are kept on disk.</summary>
public enum QueueAct
{
    /// <summary>Answered with what the existing system had at the moment of the decision.</summary>
    Approved = 1,

    /// <summary>Answered with values and reasons that a person gave.</summary>
    Answered = 2,

    Denied = 3,
}

/// <summary>The few reasons for which people deny an answer, as the requester reads them. None tells a withheld person from one who is not here. Values are kept on disk.</summary>
public enum DenialReason
{
    /// <summary>NOT-AVAILABLE, as for everybody who is not here.</summary>
    NotAvailable = 1,

    /// <summary>ANSWER-DENIED, <c>grounds</c>: it is not seen that it is needed.</summary>
    Grounds = 2,

    /// <summary>ANSWER-DENIED, <c>other-agency</c>: another agency holds it.</summary>
    OtherAgency = 3,

    /// <summary>ANSWER-DENIED, <c>by-letter</c>: the answer comes by the ordinary route.</summary>
    ByLetter = 4,
}

/// <summary>Names as the requester and the commands have them.</summary>
public static class DenialReasons
{
    private static readonly (DenialReason Reason, string Name)[] Names =
        [(DenialReason.NotAvailable, "not-available"), (DenialReason.Grounds, "grounds"), (DenialReason.OtherAgency, "other-agency"), (DenialReason.ByLetter, "by-letter")];

    /// <summary>All names, for help and errors.</summary>
    public static IEnumerable<string> All => Names.Select(each => each.Name);

    public static string NameOf(DenialReason reason) => Names.Single(each => each.Reason == reason).Name;

    /// <exception cref="FormatException">There is no such reason.</exception>
    public static DenialReason Parse(string name) => Array.Find(Names, each => string.Equals(each.Name, name, StringComparison.Ordinal)) is { Name: not null } found
        ? found.Reason
        : throw new FormatException($"The reason is one of {string.Join(", ", All)}.");
}
