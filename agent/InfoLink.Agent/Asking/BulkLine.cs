using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Asking;

/// <summary>One line of a bulk question. What it leaves open, the <see cref="BulkQuestion"/> says.</summary>
/// <param name="Number">Its line in the source, from 1; stands in its result.</param>
/// <param name="Person">The agency's own identifier; empty where the line is too broken to tell.</param>
public sealed record BulkLine(long Number, string Person)
{
    /// <summary>Who is asked.</summary>
    public AgencyId? Provider { get; init; }

    /// <summary>Whose data.</summary>
    public SubjectRole? Role { get; init; }

    /// <summary>Tax year, western.</summary>
    public int? TaxYear { get; init; }

    /// <summary>The agency's own case.</summary>
    public string? CaseReference { get; init; }

    /// <summary>Why the line cannot be asked; null where it can. Names the field, never its value.</summary>
    public string? Broken { get; init; }

    public override string ToString() => $"BulkLine({Number}, redacted)";
}

/// <summary>What is asked about every line, and where the results go.</summary>
/// <param name="Inquiry">Entry, kinds, and what lines do not say themselves: provider, role, conditions.</param>
/// <param name="ResultFile">A whole path, of a file that is not there yet: <c>.csv</c>, or <c>.jsonl</c> for a JSON object a line; UTF-8, readable by its owner alone. It holds what was answered.</param>
/// <param name="Source">Tells sources apart, e.g. a SHA-256 in hex; a job goes on only with the source that it was begun with.</param>
public sealed record BulkQuestion(Inquiry Inquiry, string ResultFile, string Source)
{
    /// <summary>How many lines there are, where it is known; more or fewer stop the job.</summary>
    public long? Lines { get; init; }

    /// <summary>How long trouble that passes by itself is waited out: the broker or a provider is away or overloaded, a ledger was reopened. A provider that is closed by its own word is waited for until it opens, for two weeks at most, however short this is.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What must be the same when a job goes on.</summary>
    internal string Key => string.Join('\n', [
        Source,
        Inquiry.Entry.Value,
        Inquiry.Provider?.Value ?? "",
        Inquiry.Role?.Value ?? "",
        string.Join(' ', Inquiry.Kinds.Select(kind => kind.Value)),
        Inquiry.Conditions.ToString(),
    ]);
}

/// <summary>What came of a line; each line has exactly one.</summary>
public enum LineOutcome
{
    /// <summary>Values, or for each item the reason why there is none.</summary>
    Answered = 1,

    /// <summary>A human at the provider answers later.</summary>
    Pending = 2,

    /// <summary>Nothing was handed over; the refusal says why.</summary>
    Refused = 3,

    /// <summary>The line is none: nobody was asked.</summary>
    Broken = 4,
}

/// <summary>A line with what came of it.</summary>
internal sealed record LineResult(BulkLine Line, LineOutcome Outcome)
{
    public Contracts.Refusals.Refusal? Refusal { get; init; }

    public ExchangeId? Exchange { get; init; }

    public AgencyId? Provider { get; init; }

    public DateTimeOffset? PendingUntil { get; init; }

    public AnsweredKinds? Kinds { get; init; }

    /// <summary>For the counts: empty where nothing was refused.</summary>
    public string RefusalName => Refusal?.Text ?? "";

    public static LineResult Of(BulkLine line, Contracts.Refusals.Refusal refusal) => new(line, LineOutcome.Refused) { Refusal = refusal };

    public override string ToString() => $"LineResult({Line.Number}, {Outcome}, redacted)";
}
