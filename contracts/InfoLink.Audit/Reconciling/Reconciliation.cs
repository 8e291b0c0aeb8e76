using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Audit.Reconciling;

/// <summary>What to reconcile by.</summary>
public sealed record ReconciliationOptions
{
    /// <summary>The versions of the catalog that were in force meanwhile; none: whether fields lie outside their entries is not judged.</summary>
    public IReadOnlyCollection<StatuteCatalog> Catalogs { get; init; } = [];

    /// <summary>Differences of each class that the report shows.</summary>
    public int Examples { get; init; } = 20;

    /// <summary>
    /// How long before the end of a bundle an event must lie for its record's absence to mean anything: between an event at one custodian and
    /// its record at another, cosigning included.
    /// </summary>
    public TimeSpan Margin { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Is told of every difference.</summary>
    public Action<Difference>? Each { get; init; }
}

/// <summary>
/// Holds the logs of broker and agencies against one another.
/// <list type="number">
/// <item>Each bundle against itself, its log's signature, the other bundles of its log, and the agencies' pins.</item>
/// <item>Every record of it as a short row in a table on disk.</item>
/// <item>Exchange by exchange: who has what on record, and do they say the same?</item>
/// </list>
/// Memory does not grow with the number of records.
/// </summary>
public static class Reconciliation
{
    /// <param name="bundles">Folders; of any number of the broker's logs and of agencies.</param>
    /// <param name="members">Whose keys count.</param>
    /// <param name="options">Catalog, examples, sink.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="BundleException">A folder is no bundle, or of a log that the list does not name.</exception>
    public static async Task<ReconciliationReport> RunAsync(
        IReadOnlyCollection<string> bundles, MemberList members, ReconciliationOptions options, CancellationToken cancellation)
    {
        var known = KnownLog.Of(members);
        List<AuditedLog> all = [.. bundles.Select(folder => AuditedLog.Open(folder, known))];
        AuditedLog[] chosen = [.. all.GroupBy(log => log.Known.Origin, StringComparer.Ordinal).Select(group => group.MaxBy(log => log.Size)!)];
        for (var i = 0; i < chosen.Length; i++)
        {
            chosen[i].Number = i;
        }

        var tally = new Tally(options.Examples, options.Each);
        var rules = options.Catalogs.Count > 0 ? new EntryRules(options.Catalogs, members) : null;
        using var table = new ExchangeTable();

        // 1. and 2.
        var pins = await PinsAsync(all, tally, cancellation);
        foreach (var log in all)
        {
            table.Begin();
            log.Report = await FolderCheck.RunAsync(log.Folder, log.Known, [.. KeptOf(log, all, pins)], log.Number < 0 ? null : Take, cancellation);
            table.End();
            Tell(log, tally);

            void Take(VerifiedRecord record)
            {
                log.Saw(record);
                table.Add(log.Number, record);
                JudgeEntry(record.Open, log, record.Serial, rules, tally);
            }
        }

        // 3.
        var coverage = new Coverage(chosen, LogsOf(members), options.Margin);
        var judgement = new ExchangeJudgement(table, chosen, coverage, tally, cancellation);
        long exchanges = 0;
        coverage.Has(ApprovedRecord.BrokerCustodian);
        foreach (var exchange in table.Exchanges())
        {
            cancellation.ThrowIfCancellationRequested();
            exchanges++;
            Look(exchange[0], coverage);
            await judgement.JudgeAsync(exchange);
        }

        return new ReconciliationReport
        {
            Bundles = [.. all.Select(log => log.Report!)],
            Missing = coverage.Missing,
            NotJudged = [.. WhatIsNotJudged(rules, coverage.Missing)],
            Counts = tally.Counts,
            Examples = tally.Examples,
            Records = table.Records,
            Exchanges = exchanges,
        };
    }

    /// <summary>What each has kept of the others' logs. Evidence of a fork is told whatever the tree at hand says.</summary>
    private static async Task<List<(string Origin, KeptCheckpoint Kept)>> PinsAsync(IEnumerable<AuditedLog> logs, Tally tally, CancellationToken cancellation)
    {
        var pins = new List<(string, KeptCheckpoint)>();
        foreach (var log in logs)
        {
            var found = await BundlePins.OfAsync(log.Folder, cancellation);
            foreach (var (path, note) in found)
            {
                if (SignedNote.TryParse(note.Span) is { } read && Checkpoint.TryParse(read.Text) is { } checkpoint)
                {
                    pins.Add((checkpoint.Origin, new KeptCheckpoint($"{log.Custodian}: {path}", note)));
                }
            }

            foreach (var fork in found.Where(pin => pin.Path.EndsWith(".fork", StringComparison.Ordinal)).GroupBy(pin => pin.Path, StringComparer.Ordinal))
            {
                tally.Add(new Difference("fork", Severity.Alarm, $"{log.Custodian} keeps evidence of a fork ({fork.Key}) and has stopped believing the log.")
                {
                    Requester = log.Custodian,
                    Checkpoints = [.. fork.Select(pin => System.Text.Encoding.UTF8.GetString(pin.Note.Span))],
                });
            }
        }

        return pins;
    }

    private static IEnumerable<KeptCheckpoint> KeptOf(AuditedLog log, IEnumerable<AuditedLog> all, IEnumerable<(string Origin, KeptCheckpoint Kept)> pins)
    {
        if (log.Number < 0)
        {
            return [];
        }

        var others = all.Where(other => other != log && string.Equals(other.Known.Origin, log.Known.Origin, StringComparison.Ordinal));
        return others.Select(other => new KeptCheckpoint(other.Folder, other.CheckpointNote))
            .Concat(pins.Where(pin => string.Equals(pin.Origin, log.Known.Origin, StringComparison.Ordinal)).Select(pin => pin.Kept));
    }

    private static void Tell(AuditedLog log, Tally tally)
    {
        foreach (var finding in log.Report!.Findings.Where(finding => finding.Severity != Severity.Notice))
        {
            var name = finding.Name switch
            {
                "record-missing" or "records-truncated" or "tile-missing" or "tile-truncated" or "rewound" => "gap",
                "fork" => "fork",
                _ => "forged",
            };
            tally.Add(new Difference(name, Severity.Alarm, $"{log.Custodian}, {log.Folder}: {finding}")
            {
                Records = finding.Serial is { } serial ? [new RecordPlace(log.Custodian, log.Known.Origin, serial, "")] : null,
                Checkpoints = finding.Checkpoints,
            });
        }
    }

    private static void JudgeEntry(OpenPart open, AuditedLog log, long serial, EntryRules? rules, Tally tally)
    {
        if (rules is not null && open.Event is AccessEvent.Approved or AccessEvent.Answered && rules?.WhyOutside(open) is { } why)
        {
            tally.Add(new Difference("fields-outside-entry", Severity.Alarm, $"{open.Event.ToString().ToUpperInvariant()} at {log.Custodian}, entry {open.Entry}: {why}.")
            {
                Exchange = ExchangeId.TryFromBytes(open.ExchangeId.Span, out var id) ? id.ToString() : null,
                Requester = open.Requester,
                Provider = open.Provider,
                Records = [new RecordPlace(log.Custodian, log.Known.Origin, serial, open.Event.ToString().ToUpperInvariant())],
            });
        }
    }

    /// <summary>Whoever takes part in an exchange should be here.</summary>
    private static void Look(ExchangeRow row, Coverage coverage)
    {
        foreach (var party in (string[])[row.Requester, row.Provider])
        {
            if (party.Length > 0)
            {
                coverage.Has(party);
            }
        }
    }

    private static Dictionary<string, int> LogsOf(MemberList members)
    {
        var logs = members.Members.ToDictionary(member => member.Id.Value, member => Math.Max(1, member.Logs.Length), StringComparer.Ordinal);
        logs[ApprovedRecord.BrokerCustodian] = Math.Max(1, members.Broker.Logs.Length);
        return logs;
    }

    private static IEnumerable<NotJudged> WhatIsNotJudged(EntryRules? rules, IReadOnlyList<string> missing)
    {
        if (rules is null)
        {
            yield return new NotJudged("fields-outside-entry", "No catalog was given.");
        }
        else if (rules.OtherCatalog > 0)
        {
            yield return new NotJudged("fields-outside-entry", $"{rules.OtherCatalog} records are under other versions of the catalog than those given.");
        }

        if (missing.Contains(ApprovedRecord.BrokerCustodian, StringComparer.Ordinal))
        {
            foreach (var name in (string[])["answered-without-approval", "unsettled"])
            {
                yield return new NotJudged(name, "Not every log of the broker's was given.");
            }
        }

        var agencies = string.Join(", ", missing.Where(one => !string.Equals(one, ApprovedRecord.BrokerCustodian, StringComparison.Ordinal)).Take(10));
        if (agencies.Length > 0)
        {
            foreach (var name in (string[])["approved-without-asked", "approved-never-used", "answered-never-received", "received-without-answer"])
            {
                yield return new NotJudged(name, $"Where it would have to be in a log of: {agencies}.");
            }
        }
    }
}
