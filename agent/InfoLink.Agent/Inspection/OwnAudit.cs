using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Links;
using InfoLink.Agent.People;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Inspection;

/// <summary>
/// The agency looks at its own log: which of its people asked under which entry about how many persons, what they were refused, and what is unusual. It opens no content and names no person. That somebody looked is on
/// record before anything is shown.
/// </summary>
public sealed class OwnAudit
{
    /// <summary>Accesses that a report lists, at most; counts are of all.</summary>
    public const int MostListed = 10_000;

    private const int Page = 1_000;
    private const int MostPages = 20;
    private readonly AgencyRecords _records;
    private readonly ActRecords _acts;
    private readonly AgencyPeople _people;

    internal OwnAudit(AgencyRecords records, ActRecords acts, AgencyPeople people) => (_records, _acts, _people) = (records, acts, people);

    /// <param name="scope">Which part of the log, and what counts as unusual.</param>
    /// <param name="act">Who looks, and why.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED: who looks has no role that may.</exception>
    /// <exception cref="LogUnavailableException">It is not on record that somebody looks; nothing is shown.</exception>
    public async Task<AuditReport> LookAsync(AuditScope scope, LinkAct act, CancellationToken cancellation = default)
    {
        await RequireOnRecordAsync(act, scope.ForRecord);
        var tally = new AuditTally(scope);
        foreach (var origin in await _records.Store.OriginsAsync(cancellation))
        {
            if (await _records.Store.OtherAsync(origin, cancellation) is not { } log)
            {
                continue;
            }

            for (var serial = await FirstAsync(log, scope.From, cancellation); ;)
            {
                var entries = await log.ReadAsync(serial, Page, cancellation);
                foreach (var entry in entries)
                {
                    tally.Add(entry);
                }

                if (entries.Count == 0 || TimeOf(entries[^1]) > scope.Until + AuditScope.Slack)
                {
                    break;
                }

                serial = entries[^1].Serial + 1;
            }
        }

        return tally.Report();
    }

    /// <summary>The newest accesses of the agency's log, whoever made them, or all of one exchange.</summary>
    /// <param name="exchange">This exchange alone; null: whatever is newest.</param>
    /// <param name="most">At most so many, up to 1,000.</param>
    /// <param name="act">Who looks, and why.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The newest first; nothing of what was answered, and of persons how many.</returns>
    /// <exception cref="RefusedException">OPERATOR-UNKNOWN or OPERATOR-NOT-ALLOWED: who looks has no role that may.</exception>
    /// <exception cref="LogUnavailableException">It is not on record that somebody looks; nothing is shown.</exception>
    public async Task<IReadOnlyList<AuditedAccess>> RecentAsync(ExchangeId? exchange, int most, LinkAct act, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, Page);
        await RequireOnRecordAsync(act, exchange is { } one ? $"exchange {one}" : "recent exchanges");
        var found = new List<StoredEntry>();
        if (exchange is { } id)
        {
            found.AddRange(await _records.Store.FindAsync(id, cancellation));
        }
        else
        {
            foreach (var origin in await _records.Store.OriginsAsync(cancellation))
            {
                if (await _records.Store.OtherAsync(origin, cancellation) is { } log)
                {
                    await AddNewestAsync(log, most, found, cancellation);
                }
            }
        }

        return [.. found.Where(IsAccess).OrderByDescending(entry => entry.Open.TimeMs).ThenByDescending(entry => entry.Serial).Take(most).Select(AuditTally.Read)];
    }

    /// <summary>From the end of the log backwards: acts and other records stand between accesses, and a log of nothing else is given up after some pages.</summary>
    private static async Task AddNewestAsync(IEntryReader log, int most, List<StoredEntry> found, CancellationToken cancellation)
    {
        var accesses = 0;
        var end = (await log.StateAsync(cancellation)).Size;
        for (var page = 0; page < MostPages && end > 0 && accesses < most; page++)
        {
            var start = Math.Max(0, end - Page);
            var entries = await log.ReadAsync(start, (int)(end - start), cancellation);
            found.AddRange(entries.Where(IsAccess));
            accesses += entries.Count(IsAccess);
            end = start;
        }
    }

    private static bool IsAccess(StoredEntry entry) => entry.Open.Event is AccessEvent.Asked or AccessEvent.Received or AccessEvent.Answered or AccessEvent.Failed or AccessEvent.Refused;

    /// <summary>Whoever looks may, and it is on record that she does.</summary>
    private async Task RequireOnRecordAsync(LinkAct act, string about)
    {
        if (_people.WhyNotAudit(act) is { } not)
        {
            throw new RefusedException(not);
        }

        await _acts.RecordAsync(new OperatorAct { Operator = _people.RecordedAs(act), What = "audit", About = about, Before = "", After = "shown", Reason = act.Reason });
    }

    /// <summary>Records stand in the order of time but for the clocks' slack: the first that may count is found by halving.</summary>
    private static async Task<long> FirstAsync(IEntryReader log, DateTimeOffset from, CancellationToken cancellation)
    {
        var (low, high) = (0L, (await log.StateAsync(cancellation)).Size);
        while (high - low > Page)
        {
            var middle = low + ((high - low) / 2);
            var there = await log.ReadAsync(middle, 1, cancellation);
            (low, high) = there is [var entry] && TimeOf(entry) < from - AuditScope.Slack ? (middle, high) : (low, middle);
        }

        return low;
    }

    internal static DateTimeOffset TimeOf(StoredEntry entry) => DateTimeOffset.FromUnixTimeMilliseconds(entry.Open.TimeMs);
}

/// <summary>Which part of the agency's own log, and what counts as unusual.</summary>
/// <param name="From">The earliest time.</param>
/// <param name="Until">The latest.</param>
public sealed record AuditScope(DateTimeOffset From, DateTimeOffset Until)
{
    internal static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>Of this operator alone, as she stands on record.</summary>
    public string? Operator { get; init; }

    /// <summary>Under this entry alone.</summary>
    public EntryId? Entry { get; init; }

    /// <summary>The hours in which the agency works (Japan), from and until; accesses outside, and on Saturdays and Sundays, are unusual.</summary>
    public (int From, int Until) Hours { get; init; } = (7, 20);

    /// <summary>More persons than these, asked about by one operator on one day in exchanges of fewer than ten, are unusual.</summary>
    public int PersonsADay { get; init; } = 100;

    /// <summary>One operator asking about one person in so many exchanges is unusual.</summary>
    public int SamePerson { get; init; } = 5;

    internal string ForRecord => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{JapanTime.CivilDate(From):yyyy-MM-dd} to {JapanTime.CivilDate(Until):yyyy-MM-dd}{(Operator is null ? "" : ", one operator")}{(Entry is { } entry ? $", {entry}" : "")}");
}

/// <summary>One access of the agency's own people, from its log.</summary>
/// <param name="Serial">The place in the agency's log.</param>
/// <param name="Time">When.</param>
/// <param name="Exchange">Names it in every record; null where it has no name yet, or never got one.</param>
/// <param name="Entry">Under which entry.</param>
/// <param name="Requester">Who asked.</param>
/// <param name="Provider">Who was asked.</param>
/// <param name="CaseReference">The agency's own case.</param>
/// <param name="Event">ASKED, RECEIVED, ANSWERED, FAILED or REFUSED.</param>
/// <param name="Operator">Items ⑦ or ⑧.</param>
/// <param name="Terminal">Items ⑨ or ⑩.</param>
/// <param name="Use">Item ⑫.</param>
/// <param name="Persons">How many.</param>
/// <param name="Refusal">The refusal's name; empty where there was none.</param>
public sealed record AuditedAccess(
    long Serial, DateTimeOffset Time, string Event, ExchangeId? Exchange, string Entry, string Requester, string Provider, string Operator, string Terminal, string Use, string CaseReference, int Persons, string Refusal);

/// <summary>What one operator did, or what was done under one entry.</summary>
/// <param name="Name">The operator as on record, or the entry.</param>
/// <param name="Questions">Exchanges asked.</param>
/// <param name="Persons">Persons asked about.</param>
/// <param name="Refused">Questions that the agency itself refused.</param>
public sealed record AuditSum(string Name, long Questions, long Persons, long Refused);

/// <summary>Something to ask the operator about. It is no verdict.</summary>
/// <param name="What"><c>outside-hours</c>, <c>many-persons</c>, <c>same-person</c> or <c>refused</c>.</param>
/// <param name="Operator">As on record.</param>
/// <param name="Times">How often.</param>
/// <param name="Serials">Some of the records (ASKED), by their place in the agency's log; empty for refusals.</param>
public sealed record AuditFinding(string What, string Operator, long Times, IReadOnlyList<long> Serials);

/// <summary>What the agency's log says of its people.</summary>
public sealed record AuditReport(
    IReadOnlyList<AuditSum> Operators, IReadOnlyList<AuditSum> Entries, IReadOnlyList<AuditFinding> Unusual, IReadOnlyList<AuditedAccess> Accesses, bool IsCut)
{
    public override string ToString() => $"AuditReport({Operators.Count}, redacted)";
}
