using Dapper;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.AccessLog;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>A log goes on only from a database that holds what the log has published.</summary>
public sealed class LogHeadTests : IDisposable
{
    private const string Origin = "log-1";
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
    private int _made;

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    public enum Kind
    {
        Sqlite,
        Postgres,
    }

    [Theory]
    [InlineData(Kind.Sqlite)]
    [InlineData(Kind.Postgres)]
    public async Task The_database_that_was_published_from_is_opened_again(Kind kind)
    {
        var database = await NewAsync(kind);
        await GrowAsync(kind, database, 5, publish: true);
        await GrowAsync(kind, database, 3, publish: false);
        await GrowAsync(kind, database, 1, publish: true);
    }

    [Theory]
    [InlineData(Kind.Sqlite)]
    [InlineData(Kind.Postgres)]
    public async Task A_database_with_fewer_entries_than_were_published_is_refused(Kind kind)
    {
        await GrowAsync(kind, await NewAsync(kind), 5, publish: true);
        await RefusedAsync(kind, await NewAsync(kind), 4, "rewound");
    }

    [Theory]
    [InlineData(Kind.Sqlite)]
    [InlineData(Kind.Postgres)]
    public async Task A_database_with_other_entries_than_were_published_is_refused(Kind kind)
    {
        await GrowAsync(kind, await NewAsync(kind), 5, publish: true);
        await RefusedAsync(kind, await NewAsync(kind), 5, "other entries");
        await RefusedAsync(kind, await NewAsync(kind), 300, "other entries");
    }

    [Fact]
    public async Task A_restored_copy_is_refused_and_the_newest_file_goes_on()
    {
        var file = _folder.Path("log.db");
        await GrowAsync(Kind.Sqlite, file, 3, publish: true);
        SqliteConnection.ClearAllPools();
        File.Copy(file, file + ".backup");
        await GrowAsync(Kind.Sqlite, file, 3, publish: true);
        SqliteConnection.ClearAllPools();
        File.Copy(file, file + ".newest");
        File.Copy(file + ".backup", file, overwrite: true);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => GrowAsync(Kind.Sqlite, file, 1, publish: false));
        Assert.Contains("rewound", refused.Message, StringComparison.Ordinal);
        Assert.Contains("begin a new log under a new origin", refused.Message, StringComparison.Ordinal);
        SqliteConnection.ClearAllPools();
        File.Copy(file + ".newest", file, overwrite: true);
        await GrowAsync(Kind.Sqlite, file, 1, publish: true);
    }

    [Fact]
    public async Task An_entry_that_was_changed_with_everything_that_follows_from_it_is_found_by_the_head()
    {
        var file = _folder.Path("log.db");
        await GrowAsync(Kind.Sqlite, file, 5, publish: true);
        var reader = await SqliteEntryStore.ReadAsync(file, CancellationToken.None);
        await using (var database = new SqliteConnection($"Data Source={file};Pooling=false"))
        {
            database.Execute("UPDATE entry SET private_root = zeroblob(32) WHERE serial = 2");
            var root = MerkleTree.Root(await reader.EntryBytesAsync(0, 5, CancellationToken.None));
            database.Execute("UPDATE log SET root = @root", new { root = root.ToArray() });
        }

        // The database agrees with itself: without the head nobody sees it.
        await (await OpenAsync(Kind.Sqlite, file, Origin, withHead: false)).DisposeAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(Kind.Sqlite, file, Origin));
        Assert.Contains("other entries", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_is_no_checkpoint_of_the_log_is_refused_by_its_name()
    {
        var file = _folder.Path("log.db");
        await GrowAsync(Kind.Sqlite, file, 3, publish: true);
        using var other = Ed25519PrivateKey.Create();
        foreach (var bytes in (byte[][])[[], "nonsense"u8.ToArray(), Signed(other)])
        {
            await File.WriteAllBytesAsync(Head().FilePath, bytes, CancellationToken.None);
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => GrowAsync(Kind.Sqlite, file, 1, publish: false));
            Assert.Contains(Head().FilePath, refused.Message, StringComparison.Ordinal);
        }

        static byte[] Signed(Ed25519PrivateKey key) => SignedCheckpoint.Sign(
            new Checkpoint(Origin, 3, Contracts.Identifiers.Sha256Digest.Zero), new NoteSigner(Origin, NoteKeyKind.Log, key));
    }

    [Fact]
    public async Task A_new_log_under_another_name_begins_beside_the_old_head()
    {
        await GrowAsync(Kind.Sqlite, _folder.Path("log.db"), 3, publish: true);
        await GrowAsync(Kind.Sqlite, _folder.Path("new.db"), 1, publish: true, origin: "log-2");
        await RefusedAsync(Kind.Sqlite, _folder.Path("other.db"), 1, "rewound");
    }

    [Fact]
    public async Task What_is_published_is_in_the_head_first()
    {
        await GrowAsync(Kind.Sqlite, _folder.Path("log.db"), 3, publish: true);
        var head = SignedCheckpoint.Open(await File.ReadAllBytesAsync(Head().FilePath, CancellationToken.None), Signer(Origin).Key);
        Assert.Equal(3ul, head!.Checkpoint.Size);

        // Where the head cannot be written, nothing is published.
        await using var log = await OpenAsync(Kind.Sqlite, _folder.Path("log.db"), Origin);
        await log.AppendAsync(LogOnDisk.Entry());
        Directory.CreateDirectory(Head().FilePath + ".new");
        await Assert.ThrowsAnyAsync<Exception>(() => log.PublishAsync(log.Checkpoint, CancellationToken.None));
        Assert.Equal(3, (await log.Tree.PublishedAsync(CancellationToken.None))!.Size);
    }

    private async Task RefusedAsync(Kind kind, string database, int entries, string cause)
    {
        // The other database comes about without the head's knowledge, with the log's own key.
        await using (var other = await OpenAsync(kind, database, Origin, withHead: false))
        {
            await AppendAsync(other, entries);
        }

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(kind, database, Origin));
        Assert.Contains(cause, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Head().FilePath, refused.Message, StringComparison.Ordinal);
    }

    private async Task GrowAsync(Kind kind, string database, int entries, bool publish, string origin = Origin)
    {
        await using var log = await OpenAsync(kind, database, origin);
        await AppendAsync(log, entries);
        if (publish)
        {
            await log.PublishAsync(log.Checkpoint, CancellationToken.None);
        }
    }

    private static Task AppendAsync(Transparency.AccessLog log, int entries) =>
        Task.WhenAll(Enumerable.Range(0, entries).Select(_ => log.AppendAsync(LogOnDisk.Entry())));

    private async Task<Transparency.AccessLog> OpenAsync(Kind kind, string database, string origin, bool withHead = true)
    {
        IEntryStore store = kind == Kind.Sqlite
            ? SqliteEntryStore.Open(database, origin)
            : await PostgresEntryStore.OpenAsync(database, origin, CancellationToken.None);
        return await Transparency.AccessLog.OpenAsync(
            store, Signer(origin), TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance, head: withHead ? Head(origin) : null);
    }

    private async Task<string> NewAsync(Kind kind) =>
        kind == Kind.Sqlite ? _folder.Path($"{_made++}.db") : await SharedPostgres.CreateDatabaseAsync();

    private LogHead Head(string origin = Origin) => new(_folder.Path(), Signer(origin).Key);

    private NoteSigner Signer(string origin) => new(origin, NoteKeyKind.Log, _key);
}
