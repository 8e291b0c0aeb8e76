using System.Security.Cryptography;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>The log's file: what is in it after a restart, who may open it, and what happens where it cannot be written.</summary>
public sealed class SqliteEntryStoreTests : IAsyncLifetime
{
    private readonly LogOnDisk _on = new();

    private Transparency.AccessLog Log => _on.Log;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _on.DisposeAsync();

    [Fact]
    public async Task What_was_appended_is_there_when_the_file_is_opened_again()
    {
        var leaf = new SubjectLeaf(3, SubjectOutcome.AnsweredOutcome) { Tag = Digest(), RequesterCode = Digest(), ProviderCode = Digest(), Digest = Digest() };
        var subject = new NewSubject(leaf)
        {
            Seed = RandomNumberGenerator.GetBytes(32),
            Tag = RandomNumberGenerator.GetBytes(16),
            DisplayHold = true,
            Evidence = new AnswerProof { Signature = ((byte[])[1, 2, 3]).ToByteString() },
            OwnLinkCode = RandomNumberGenerator.GetBytes(17),
        };
        var particulars = new Particulars { Operator = "児童手当係", Terminal = "terminal-12" };
        var exchange = ExchangeId.New();
        var open = new OpenPart { Event = AccessEvent.Received, ExchangeId = exchange.ToArray().ToByteString(), TimeMs = 7 };
        var entry = new NewEntry(open, [subject, new NewSubject(new SubjectLeaf(9, SubjectOutcome.PendingOutcome))], particulars);
        var appended = await Log.AppendAsync(entry);
        await Log.AppendAsync(LogOnDisk.Entry());
        await Log.DisposeAsync();

        _on.Open();
        var stored = Assert.Single(await Log.Store.FindAsync(exchange, CancellationToken.None));
        Assert.Equal((appended.Serial, open, particulars), (stored.Serial, stored.Open, stored.Particulars));
        Assert.Equal([entry.Salt, entry.PrivateRoot.ToArray()], (byte[][])[stored.Salt, stored.PrivateRoot.ToArray()]);
        var first = stored.Subjects[0];
        Assert.Equal((3u, SubjectOutcome.AnsweredOutcome, true, leaf.Digest), (first.Index, first.Outcome, first.DisplayHold, first.Digest));
        Assert.Equal([leaf.ToBytes(), subject.Seed, subject.Tag, subject.OwnLinkCode], (byte[]?[])[first.Leaf.ToBytes(), first.Seed, first.Tag, first.OwnLinkCode]);
        Assert.Equal(subject.Evidence, first.Evidence);
        Assert.Equal([null, null, null], (byte[]?[])[stored.Subjects[1].Seed, stored.Subjects[1].Tag, stored.Subjects[1].OwnLinkCode]);
        Assert.Null(stored.Subjects[1].Evidence);

        // The 65 bytes can be made again from what lies in the store.
        Assert.Equal(entry.LeafHash, AccessEntry.LeafHash(AccessEntry.Make(stored.Salt, stored.OpenPartBytes, stored.PrivateRoot)));
        Assert.Equal(2, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task Another_logs_file_is_not_opened_and_stays_as_it_is()
    {
        await Log.AppendAsync(LogOnDisk.Entry());
        await Log.DisposeAsync();
        var refused = Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(_on.Path, "test-2"));
        Assert.Contains(LogOnDisk.Origin, refused.Message, StringComparison.Ordinal);
        Assert.Contains(_on.Path, refused.Message, StringComparison.Ordinal);
        _on.Open();
        Assert.Equal(1, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_later_programs_file_is_not_opened()
    {
        await Log.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={_on.Path};Pooling=False"))
        {
            connection.Execute("UPDATE log_schema SET version = 99");
        }

        Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(_on.Path, LogOnDisk.Origin));
        using (var connection = new SqliteConnection($"Data Source={_on.Path};Pooling=False"))
        {
            connection.Execute("UPDATE log_schema SET version = 2");
        }

        _on.Open();
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_its_name()
    {
        var path = Path.Combine(_on.Folder, "no.db");
        File.WriteAllText(path, new string('x', 5000));
        Assert.Contains(path, Assert.Throws<InvalidOperationException>(() => SqliteEntryStore.Open(path, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
        var nowhere = Path.Combine(_on.Folder, "no", "such", "folder", "x.db");
        Assert.Contains(nowhere, Assert.ThrowsAny<InvalidOperationException>(() => SqliteEntryStore.Open(nowhere, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_does_not_open_a_log_that_is_being_written()
    {
        Assert.Contains(".lease", Assert.ThrowsAny<InvalidOperationException>(() => SqliteEntryStore.Open(_on.Path, LogOnDisk.Origin)).Message, StringComparison.Ordinal);
        Assert.Equal(0, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_is_said_and_comes_back_by_itself()
    {
        _on.Journal.Expect("database is locked");
        await Log.AppendAsync(LogOnDisk.Entry());
        using (var other = new SqliteConnection($"Data Source={_on.Path};Pooling=False"))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
            Assert.False(Log.Healthy);
            Assert.Single(await _on.AllAsync()); // Readers are not held up.
            other.Execute("ROLLBACK");
        }

        Assert.Equal(1, (await Log.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task Every_commit_is_written_through_to_the_disk()
    {
        using var connection = new SqliteConnection($"Data Source={_on.Path};Pooling=False");
        await connection.OpenAsync();
        Assert.Equal("wal", await connection.ExecuteScalarAsync<string>("PRAGMA journal_mode"));
        var writer = (SqliteConnection)typeof(SqliteEntryStore)
            .GetField("_writer", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .GetValue(_on.Real)!;
        Assert.Equal(2, await writer.ExecuteScalarAsync<int>("PRAGMA synchronous")); // FULL
    }

    [Fact]
    public async Task Exchanges_that_nobody_closed_are_found_by_time()
    {
        ExchangeId[] exchanges = [.. Enumerable.Range(0, 5).Select(_ => ExchangeId.New())];
        for (var i = 0; i < exchanges.Length; i++)
        {
            await Log.AppendAsync(LogOnDisk.Entry(AccessEvent.Redeemed, exchanges[i], timeMs: i * 1000));
            await Log.AppendAsync(LogOnDisk.Entry(AccessEvent.Refused, exchanges[i], timeMs: i * 1000)); // Closes nothing.
        }

        await Log.AppendAsync(LogOnDisk.Entry(AccessEvent.Settled, exchanges[2], timeMs: 9_000_000));
        Assert.Equal(exchanges[1..2], await OpenAsync(1000, 3000, 10)); // From included, until not, and the settled one left out.
        Assert.Equal([exchanges[0], exchanges[1], exchanges[3], exchanges[4]], await OpenAsync(0, 10_000, 10));
        Assert.Equal(exchanges[..2], await OpenAsync(0, 10_000, 2));

        Task<IReadOnlyList<ExchangeId>> OpenAsync(long from, long until, int limit) => Log.Store.FindOpenAsync(
            AccessEvent.Redeemed,
            [AccessEvent.Settled, AccessEvent.Unsettled],
            DateTimeOffset.FromUnixTimeMilliseconds(from),
            DateTimeOffset.FromUnixTimeMilliseconds(until),
            limit,
            CancellationToken.None);
    }

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32));
}
