using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.AccessLog;

#pragma warning disable RS0030 // Moments come from a seed, which is printed.

/// <summary>
/// A process that writes a log under load is killed with kill -9, again and again on one log; and its database server is. What was
/// acknowledged stays, and no tree that was ever signed is not the beginning of the tree that is there now.
/// </summary>
public sealed class KilledWriterTests
{
    private const string Origin = "killed-1";

    /// <summary>On SQLite; more with INFOLINK_KILL_ROUNDS.</summary>
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("INFOLINK_KILL_ROUNDS") ?? "200", CultureInfo.InvariantCulture);

    private const int PostgresRounds = 30;
    private const int ServerRounds = 5;

    [Fact]
    public async Task A_killed_writer_on_SQLite_loses_nothing_that_it_acknowledged()
    {
        var folder = Directory.CreateTempSubdirectory("infolink-killed-");
        await KillWritersAsync("sqlite", Path.Combine(folder.FullName, "access-log.db"), Rounds);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_killed_writer_on_PostgreSQL_loses_nothing_that_it_acknowledged() =>
        await KillWritersAsync("postgres", await SharedPostgres.CreateDatabaseAsync(), PostgresRounds);

    [Fact]
    public async Task A_killed_PostgreSQL_loses_nothing_that_was_acknowledged_and_its_writer_goes_on_by_itself()
    {
        await using var server = await PostgresServer.StartAsync();
        var log = new WrittenLog("postgres", await server.CreateDatabaseAsync());
        await using var writer = log.Prepare();
        writer.Begin();
        var random = Seeded();
        for (var round = 0; round < ServerRounds; round++)
        {
            await writer.UntilAsync(writer.Acknowledged.Count + 50);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5, 150)), TimeProvider.System);
            await server.KillAsync();
            await server.StartAgainAsync();
        }

        await writer.UntilAsync(writer.Acknowledged.Count + 50);
        await writer.KillAsync();
        Assert.True(writer.Refused >= ServerRounds, "The server's death was never noticed.");
        await log.TakeInAsync(writer.Acknowledged);
        await log.CheckWholeAsync();
    }

    private static async Task KillWritersAsync(string kind, string database, int rounds)
    {
        var (log, random) = (new WrittenLog(kind, database), Seeded());
        var next = log.Prepare();
        for (var round = 0; round < rounds; round++)
        {
            await using var writer = next;
            writer.Begin();
            next = log.Prepare();
            await writer.UntilAsync(1);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5, 150)), TimeProvider.System);
            await writer.KillAsync();
            Assert.Equal(0, writer.Refused);
            await log.TakeInAsync(writer.Acknowledged);
        }

        await next.DisposeAsync();
        await log.CheckWholeAsync();
    }

    private static Random Seeded()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    /// <summary>The log, and what is known of it from those who wrote it.</summary>
    private sealed class WrittenLog(string kind, string database)
    {
        private readonly byte[] _seed = RandomNumberGenerator.GetBytes(32);
        private readonly List<Sha256Digest> _leaves = [];
        private readonly HashSet<Checkpoint> _signed = [];
        private readonly CompactRange _range = new();
        private int _acknowledged;

        public WriterProcess Prepare() => new(kind, database, Origin, _seed);

        /// <summary>Opens the log after a death, and holds it against what the dead one said and what stood before.</summary>
        public async Task TakeInAsync(IReadOnlyCollection<Acknowledged> acknowledged)
        {
            using var key = Ed25519PrivateKey.FromSeed(_seed);
            await using var log = await OpenAsync(key);
            var state = await log.Store.StateAsync(CancellationToken.None);
            Assert.Equal((state.Size, state.Root), (log.Checkpoint.Size, SignedCheckpoint.Open(log.Checkpoint.Note, KeyOf(key))!.Checkpoint.Root));

            // What the rounds before saw is there still (the last of it, each time; all of it, at the end).
            var old = Math.Max(0, _leaves.Count - 300);
            Assert.Equal(_leaves[old..], (await log.Store.EntryBytesAsync(old, _leaves.Count - old, CancellationToken.None)).Select(entry => AccessEntry.LeafHash(entry)));

            var roots = acknowledged.Select(told => (told.TreeSize, told.TreeRoot)).Distinct().ToDictionary(); // And so no size was signed with two roots.
            while (await log.Store.EntryBytesAsync(_leaves.Count, 5000, CancellationToken.None) is { Count: > 0 } entries)
            {
                foreach (var entry in entries)
                {
                    _leaves.Add(AccessEntry.LeafHash(entry));
                    _range.Append(_leaves[^1]);
                    if (roots.Remove(_leaves.Count, out var root))
                    {
                        Assert.Equal(root, _range.Root());
                        _signed.Add(new Checkpoint(Origin, (ulong)_leaves.Count, root));
                    }
                }
            }

            Assert.Empty(roots); // Every tree that was shown is a beginning of this one.
            Assert.Equal((_leaves.Count, _range.Root()), (state.Size, state.Root));
            Assert.All(acknowledged, told => Assert.Equal(_leaves[(int)told.Serial], told.Leaf));
            _acknowledged += acknowledged.Count;
        }

        /// <summary>Everything at once, naively.</summary>
        public async Task CheckWholeAsync()
        {
            using var key = Ed25519PrivateKey.FromSeed(_seed);
            await using var log = await OpenAsync(key);
            Assert.Equal(_leaves, await CheckLog.WholeAsync(log.Store, KeyOf(key), [], _signed));
            TestContext.Current.TestOutputHelper?.WriteLine($"{_acknowledged} acknowledged, {_leaves.Count} in the log, {_signed.Count} trees shown");
        }

        private async Task<Transparency.AccessLog> OpenAsync(Ed25519PrivateKey key)
        {
            IEntryStore store = string.Equals(kind, "sqlite", StringComparison.Ordinal)
                ? SqliteEntryStore.Open(database, Origin)
                : await PostgresEntryStore.OpenAsync(database, Origin, CancellationToken.None);
            return await Transparency.AccessLog.OpenAsync(
                store, new NoteSigner(Origin, NoteKeyKind.Log, key), TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance);
        }

        private static NoteKey KeyOf(Ed25519PrivateKey key) => NoteKey.Of(Origin, NoteKeyKind.Log, key.PublicKey.Span);
    }
}
