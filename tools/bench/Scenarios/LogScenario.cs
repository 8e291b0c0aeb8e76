using System.Diagnostics;
using InfoLink.Bench.Floors;
using InfoLink.Bench.Parties;
using InfoLink.Contracts.Notes;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Appends with receipts (record, salted commitments, tree, proof, one signature a batch, durable) by many at once, against bare durable inserts
/// of rows of the same size in batches of the same size, in the same database.
/// </summary>
internal static class LogScenario
{
    private const int Waiters = 256;

    /// <summary>What approvals say is made beforehand: making it is the exchange's work, not the log's.</summary>
    private const int Prepared = 50_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        var entries = new SomeApprovals(Prepared);
        var figures = new List<Figure>();
        using (var folder = new BenchFolder())
        {
            await using var bare = BareInserts.InSqlite(folder.Path("bare.db"));
            figures.AddRange(await RunAsync(run, "SQLite", entries, SqliteEntryStore.Open(folder.Path("log.db"), "bench"), bare, () => Task.FromResult(new FileInfo(folder.Path("log.db")).Length)));
        }

        if (run.Postgres is { } given)
        {
            figures.AddRange(await InPostgresAsync(run, entries, given));
        }
        else if (TemporaryPostgres.IsInstalled)
        {
            await using var server = await TemporaryPostgres.StartAsync();
            figures.AddRange(await InPostgresAsync(run, entries, server.ConnectionString));
        }
        else
        {
            figures.Add(Figure.NotMeasured("log append with receipt, PostgreSQL: not measured, PostgreSQL 15 is not installed", "1/s"));
        }

        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> InPostgresAsync(BenchRun run, SomeApprovals entries, string postgres)
    {
        await using var bare = await BareInserts.InPostgresAsync(postgres);
        return await RunAsync(run, "PostgreSQL", entries, await PostgresEntryStore.OpenAsync(postgres, "bench", CancellationToken.None), bare, async () =>
        {
            await using var connection = new NpgsqlConnection(postgres);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT (pg_total_relation_size('entry') + pg_total_relation_size('tile'))::bigint", connection);
            return (long)(await command.ExecuteScalarAsync())!;
        });
    }

    private static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run, string name, SomeApprovals entries, IEntryStore store, BareInserts bare, Func<Task<long>> disk)
    {
        using var key = Ed25519PrivateKey.Create();
        var counting = new CountingStore(store);
        await using var log = await AccessLog.OpenAsync(
            counting, new NoteSigner("bench", NoteKeyKind.Log, key), TimeProvider.System, NullLogger<AccessLog>.Instance);
        var share = run.Share(sides: 2);
        await AppendAsync(log, entries, TimeSpan.FromSeconds(1) < run.Duration / 8 ? TimeSpan.FromSeconds(1) : run.Duration / 8); // Warm.
        var (measured, floors, sizes) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < BenchRun.Rounds; i++)
        {
            // The floor comes second each time: only then is known how large its batches must be.
            var commits = counting.Commits;
            var (rate, count) = await AppendAsync(log, entries, share);
            var batch = Math.Max(1, (int)Math.Round((double)count / (counting.Commits - commits)));
            measured.Add(rate);
            sizes.Add(batch);
            floors.Add(await bare.RunAsync(batch, share));
        }

        return
        [
            Figure.Of($"log append with receipt, {name}, {Waiters} waiting", "1/s", measured, floors, new Aim(0.7, AtLeast: true)),
            Figure.Of($"entries in a batch, {name}", "entries", sizes),
            Figure.Of($"disk of an approval with its indexes and tiles, {name}", "bytes", [(double)await disk() / log.Checkpoint.Size]),
        ];
    }

    private static async Task<(double Rate, int Count)> AppendAsync(AccessLog log, SomeApprovals entries, TimeSpan duration)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Waiters).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(began) < duration; count++)
            {
                var appended = await log.AppendAsync(entries.Next());
                var receipt = await appended.ToReceiptAsync(CancellationToken.None);
                if (receipt.Checkpoint.IsEmpty || (ulong)appended.Serial != receipt.Index)
                {
                    throw new InvalidOperationException("A receipt is not whole.");
                }
            }

            return count;
        })));
        return (counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds, counts.Sum());
    }

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
