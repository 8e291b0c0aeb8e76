using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench;

/// <summary>
/// Appends with receipts (record, salted commitments, tree, proof, one signature a batch, durable) by many at once, against bare durable inserts
/// of rows of the same size in batches of the same size, in the same database; by turns, so that the machine's moods meet both alike.
/// </summary>
internal static class LogScenario
{
    private const int Waiters = 256;
    private const int Rounds = 5;

    /// <summary>What approvals say is made beforehand: making it is the exchange's work, not the log's.</summary>
    private const int Prepared = 50_000;

    private static readonly (OpenPart Open, SubjectLeaf Leaf)[] Approvals = [.. Enumerable.Range(0, Prepared).Select(_ => Approval())];
    private static int _next;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        var (duration, postgres) = (run.Duration, run.Postgres);
        var folder = Directory.CreateTempSubdirectory("infolink-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "log.db");
            var figures = new List<Figure>();
            await using (var bare = BareInserts.InSqlite(Path.Combine(folder.FullName, "bare.db")))
            {
                figures.AddRange(await RunAsync("SQLite", SqliteEntryStore.Open(path, "bench"), bare, duration));
            }

            if (postgres is not null)
            {
                await using var bare = await BareInserts.InPostgresAsync(postgres);
                figures.AddRange(await RunAsync("PostgreSQL", await PostgresEntryStore.OpenAsync(postgres, "bench", CancellationToken.None), bare, duration));
            }

            return figures;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<Figure>> RunAsync(string name, IEntryStore store, BareInserts bare, TimeSpan duration)
    {
        using var key = Ed25519PrivateKey.Create();
        var counting = new CountingStore(store);
        await using var log = await AccessLog.OpenAsync(
            counting, new NoteSigner("bench", NoteKeyKind.Log, key), TimeProvider.System, NullLogger<AccessLog>.Instance);
        var round = duration / (2 * Rounds);
        await AppendAsync(log, TimeSpan.FromSeconds(1)); // Warm.
        var (measured, floors, sizes) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            var commits = counting.Commits;
            var (rate, count) = await AppendAsync(log, round);
            var batch = Math.Max(1, (int)Math.Round((double)count / (counting.Commits - commits)));
            measured.Add(rate);
            sizes.Add(batch);
            floors.Add(await bare.RunAsync(batch, round));
        }

        var ratios = measured.Zip(floors, (mine, floor) => mine / floor).Order().ToList();
        return
        [
            new Figure($"log append with receipt, {name}, {Waiters} waiting", "1/s", Median(measured), Median(floors), ratios[Rounds / 2], new Aim(0.7, AtLeast: true), Rounds, ratios[^1] - ratios[0]),
            new Figure($"entries in a batch, {name}", "", Median(sizes)),
        ];
    }

    private static async Task<(double Rate, int Count)> AppendAsync(AccessLog log, TimeSpan duration)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Waiters).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(began) < duration; count++)
            {
                var appended = await log.AppendAsync(Entry());
                await appended.ToReceiptAsync(CancellationToken.None);
            }

            return count;
        })));
        return (counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds, counts.Sum());
    }

    /// <summary>The next record: salts, commitments, hashes.</summary>
    private static NewEntry Entry()
    {
        var (open, leaf) = Approvals[(uint)Interlocked.Increment(ref _next) % Prepared];
        return new NewEntry(open, [new NewSubject(leaf) { Seed = RandomNumberGenerator.GetBytes(32), Tag = RandomNumberGenerator.GetBytes(16) }]);
    }

    /// <summary>An approval of one person, as large as in life.</summary>
    private static (OpenPart Open, SubjectLeaf Leaf) Approval()
    {
        var open = new OpenPart
        {
            Event = AccessEvent.Approved,
            Custodian = "broker",
            TimeMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
            ExchangeId = Random(16),
            TokenSha256 = Random(32),
            Entry = "106.municipality.108-1-ro",
            Role = "claimant",
            Requester = "141003",
            Provider = "131121",
            ConditionsSha256 = Random(32),
            CatalogVersion = 1,
            CatalogSha256 = Random(32),
            Cnf = Random(32),
            Rek = Random(32),
            IssuedAt = 1_780_000_000,
            ExpiresAt = 1_780_000_060,
            RequestCommitment = Random(32),
            Count = 1,
        };
        open.Kinds.Add("municipal-inhabitant-tax");
        return (open, new SubjectLeaf(0, SubjectOutcome.Unspecified) { Tag = Digest(), RequesterCode = Digest(), ProviderCode = Digest() });
    }

    private static Google.Protobuf.ByteString Random(int length) => RandomNumberGenerator.GetBytes(length).ToByteString();

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32));

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>The store as it is; how many commits there were tells the size of a batch.</summary>
    private sealed class CountingStore(IEntryStore real) : IEntryStore
    {
        private long _commits;

        public long Commits => Interlocked.Read(ref _commits);

        public IEntryReader Reader => real.Reader;

        public PersonIndex Persons => real.Persons;

        public Task<LogState> TakeAsync(CancellationToken cancellation) => real.TakeAsync(cancellation);

        public Task AppendAsync(LogAppend append, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _commits);
            return real.AppendAsync(append, cancellation);
        }

        public Task PublishAsync(long size, byte[] checkpoint, DateTimeOffset time, CancellationToken cancellation) =>
            real.PublishAsync(size, checkpoint, time, cancellation);

        public Task ProbeAsync(CancellationToken cancellation) => real.ProbeAsync(cancellation);

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
