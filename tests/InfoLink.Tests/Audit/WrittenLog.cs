using Dapper;
using InfoLink.Audit.Logs;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Tests.Audit;

/// <summary>A custodian's log on a real SQLite file, written by the log itself; when it is closed its file can be copied and tampered with.</summary>
internal sealed class WrittenLog : IAsyncDisposable
{
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
    private bool _closed;

    private WrittenLog(string path, string custodian, string origin, ManualTime time)
    {
        (Path, Custodian, Time) = (path, custodian, time);
        Signer = new NoteSigner(origin, NoteKeyKind.Log, _key);
    }

    public string Path { get; }

    public string Custodian { get; }

    public ManualTime Time { get; }

    public NoteSigner Signer { get; }

    public Transparency.AccessLog Log { get; private set; } = null!;

    public KnownLog Known => new(Signer.Key);

    public static async Task<WrittenLog> OpenAsync(string path, string custodian, string origin, ManualTime time)
    {
        var written = new WrittenLog(path, custodian, origin, time);
        written.Log = await Transparency.AccessLog.OpenAsync(SqliteEntryStore.Open(path, origin), written.Signer, time, NullLogger<Transparency.AccessLog>.Instance);
        return written;
    }

    /// <summary>Appends in the order given.</summary>
    public async Task AppendAsync(IEnumerable<NewEntry> entries)
    {
        foreach (var some in entries.Chunk(2000))
        {
            await Task.WhenAll(some.Select(Log.AppendAsync));
        }
    }

    /// <summary>Publishes the tree as it is, some time after what is in it.</summary>
    public async Task<SizedCheckpoint> PublishAsync()
    {
        Time.Advance(TimeSpan.FromMinutes(10));
        var checkpoint = Log.Checkpoint;
        await Log.PublishAsync(checkpoint, CancellationToken.None);
        return checkpoint;
    }

    /// <summary>Ends the log and leaves one file, without a write-ahead log beside it.</summary>
    public async Task CloseAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        await Log.DisposeAsync();
        SqliteConnection.ClearAllPools();
        await using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.ExecuteAsync("PRAGMA journal_mode=DELETE");
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _key.Dispose();
    }
}
