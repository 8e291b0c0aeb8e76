using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>What a store promises, the same for each of them.</summary>
public abstract class EntryStoreTests(StoreKind kind) : IAsyncLifetime
{
    private LogOnDisk? _started;

    private LogOnDisk On => _started!;

    private Transparency.AccessLog Log => On.Log;

    public async ValueTask InitializeAsync() => _started = await LogOnDisk.StartAsync(kind);

    public ValueTask DisposeAsync() => _started?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task What_was_appended_is_there_when_the_log_is_opened_again()
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
        var appended = await On.AppendAsync(entry);
        await On.AppendAsync(LogOnDisk.Entry());
        await Log.DisposeAsync();

        await On.OpenAsync();
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
        Assert.Equal(2, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task Entries_are_found_by_an_agencys_own_code_page_by_page_within_events_and_times()
    {
        var (wanted, other, rare) = (RandomNumberGenerator.GetBytes(17), RandomNumberGenerator.GetBytes(17), RandomNumberGenerator.GetBytes(17));
        for (var i = 0; i < 260; i++)
        {
            await On.AppendAsync(Under(i % 26 == 0 ? other : wanted, AccessEvent.Answered, timeMs: i));
        }

        await On.AppendAsync(Under(wanted, AccessEvent.Asked, timeMs: 260));
        await On.AppendAsync(Under(rare, AccessEvent.Received, timeMs: 261));
        var search = new CodeSearch([wanted, rare], [AccessEvent.Answered, AccessEvent.Received], At(10), At(261));
        var found = new List<StoredEntry>();
        var pages = 0;
        for (long? next = 0; next is { } from; pages++)
        {
            var page = await Log.Store.FindByOwnCodeAsync(search, from, CancellationToken.None);
            Assert.True(page.Entries.Count <= CodeSearch.Limit);
            found.AddRange(page.Entries);
            next = page.Next;
        }

        Assert.Equal(2, pages);
        Assert.Equal([.. Enumerable.Range(10, 250).Where(i => i % 26 != 0), 261], found.Select(entry => (int)entry.Open.TimeMs));
        Assert.Empty((await Log.Store.FindByOwnCodeAsync(search with { Codes = [RandomNumberGenerator.GetBytes(17)] }, 0, CancellationToken.None)).Entries);
        Assert.Equal([LogOnDisk.Origin], await Log.Store.OriginsAsync(CancellationToken.None));

        // A code's bytes in another place than a code's are none.
        await On.AppendAsync(new NewEntry(
            new OpenPart { Event = AccessEvent.Answered, TimeMs = 11 },
            [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified)) { Seed = [.. rare, .. new byte[15]] }]));
        Assert.Equal([261], (await Log.Store.FindByOwnCodeAsync(search with { Codes = [rare] }, 0, CancellationToken.None)).Entries.Select(entry => entry.Open.TimeMs));

        static NewEntry Under(byte[] code, AccessEvent what, long timeMs) => new(
            new OpenPart { Event = what, TimeMs = timeMs, ExchangeId = ExchangeId.New().ToArray().ToByteString() },
            [new NewSubject(new SubjectLeaf(0, SubjectOutcome.AnsweredOutcome)) { Seed = new byte[32], OwnLinkCode = code }]);

        static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
    }

    [Theory]
    [InlineData("entry")]
    [InlineData("content")]
    [InlineData("tile")]
    public async Task An_append_that_fails_in_the_middle_leaves_nothing_behind(string table)
    {
        await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => On.AppendAsync(LogOnDisk.Entry())));
        await Log.DisposeAsync();
        await using (var store = await On.OpenStoreAsync())
        {
            var before = await store.TakeAsync(CancellationToken.None);
            var tree = await TreeEdge.LoadAsync(store.Reader, before, CancellationToken.None);
            NewEntry[] entries = [.. Enumerable.Range(0, 11).Select(_ => WithContent())];
            var growth = tree.Grow(entries.Select(entry => entry.LeafHash));
            var append = new LogAppend(before, growth.After, entries, growth.Tiles);

            // Something lies already where the batch's last row of a table wants to lie.
            await On.ExecuteAsync(table switch
            {
                "entry" => "INSERT INTO entry(shard, serial, event, time_ms, exchange_id, open_digest, private_root) "
                    + "SELECT shard, 260, event, time_ms, exchange_id, open_digest, private_root FROM entry WHERE serial = 0",
                "content" => "INSERT INTO content(shard, serial, position, sealed) SELECT shard, 260, 0, root FROM log",
                _ => "INSERT INTO tile(shard, level, number, root, hashes) SELECT shard, 0, 0, root, root FROM log",
            });
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => store.AppendAsync(append, CancellationToken.None));
            Assert.Equal(before, await store.TakeAsync(CancellationToken.None));

            await On.ExecuteAsync(table switch
            {
                "entry" => "DELETE FROM entry WHERE serial = 260",
                "content" => "DELETE FROM content WHERE serial = 260",
                _ => "DELETE FROM tile",
            });
            Assert.Equal(250, (await store.Reader.EntryBytesAsync(0, 1000, CancellationToken.None)).Count);
            Assert.Null(await store.Reader.ContentAsync(250, 0, CancellationToken.None));
            Assert.Null(await store.Reader.TileAsync(0, 0, CancellationToken.None));
            await store.AppendAsync(append, CancellationToken.None); // The same again: nothing was used up.
            Assert.Equal([7], await store.Reader.ContentAsync(260, 0, CancellationToken.None));
        }

        await On.OpenAsync();
        Assert.Equal(261, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task An_append_follows_only_from_the_tree_that_is_durable()
    {
        await On.AppendAsync(LogOnDisk.Entry());
        var state = await On.Real.TakeAsync(CancellationToken.None);
        var entry = LogOnDisk.Entry();
        foreach (var before in (long[])[0, 2])
        {
            await Assert.ThrowsAsync<LogFencedException>(() => On.Real.AppendAsync(
                new LogAppend(state with { Size = before }, new LogState(before + 1, entry.LeafHash), [entry], []), CancellationToken.None));
        }

        Assert.Equal(state, await Log.Store.StateAsync(CancellationToken.None));
        Assert.Single(await On.AllAsync());
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_claim_that_was_taken_over_writes_nothing_more()
    {
        On.Journal.Expect("ALARM", "could not write a batch");
        await On.AppendAsync(LogOnDisk.Entry());
        await On.ExecuteAsync("UPDATE log SET writer = writer + 1"); // As the one who takes over does.
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
        await Assert.ThrowsAsync<LogFencedException>(() => On.Real.TakeAsync(CancellationToken.None));
        await Assert.ThrowsAsync<LogFencedException>(() => On.Real.ProbeAsync(CancellationToken.None));
        Assert.False(Log.Healthy);

        // For good, whatever becomes of the other one.
        await On.ExecuteAsync("UPDATE log SET writer = writer - 1");
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
        Assert.Single(On.Journal.Lines, line => line.Text.StartsWith("ALARM", StringComparison.Ordinal));
        Assert.Single(await On.AllAsync());
    }

    [Fact]
    public async Task Of_two_that_were_published_the_larger_is_the_newest_whatever_the_clock_says()
    {
        Assert.Null(await Log.Store.PublishedAsync(CancellationToken.None));
        var published = new List<SizedCheckpoint>();
        for (var i = 0; i < 4; i++)
        {
            await On.AppendAsync(LogOnDisk.Entry());
            published.Add(Log.Checkpoint);
        }

        var noon = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        await PublishAsync(published[1], noon);
        await PublishAsync(published[2], noon); // In the same instant.
        Assert.Equal(3, (await Log.Store.PublishedAsync(CancellationToken.None))!.Size);
        await PublishAsync(published[0], noon);
        Assert.Equal(3, (await Log.Store.PublishedAsync(CancellationToken.None))!.Size);
        await PublishAsync(published[3], noon.AddMinutes(-1)); // The clock was set back.
        var newest = (await Log.Store.PublishedAsync(CancellationToken.None))!;
        Assert.Equal(4, newest.Size);
        Assert.Equal(published[3].Note, newest.Note);

        Task PublishAsync(SizedCheckpoint checkpoint, DateTimeOffset at) => On.Real.PublishAsync(checkpoint.Size, checkpoint.Note, at, CancellationToken.None);
    }

    [Fact]
    public async Task A_log_that_was_tampered_with_does_not_open()
    {
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => On.AppendAsync(LogOnDisk.Entry())));
        await Log.DisposeAsync();
        foreach (var (tamper, repair) in ((string, string)[])[
            ("UPDATE entry SET private_root = open_digest WHERE serial = 299", "UPDATE entry SET private_root = (SELECT salt FROM kept) WHERE serial = 299"),
            ("UPDATE tile SET root = (SELECT open_digest FROM entry WHERE serial = 0)", "UPDATE tile SET root = (SELECT open_part FROM kept)"),
            ("UPDATE log SET size = size - 1", "UPDATE log SET size = size + 1"),
            ("UPDATE log SET size = size + 1", "UPDATE log SET size = size - 1"),
        ])
        {
            await On.ExecuteAsync("CREATE TABLE kept AS SELECT private_root AS salt, (SELECT root FROM tile) AS open_part FROM entry WHERE serial = 299");
            await On.ExecuteAsync(tamper);
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => On.OpenAsync());
            Assert.Contains($"'{LogOnDisk.Origin}' is damaged", refused.Message, StringComparison.Ordinal);
            await On.ExecuteAsync(repair);
            await On.ExecuteAsync("DROP TABLE kept");
        }

        await On.OpenAsync(); // Whoever was refused left nothing locked.
        Assert.Equal(300, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task Exchanges_that_nobody_closed_are_found_by_time()
    {
        ExchangeId[] exchanges = [.. Enumerable.Range(0, 5).Select(_ => ExchangeId.New())];
        for (var i = 0; i < exchanges.Length; i++)
        {
            await On.AppendAsync(LogOnDisk.Entry(AccessEvent.Redeemed, exchanges[i], timeMs: i * 1000));
            await On.AppendAsync(LogOnDisk.Entry(AccessEvent.Refused, exchanges[i], timeMs: i * 1000)); // Closes nothing.
        }

        await On.AppendAsync(LogOnDisk.Entry(AccessEvent.Settled, exchanges[2], timeMs: 9_000_000));
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

    private static NewEntry WithContent() => new(
        new OpenPart { Event = AccessEvent.Received, TimeMs = 1, ExchangeId = ExchangeId.New().ToArray().ToByteString() },
        [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified)) { SealedContent = [7] }]);

    private static Sha256Digest Digest() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(32));
}

public sealed class EntryStoreOnSqliteTests() : EntryStoreTests(StoreKind.Sqlite);

public sealed class EntryStoreOnPostgresTests() : EntryStoreTests(StoreKind.Postgres);
