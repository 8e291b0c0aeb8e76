using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>Where a case is. Values are kept on disk.</summary>
public enum RemedyState
{
    /// <summary>A link ended, or a person found it wrong: nobody is told before a person decides.</summary>
    ToDecide = 1,

    /// <summary>A person has decided: the counterparts are told.</summary>
    Decided = 2,

    /// <summary>A person has decided that nobody need be told.</summary>
    Dropped = 3,
}

/// <summary>Where the notice about one exchange is. Values are kept on disk.</summary>
public enum NoticeProgress
{
    /// <summary>Listed; nobody has decided.</summary>
    Listed = 1,

    /// <summary>To be sent, or sent again.</summary>
    Due = 2,

    /// <summary>On record at the counterpart.</summary>
    Acknowledged = 3,

    /// <summary>The counterpart has no such exchange with this agency on record. A person calls there.</summary>
    Refused = 4,

    /// <summary>The counterpart could not be reached in all the time: a person tells it by other means.</summary>
    Undelivered = 5,

    /// <summary>A person has decided that this exchange is not concerned.</summary>
    Excluded = 6,
}

/// <summary>One wrong link or corrected record, with every exchange that it concerns.</summary>
/// <param name="Number">At this agency.</param>
/// <param name="Id">Whose link it is or was, in the agency's own words.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="State">Where it is.</param>
/// <param name="FoundAt">When the link ended, or a person said so.</param>
/// <param name="Found">Who, and on what grounds.</param>
public sealed record RemedyCase(long Number, LocalId Id, CorrectionReason Reason, RemedyState State, DateTimeOffset FoundAt, LinkAct Found)
{
    public DateTimeOffset? DecidedAt { get; init; }

    public LinkAct? Decision { get; init; }

    /// <summary>More exchanges were found than a case lists (<see cref="ExchangeSearch.MaxExchanges"/>); the oldest are listed.</summary>
    public bool IsCut { get; init; }

    /// <summary>How many exchanges there are in each place.</summary>
    public IReadOnlyDictionary<NoticeProgress, int> Counts { get; init; } = new Dictionary<NoticeProgress, int>();

    /// <summary>All of them.</summary>
    public int Exchanges => Counts.Values.Sum();

    public override string ToString() => $"RemedyCase({Number}, {State}, redacted)";
}

/// <summary>An exchange that was made through the link.</summary>
/// <param name="Exchange">Its id.</param>
/// <param name="Side">What this agency was in it.</param>
/// <param name="Counterpart">The other agency.</param>
/// <param name="Time">Of this agency's own record.</param>
/// <param name="Subjects">The person's places in the exchange, ascending, and what came of each.</param>
public sealed record AffectedExchange(
    ExchangeId Exchange, ExchangeSide Side, AgencyId Counterpart, DateTimeOffset Time, IReadOnlyList<(uint Index, SubjectOutcome Outcome)> Subjects)
{
    public string Entry { get; init; } = "";

    public IReadOnlyList<string> Kinds { get; init; } = [];
}

/// <summary>An exchange of a case, and the notice about it.</summary>
/// <param name="Case">The case's number.</param>
/// <param name="About">The exchange.</param>
/// <param name="Reference">16 bytes: one for each case and counterpart.</param>
/// <param name="Progress">Where the notice is.</param>
public sealed record RemedyNotice(long Case, AffectedExchange About, ReadOnlyMemory<byte> Reference, NoticeProgress Progress)
{
    /// <summary>Bytes in a reference.</summary>
    public const int ReferenceSize = 16;

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>Why the last try failed; null: it did not, or none was made.</summary>
    public RefusalName? LastRefusal { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>What the counterpart's people had made of it when they were last asked.</summary>
    public CorrectionState AtCounterpart { get; init; }
}

/// <summary>What another agency has told: an exchange with this agency was made through a wrong link of theirs, or they have corrected their record since.</summary>
/// <param name="Number">At this agency.</param>
/// <param name="From">Who told.</param>
/// <param name="Exchange">Which exchange: this agency's own log says who it was about.</param>
/// <param name="Side">What the other agency was in it.</param>
/// <param name="Indices">The persons' places in it.</param>
/// <param name="Reason">What was wrong there.</param>
/// <param name="State">What this agency's people have made of it.</param>
/// <param name="ReceivedAt">Since when it is on record here.</param>
public sealed record ReceivedNotice(
    long Number, AgencyId From, ExchangeId Exchange, ExchangeSide Side, IReadOnlyList<uint> Indices, CorrectionReason Reason, CorrectionState State, DateTimeOffset ReceivedAt)
{
    /// <summary>16 bytes, as in both agencies' records.</summary>
    public ReadOnlyMemory<byte> Reference { get; init; }

    /// <summary>When the other agency's people decided, by its clock.</summary>
    public DateTimeOffset DecidedThereAt { get; init; }

    /// <summary>Who took note of it here, and why; null while it is open.</summary>
    public LinkAct? Note { get; init; }
}
