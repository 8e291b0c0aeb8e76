using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>The index of persons holds exactly what the records hold, whatever part of them its runs cover, on both stores.</summary>
public sealed class PersonIndexTests
{
    private const int People = 7;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_approval_of_a_person_is_found_whether_a_run_covers_it_or_not(bool onPostgres)
    {
        await using var world = await World.OpenAsync(onPostgres ? await SharedPostgres.CreateDatabaseAsync() : null);
        for (var round = 0; round < 30; round++)
        {
            await world.AppendAsync(entries: 9);
            await world.CheckAsync(); // Before the builder, and after each of its steps.
            while (await world.Index.BuildAsync(CancellationToken.None))
            {
                await world.CheckAsync();
            }
        }

        // 270 entries in runs of 4: merged twice, so that a question looks into few of them.
        var runs = await world.RunsAsync();
        Assert.InRange(runs, 1, 3 * PersonIndex.Fan);
        Assert.Empty(await world.Index.FindAsync(RandomNumberGenerator.GetBytes(PersonIndex.TagSize), 10, CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_crash_left_half_written_is_not_asked_and_goes_when_building_goes_on(bool onPostgres)
    {
        await using var world = await World.OpenAsync(onPostgres ? await SharedPostgres.CreateDatabaseAsync() : null);
        await world.AppendAsync(entries: 100);
        await world.BuildAllAsync();
        var runs = await world.RunsAsync();

        // A merge that was begun and wrote some of its keys; and one that had done its work but for removing what it replaced.
        await world.ExecuteAsync("INSERT INTO person_run(shard, run, level, first_serial, end_serial) SELECT shard, 1000, -1, 0, 50 FROM log");
        await world.ExecuteAsync("INSERT INTO person_chunk(shard, run, first_key, keys) SELECT shard, 1000, first_key, keys FROM person_chunk");
        await world.CheckAsync();
        await world.BuildAllAsync();
        Assert.Equal(runs, await world.RunsAsync());
        await world.CheckAsync();
        Assert.Equal(0, await world.ScalarAsync("SELECT COUNT(*) FROM person_chunk WHERE run NOT IN (SELECT run FROM person_run)"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_that_was_thrown_away_is_built_again_the_same(bool onPostgres)
    {
        await using var world = await World.OpenAsync(onPostgres ? await SharedPostgres.CreateDatabaseAsync() : null);
        await world.AppendAsync(entries: 100);
        await world.BuildAllAsync();
        var runs = await world.RunsAsync();
        await world.Index.ForgetAsync(CancellationToken.None);
        Assert.Equal(0, await world.RunsAsync());
        await world.CheckAsync(); // All of it is the tail now.
        await world.BuildAllAsync();
        Assert.Equal(runs, await world.RunsAsync());
        await world.CheckAsync();
    }

    [Fact]
    public async Task Questions_beside_the_builder_miss_nobody()
    {
        await using var world = await World.OpenAsync(null);
        await world.AppendAsync(entries: 400);
        var building = Task.Run(world.BuildAllAsync);
        var asked = 0;
        while (!building.IsCompleted)
        {
            await world.CheckAsync(asked++ % People);
        }

        await building;
        await world.CheckAsync();
    }

    [Fact]
    public async Task At_most_as_many_are_found_as_were_asked_for_and_the_oldest_first()
    {
        await using var world = await World.OpenAsync(null);
        await world.AppendAsync(entries: 50);
        await world.BuildAllAsync();
        var all = await world.Index.FindAsync(world.Tag(0), int.MaxValue, CancellationToken.None);
        Assert.Equal(all.Take(3), await world.Index.FindAsync(world.Tag(0), 3, CancellationToken.None));
        Assert.Equal(all.Order(), all);
    }

    /// <summary>A log of approvals about a few people, with its index in runs of four entries, and beside it what must be found.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly byte[][] _tags = [.. Enumerable.Range(0, People).Select(_ => RandomNumberGenerator.GetBytes(PersonIndex.TagSize))];
        private readonly List<(int Person, PersonRecord At)> _expected = [];
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-index-");
        private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
        private Transparency.AccessLog _log = null!;
        private Func<CancellationToken, Task<DbConnection>> _open = null!;
        private int _next;

        public PersonIndex Index { get; private set; } = null!;

        public static async Task<World> OpenAsync(string? postgres)
        {
            var world = new World();
            var path = Path.Combine(world._folder.FullName, "log.db");
            IEntryStore store = postgres is null ? SqliteEntryStore.Open(path, "test-1") : await PostgresEntryStore.OpenAsync(postgres, "test-1", CancellationToken.None);
            world._open = async cancellation =>
            {
                DbConnection connection = postgres is null ? new SqliteConnection($"Data Source={path}") : new NpgsqlConnection(postgres);
                await connection.OpenAsync(cancellation);
                return connection;
            };
            world._log = await Transparency.AccessLog.OpenAsync(
                store, new NoteSigner("test-1", NoteKeyKind.Log, world._key), TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance);
            world.Index = new PersonIndex(world._open, shard: 1, runLength: 4);
            return world;
        }

        public ReadOnlyMemory<byte> Tag(int person) => _tags[person];

        /// <summary>Approvals of one to three persons; in between, events that the index leaves out.</summary>
        public async Task AppendAsync(int entries)
        {
            for (var i = 0; i < entries; i++, _next++)
            {
                var what = _next % 5 == 4 ? AccessEvent.Redeemed : AccessEvent.Approved;
                int[] persons = [.. Enumerable.Range(0, 1 + (_next % 3)).Select(position => ((_next * 3) + position) % People)];
                var appended = await _log.AppendAsync(new NewEntry(
                    new OpenPart { Event = what, TimeMs = _next },
                    [.. persons.Select((person, at) => new NewSubject(new SubjectLeaf((uint)at, SubjectOutcome.Unspecified)) { Tag = _tags[person] })]));
                if (what == AccessEvent.Approved)
                {
                    _expected.AddRange(persons.Select((person, at) => (person, new PersonRecord(appended.Serial, at))));
                }
            }
        }

        /// <summary>Everybody is found where they stand, and nowhere else.</summary>
        public async Task CheckAsync()
        {
            for (var person = 0; person < People; person++)
            {
                await CheckAsync(person);
            }
        }

        public async Task CheckAsync(int person)
        {
            var found = await Index.FindAsync(_tags[person], int.MaxValue, CancellationToken.None);
            Assert.Equal(_expected.Where(expected => expected.Person == person).Select(expected => expected.At).Order(), found);
        }

        public async Task BuildAllAsync()
        {
            while (await Index.BuildAsync(CancellationToken.None))
            {
            }
        }

        public Task<int> RunsAsync() => ScalarAsync("SELECT COUNT(*) FROM person_run WHERE level >= 0");

        public async Task<int> ScalarAsync(string sql)
        {
            await using var connection = await _open(CancellationToken.None);
            return await connection.ExecuteScalarAsync<int>(sql);
        }

        public async Task ExecuteAsync(string sql)
        {
            await using var connection = await _open(CancellationToken.None);
            await connection.ExecuteAsync(sql);
        }

        public async ValueTask DisposeAsync()
        {
            await _log.DisposeAsync();
            _key.Dispose();
            SqliteConnection.ClearAllPools();
            _folder.Delete(recursive: true);
        }
    }
}
