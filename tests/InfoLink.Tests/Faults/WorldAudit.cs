using InfoLink.Audit;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Audit.Reconciling;
using InfoLink.Samples.Network;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;

namespace InfoLink.Tests.Faults;

/// <summary>
/// The product's own audit over a world: each database against its log's signatures and against what everybody else has kept of it (pins, heads, what
/// witnesses saw), then the bundles of all three against one another.
/// </summary>
internal static class WorldAudit
{
    private static readonly string[] Custodians = [WorldOnRecord.Broker, NetworkFolder.Requester, NetworkFolder.Provider];

    public static async Task<IReadOnlyList<Breach>> FindAsync(WorldPlaces places, Diary diary, WorldExpectation expected)
    {
        var breaches = new List<Breach>();
        var known = KnownLog.Of(places.Folder.Members());
        var bundles = Directory.CreateTempSubdirectory("infolink-bundles-");
        try
        {
            var folders = new List<string>();
            foreach (var custodian in Custodians)
            {
                var log = known.First(log => string.Equals(log.Custodian, custodian, StringComparison.Ordinal));
                var reader = await OpenAsync(places, custodian, log.Origin);
                var report = await LogCheck.DatabaseAsync(reader, log, [.. Kept(places, log.Origin)], custodian, CancellationToken.None);
                breaches.AddRange(report.Findings.Where(finding => finding.Severity != Severity.Notice).Select(finding => new Breach(finding.Name, $"{custodian}: {finding}")));
                if (!report.Findings.Any(finding => finding.Severity != Severity.Notice))
                {
                    folders.Add(Path.Combine(bundles.FullName, custodian));
                    await BundleExport.WriteAsync(reader, folders[^1], PinsOf(places, custodian), TimeProvider.System, CancellationToken.None);
                }
            }

            if (folders.Count == Custodians.Length)
            {
                breaches.AddRange((await ReconcileAsync(places, folders, expected)).Where(difference => !IsExplained(difference, diary)).Select(difference =>
                    new Breach(difference.Class, $"{difference.Exchange}: {difference.Detail}")));
            }
        }
        finally
        {
            bundles.Delete(recursive: true);
        }

        return [.. breaches.Where(breach => !expected.AuditFindings.Contains(breach.Rule, StringComparer.Ordinal))];
    }

    private static async Task<IReadOnlyList<Difference>> ReconcileAsync(WorldPlaces places, IReadOnlyCollection<string> folders, WorldExpectation expected)
    {
        var differences = new List<Difference>();
        var options = new ReconciliationOptions
        {
            Catalogs = [places.Folder.Catalog()],
            Each = differences.Add,
            Margin = expected.Margin ?? TimeSpan.Zero,
        };
        await Reconciliation.RunAsync(folders, places.Folder.Members(), options, CancellationToken.None);
        return [.. differences.Where(difference => difference.Severity != Severity.Notice && !(expected.ClocksApart && difference.Class is "clocks-apart"))];
    }

    /// <summary>
    /// Whose agent died with a question in its hands has no end of it on record, which is a difference and no alarm; how many there may be,
    /// <see cref="ExchangeInvariants"/> counts. And tokens by hand have no agent behind them.
    /// </summary>
    private static bool IsExplained(Difference difference, Diary diary) =>
        (difference.Class is "answered-never-received" or "unsettled" && difference.Severity == Severity.Difference)
        || (difference.Class is "approved-without-asked" && diary.IsByHand(difference.Exchange));

    private static async Task<IEntryReader> OpenAsync(WorldPlaces places, string custodian, string origin) => places.PostgresOf(custodian) is { } postgres
        ? await PostgresEntryStore.ReadAsync(postgres, origin, CancellationToken.None)
        : await SqliteEntryStore.ReadAsync(places.LogPath(custodian), CancellationToken.None);

    /// <summary>What anybody has kept of a log.</summary>
    private static IEnumerable<KeptCheckpoint> Kept(WorldPlaces places, string origin)
    {
        foreach (var custodian in Custodians)
        {
            var data = DataOf(places, custodian);
            if (PinsOf(places, custodian) is { } pins)
            {
                foreach (var kept in LogCheck.Kept([pins], origin))
                {
                    yield return kept;
                }
            }

            foreach (var kept in LogCheck.Kept([data], origin))
            {
                yield return kept; // Its head.
            }

            if (Seen(Path.Combine(data, "witness.db"), origin) is { } note)
            {
                yield return new KeptCheckpoint($"{custodian}: witness.db", note);
            }
        }
    }

    private static string DataOf(WorldPlaces places, string custodian) => string.Equals(custodian, WorldOnRecord.Broker, StringComparison.Ordinal)
        ? places.Folder.Path("broker", "data")
        : places.Folder.AgencyPath(custodian, "data");

    private static string? PinsOf(WorldPlaces places, string custodian)
    {
        var pins = Path.Combine(DataOf(places, custodian), "pins");
        return Directory.Exists(pins) ? pins : null;
    }

    private static byte[]? Seen(string path, string origin)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using var witness = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        witness.Open();
        using var command = witness.CreateCommand();
        command.CommandText = "SELECT note FROM seen WHERE origin = @origin";
        command.Parameters.AddWithValue("@origin", origin);
        return command.ExecuteScalar() as byte[];
    }
}
