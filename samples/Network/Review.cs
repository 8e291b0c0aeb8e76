using System.Diagnostics;
using Dapper;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Logs;
using InfoLink.Audit.Reconciling;
using InfoLink.Contracts.Membership;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Samples.Network;

/// <summary>
/// After the walk an auditor's view: the three custodians export bundles, which are held against one another; then somebody changes one bit in a
/// copy of a database.
/// </summary>
public sealed class Review
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What the walk must leave to be found, and why. The hand-made client asks in Yokohama's name and keeps no log of its own.</summary>
    private static readonly (string Class, long Count, string Because)[] Expected =
    [
        ("answered-never-received", 1, "the token that was used once: the hand-made client took the answer and wrote nothing down"),
        ("approved-never-used", 2, "the stolen token and the expired one: refused, so never redeemed"),
        ("approved-without-asked", 3, "the hand-made client asked the broker three times without a record of its own: so a hidden inquiry shows"),
    ];

    private readonly RunningNetwork _network;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, long> _begin = new(StringComparer.Ordinal);

    private Review(RunningNetwork network, TimeProvider time) => (_network, _time) = (network, time);

    /// <summary>Notes how long the logs are, since a folder may be walked more than once.</summary>
    public static async Task<Review> BeginAsync(RunningNetwork network, TimeProvider time)
    {
        var review = new Review(network, time);
        foreach (var log in (AccessLog[])[network.Broker.Log, network.Requester.Log, network.Provider.Log])
        {
            review._begin[log.Origin] = (await log.Store.StateAsync(CancellationToken.None)).Size;
        }

        return review;
    }

    /// <summary>Bundles of broker, Yokohama and Setagaya, each verified, and all joined by exchange.</summary>
    public async Task<ReviewResult> ReconcileAsync()
    {
        await SettledAsync();
        var folder = Directory.CreateTempSubdirectory("infolink-bundles-");
        try
        {
            string[] bundles =
            [
                await ExportAsync(_network.Broker.Log, _network.Broker.Cosigning, null),
                await ExportAsync(_network.Requester.Log, _network.Requester.Cosigning, NetworkFolder.Requester),
                await ExportAsync(_network.Provider.Log, _network.Provider.Cosigning, NetworkFolder.Provider),
            ];
            var differences = new List<Difference>();
            var options = new ReconciliationOptions
            {
                Catalogs = [_network.Folder.Catalog()],
                Each = differences.Add,
                Margin = TimeSpan.Zero, // Everything has ended before the first export.
            };
            var report = await Reconciliation.RunAsync(bundles, Members, options, CancellationToken.None);
            return new ReviewResult(report.Bundles, [.. Judge(differences)]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<string> ExportAsync(AccessLog log, Cosigning cosigning, string? agency)
        {
            using var limit = new CancellationTokenSource(Patience, _time);
            await cosigning.UntilPublishedAsync(limit.Token);
            var path = Path.Combine(folder.FullName, agency ?? "broker");
            var pins = agency is null ? null : _network.Folder.AgencyPath(agency, "data/pins");
            await BundleExport.WriteAsync(log.Store, path, pins, _time, CancellationToken.None);
            return path;
        }
    }

    /// <summary>One bit of one record in a copy of Setagaya's database.</summary>
    public async Task<TamperingResult> TamperAsync()
    {
        const string Column = "open_part";
        var copy = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".db");
        try
        {
            var original = _network.Folder.AgencyPath(NetworkFolder.Provider, "data/access-log.db");
            await using (var database = new SqliteConnection($"Data Source={original};Pooling=False"))
            {
                await database.ExecuteAsync("VACUUM INTO @copy", new { copy });
            }

            var log = KnownLog.Of(Members).Single(known => string.Equals(known.Origin, _network.Provider.Log.Origin, StringComparison.Ordinal));
            var before = await CheckAsync();
            await using (var database = new SqliteConnection($"Data Source={copy};Pooling=False"))
            {
                var bytes = await database.ExecuteScalarAsync<byte[]>($"SELECT {Column} FROM entry WHERE serial = 0");
                bytes![^1] ^= 1;
                await database.ExecuteAsync($"UPDATE entry SET {Column} = @bytes WHERE serial = 0", new { bytes });
            }

            var after = await CheckAsync();
            return new TamperingResult(NetworkFolder.Provider, Record: 0, Column, after.First?.ToString() ?? "nothing")
            {
                AsItShould = before.Sound && after.First is { Name: "record-changed", Serial: 0 },
            };

            async Task<LogReport> CheckAsync() =>
                await LogCheck.DatabaseAsync(await SqliteEntryStore.ReadAsync(copy, CancellationToken.None), log, [], "a copy", CancellationToken.None);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            File.Delete(copy);
        }
    }

    private MemberList Members => _network.Folder.Members();

    /// <summary>Everything that was redeemed in the walk has been settled.</summary>
    private async Task SettledAsync()
    {
        var patience = Stopwatch.StartNew();
        while (await IsOpenAsync(_network.Broker.Log, AccessEvent.Redeemed) || await IsOpenAsync(_network.Provider.Log, AccessEvent.Answered))
        {
            if (patience.Elapsed > Patience)
            {
                return; // Then it is found, and said.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), _time);
        }

        async Task<bool> IsOpenAsync(AccessLog log, AccessEvent what) => (await log.Store.FindOpenAsync(
            what, [AccessEvent.Settled, AccessEvent.Unsettled], DateTimeOffset.UnixEpoch, _time.GetUtcNow() + TimeSpan.FromDays(1), 1, CancellationToken.None)).Count > 0;
    }

    private IEnumerable<ReviewDifference> Judge(IEnumerable<Difference> differences)
    {
        // In a folder that was walked before, ledgers are opened anew: the agent's first token is refused for it, and it asks again by itself.
        var ofThisWalk = differences.Where(difference => difference.Records is not { Count: > 0 } records || records.Any(IsOfThisWalk))
            .Where(difference => !difference.Detail.Contains("LEDGER-REOPENED", StringComparison.Ordinal))
            .CountBy(difference => difference.Class, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        foreach (var name in Expected.Select(expected => expected.Class).Union(ofThisWalk.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var expected = Expected.FirstOrDefault(one => string.Equals(one.Class, name, StringComparison.Ordinal));
            yield return new ReviewDifference(name, ofThisWalk.GetValueOrDefault(name), expected.Count, expected.Because ?? "");
        }

        bool IsOfThisWalk(RecordPlace place) => place.Serial >= _begin.GetValueOrDefault(place.Origin);
    }
}

/// <summary>What an auditor sees of the walk.</summary>
public sealed record ReviewResult(IReadOnlyList<LogReport> Bundles, IReadOnlyList<ReviewDifference> Differences)
{
    public bool AsItShould => Bundles.All(bundle => bundle.Sound) && Differences.All(difference => difference.AsItShould);
}

/// <summary>A class of difference, how often it was found, and how often the walk made it.</summary>
public sealed record ReviewDifference(string Class, long Count, long Expected, string Because)
{
    public bool AsItShould => Count == Expected;
}

/// <summary>What was changed in a copy of a database, and what verifying found.</summary>
public sealed record TamperingResult(string Custodian, long Record, string Column, string Found)
{
    public bool AsItShould { get; init; }
}
