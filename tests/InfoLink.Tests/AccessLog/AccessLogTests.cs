using System.Security.Cryptography;
using Dapper;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>Group commit and what is promised of it, on a real SQLite file.</summary>
public sealed class AccessLogTests : IAsyncLifetime
{
    private const string Origin = "test-1";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-log-");
    private readonly Journal _journal = new();
    private readonly ManualTime _time = new();
    private FaultyEntryStore? _store;
    private Transparency.AccessLog? _log;

    private string Path => System.IO.Path.Combine(_folder.FullName, "access-log.db");

    private FaultyEntryStore Store => _store!;

    private Transparency.AccessLog Log => _log!;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        _folder.Delete(recursive: true);
        _journal.AssertNoUnexpectedError();
    }

    [Fact]
    public async Task Whoever_waits_at_the_same_time_shares_a_transaction_and_serials_have_no_gap()
    {
        var gate = Close();
        var first = Log.AppendAsync(Entry());
        await EnteredAsync();
        Task<Appended>[] others = [.. Enumerable.Range(0, 1000).Select(_ => Log.AppendAsync(Entry()))];
        gate.SetResult();
        var appended = await Task.WhenAll([first, .. others]).WaitAsync(Soon);

        Assert.Equal([1, 512, 488], Store.Batches);
        Assert.Equal(Enumerable.Range(0, 1001).Select(i => (long)i), appended.Select(entry => entry.Serial)); // And in the order of asking.
        var stored = await Log.Store.ReadAsync(0, 2000, CancellationToken.None);
        Assert.Equal(appended.Select(entry => entry.Entry.OpenPart), stored.Select(entry => entry.OpenPartBytes));
        Assert.Equal(appended.Select(entry => entry.Serial), stored.Select(entry => entry.Serial));
    }

    [Fact]
    public async Task Many_writers_at_once_get_each_a_serial_of_its_own_and_share_transactions()
    {
        var appended = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            var serials = new List<long>();
            for (var i = 0; i < 20; i++)
            {
                serials.Add((await Log.AppendAsync(Entry())).Serial);
            }

            return serials;
        }))).WaitAsync(Soon);
        Assert.Equal(Enumerable.Range(0, 64 * 20).Select(i => (long)i), appended.SelectMany(serials => serials).Order());
        Assert.All(appended, serials => Assert.Equal(serials.Order(), serials));
        Assert.True(Store.Batches.Count < 64 * 20, "Nobody ever shared a transaction.");
    }

    [Fact]
    public async Task A_lone_record_waits_for_no_timer() // The clock stands still, so a timer would never come.
        => Assert.Equal(0, (await Log.AppendAsync(Entry()).WaitAsync(Soon)).Serial);

    [Fact]
    public async Task A_full_queue_fails_at_once_and_loses_nothing_that_it_took()
    {
        var gate = Close();
        var first = Log.AppendAsync(Entry());
        await EnteredAsync();
        Task<Appended>[] waiting = [.. Enumerable.Range(0, Transparency.AccessLog.MaxWaiting).Select(_ => Log.AppendAsync(Entry()))];
        var refused = Log.AppendAsync(Entry());
        Assert.True(refused.IsFaulted, "It waited for a place in the queue.");
        await Assert.ThrowsAsync<LogUnavailableException>(() => refused);

        gate.SetResult();
        Assert.Equal(
            Enumerable.Range(0, Transparency.AccessLog.MaxWaiting + 1).Select(i => (long)i),
            (await Task.WhenAll([first, .. waiting]).WaitAsync(Soon)).Select(entry => entry.Serial));
        Assert.Equal(Transparency.AccessLog.MaxWaiting + 1, (await Log.AppendAsync(Entry())).Serial);
    }

    [Fact]
    public async Task What_no_batch_took_in_time_is_given_up_and_never_written()
    {
        _journal.Expect("could not write a batch");
        var gate = Close();
        var taken = Log.AppendAsync(Entry());
        await EnteredAsync();
        var waiting = Log.AppendAsync(Entry());
        _time.Advance(Transparency.AccessLog.Deadline);
        await Assert.ThrowsAsync<LogUnavailableException>(() => waiting.WaitAsync(Soon));
        Assert.False(taken.IsCompleted); // Its batch is being written: nobody knows yet what comes of it.
        gate.SetResult();
        await Assert.ThrowsAsync<LogUnavailableException>(() => taken.WaitAsync(Soon)); // The store kept to the time that it was given.
        Assert.Equal(0, (await Log.AppendAsync(Entry()).WaitAsync(Soon)).Serial);
        Assert.Single(await Log.Store.ReadAsync(0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_store_that_comes_back_is_noticed_without_an_append_and_told()
    {
        _journal.Expect("a test's fault");
        var told = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        Log.TellHealthTo(told.Enqueue);
        Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(Entry()));
        await UntilAsync(() => told.Count == 2);
        for (var probe = 0; probe < 3; probe++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            Assert.False(Log.Healthy);
        }

        Store.Fault = Fault.None;
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return Log.Healthy;
        });
        Assert.Equal([true, false, true], told);
        Assert.Empty(await Log.Store.ReadAsync(0, 10, CancellationToken.None));
    }

    [Fact]
    public async Task A_second_process_does_not_open_a_log_that_is_being_written()
    {
        Assert.Contains(".lease", Assert.ThrowsAny<IOException>(() => SqliteEntryStore.Open(Path, Origin)).Message, StringComparison.Ordinal);
        Assert.Equal(0, (await Log.AppendAsync(Entry())).Serial);
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task A_batch_that_fails_is_told_to_everyone_in_it_and_the_next_goes_on_without_a_gap(Fault fault)
    {
        _journal.Expect("a test's fault");
        Store.Fault = fault;
        var gate = Close();
        Task<Appended>[] appends = [.. Enumerable.Range(0, 10).Select(_ => Log.AppendAsync(Entry()))];
        gate.SetResult();
        foreach (var append in appends)
        {
            await Assert.ThrowsAsync<LogUnavailableException>(() => append.WaitAsync(Soon));
        }

        Assert.False(Log.Healthy);
        Store.Fault = Fault.None;
        Assert.Equal(fault == Fault.Kept ? 10 : 0, (await Log.AppendAsync(Entry())).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task What_was_appended_is_there_when_the_file_is_opened_again()
    {
        var leaf = new SubjectLeaf(3, SubjectOutcome.AnsweredOutcome) { Tag = Digest(), RequesterCode = Digest(), ProviderCode = Digest(), Digest = Digest() };
        var subject = new NewSubject(leaf)
        {
            Seed = RandomNumberGenerator.GetBytes(32),
            Tag = RandomNumberGenerator.GetBytes(16),
            DisplayHold = true,
            Evidence = [1, 2, 3],
            OwnLinkCode = RandomNumberGenerator.GetBytes(17),
        };
        var particulars = new Particulars { Operator = "児童手当係", Terminal = "terminal-12" };
        var exchange = ExchangeId.New();
        var open = new OpenPart { Event = AccessEvent.Received, ExchangeId = exchange.ToArray().ToByteString(), TimeMs = 7 };
        var entry = new NewEntry(open, [subject, new NewSubject(new SubjectLeaf(9, SubjectOutcome.PendingOutcome))], particulars);
        var appended = await Log.AppendAsync(entry);
        await Log.AppendAsync(Entry());
        await Log.DisposeAsync();

        Open();
        var stored = Assert.Single(await Log.Store.FindAsync(exchange, CancellationToken.None));
        Assert.Equal((appended.Serial, open, particulars), (stored.Serial, stored.Open, stored.Particulars));
        Assert.Equal([entry.Salt, entry.PrivateRoot.ToArray()], (byte[][])[stored.Salt, stored.PrivateRoot.ToArray()]);
        var first = stored.Subjects[0];
        Assert.Equal((3u, SubjectOutcome.AnsweredOutcome, true, leaf.Digest), (first.Index, first.Outcome, first.DisplayHold, first.Digest));
        Assert.Equal([leaf.ToBytes(), subject.Seed, subject.Tag, subject.OwnLinkCode, subject.Evidence], (byte[]?[])[first.Leaf, first.Seed, first.Tag, first.OwnLinkCode, first.Evidence]);
        Assert.Equal([null, null, null, null], (byte[]?[])[stored.Subjects[1].Seed, stored.Subjects[1].Tag, stored.Subjects[1].OwnLinkCode, stored.Subjects[1].Evidence]);

        // The 65 bytes can be made again from what lies in the store.
        Assert.Equal(entry.LeafHash, AccessEntry.LeafHash(AccessEntry.Make(stored.Salt, stored.OpenPartBytes, stored.PrivateRoot)));
        Assert.Equal(2, (await Log.AppendAsync(Entry())).Serial);
    }

    [Fact]
    public async Task Closing_writes_what_is_queued_and_then_takes_no_more()
    {
        Task<Appended>[] appends = [.. Enumerable.Range(0, 100).Select(_ => Log.AppendAsync(Entry()))];
        await Log.DisposeAsync();
        Assert.Equal(100, (await Task.WhenAll(appends)).Length);
        await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(Entry()));
        Open();
        Assert.Equal(100, (await Log.AppendAsync(Entry())).Serial);
    }

    [Fact]
    public async Task Another_logs_file_is_not_opened_and_stays_as_it_is()
    {
        await Log.AppendAsync(Entry());
        await Log.DisposeAsync();
        var refused = Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(Path, "test-2"));
        Assert.Contains(Origin, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path, refused.Message, StringComparison.Ordinal);
        Open();
        Assert.Equal(1, (await Log.AppendAsync(Entry())).Serial);
    }

    [Fact]
    public async Task A_later_programs_file_is_not_opened()
    {
        await Log.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Execute("UPDATE log SET schema_version = 2");
        }

        Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(Path, Origin));
        using (var connection = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            connection.Execute("UPDATE log SET schema_version = 1");
        }

        Open();
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_its_name()
    {
        var path = System.IO.Path.Combine(_folder.FullName, "no.db");
        File.WriteAllText(path, new string('x', 5000));
        Assert.Contains(path, Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(path, Origin)).Message, StringComparison.Ordinal);
        var nowhere = System.IO.Path.Combine(_folder.FullName, "no", "such", "folder", "x.db");
        Assert.Contains(nowhere, Assert.ThrowsAny<IOException>(() => SqliteEntryStore.Open(nowhere, Origin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_said_and_comes_back_by_itself()
    {
        _journal.Expect("database is locked");
        await Log.AppendAsync(Entry());
        using (var other = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(Entry()).WaitAsync(Soon));
            Assert.False(Log.Healthy);
            Assert.Single(await Log.Store.ReadAsync(0, 10, CancellationToken.None)); // Readers are not held up.
            other.Execute("ROLLBACK");
        }

        Assert.Equal(1, (await Log.AppendAsync(Entry()).WaitAsync(Soon)).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task Every_commit_is_written_through_to_the_disk()
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync();
        Assert.Equal("wal", await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"));
        var writer = (SqliteConnection)typeof(SqliteEntryStore)
            .GetField("_writer", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .GetValue(_real)!;
        Assert.Equal(2, await writer.ExecuteScalarAsync<int>("PRAGMA synchronous")); // FULL
    }

    [Fact]
    public async Task Exchanges_that_nobody_closed_are_found_by_time()
    {
        ExchangeId[] exchanges = [.. Enumerable.Range(0, 5).Select(_ => ExchangeId.New())];
        for (var i = 0; i < exchanges.Length; i++)
        {
            await Log.AppendAsync(Entry(AccessEvent.Redeemed, exchanges[i], timeMs: i * 1000));
            await Log.AppendAsync(Entry(AccessEvent.Refused, exchanges[i], timeMs: i * 1000)); // Closes nothing.
        }

        await Log.AppendAsync(Entry(AccessEvent.Settled, exchanges[2], timeMs: 9_000_000));
        Assert.Equal(exchanges[1..2], await OpenAsync(1000, 3000, 10)); // From included, until not, and the settled one left out.
        Assert.Equal([exchanges[0], exchanges[1], exchanges[3], exchanges[4]], (await OpenAsync(0, 10_000, 10)).OrderBy(id => Array.IndexOf(exchanges, id)));
        Assert.Equal(2, (await OpenAsync(0, 10_000, 2)).Count);

        Task<IReadOnlyList<ExchangeId>> OpenAsync(long from, long until, int limit) => Log.Store.FindOpenAsync(
            AccessEvent.Redeemed,
            [AccessEvent.Settled, AccessEvent.Unsettled],
            DateTimeOffset.FromUnixTimeMilliseconds(from),
            DateTimeOffset.FromUnixTimeMilliseconds(until),
            limit,
            CancellationToken.None);
    }

    private SqliteEntryStore? _real;

    private void Open()
    {
        _real = SqliteEntryStore.Open(Path, Origin);
        _store = new FaultyEntryStore(_real);
        _log = new Transparency.AccessLog(_store, _time, _journal.Loggers.CreateLogger<Transparency.AccessLog>());
    }

    private TaskCompletionSource Close()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Gate = gate.Task;
        return gate;
    }

    private Task EnteredAsync() => UntilAsync(() => Store.Entered > 0);

    private static async Task UntilAsync(Func<bool> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Soon, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32));

    private static NewEntry Entry(AccessEvent what = AccessEvent.Approved, ExchangeId? exchange = null, long timeMs = 1) => new(
        new OpenPart { Event = what, TimeMs = timeMs, ExchangeId = (exchange ?? ExchangeId.New()).ToArray().ToByteString() },
        [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified))]);
}
