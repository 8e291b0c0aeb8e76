using System.Collections.Concurrent;
using InfoLink.Broker.AccessLog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Records;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rpc;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>What a test's log lies in.</summary>
public enum StoreKind
{
    Sqlite,
    Postgres,
}

/// <summary>
/// An access log on a real store of its own (a SQLite file, or a PostgreSQL database), with something around the store that fails when told
/// to and a clock that the test moves. At the end the log is opened once more and checked whole (<see cref="CheckLog"/>).
/// </summary>
internal sealed class LogOnDisk : IAsyncDisposable
{
    public const string Origin = "test-1";

    /// <summary>How long a test waits for what must come.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-log-");
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Create();
    private readonly StoreKind _kind;

    private LogOnDisk(StoreKind kind, string database)
    {
        _kind = kind;
        Signer = new NoteSigner(Origin, NoteKeyKind.Log, _key);
        Database = kind == StoreKind.Sqlite ? Path : database;
    }

    public NoteSigner Signer { get; }

    public Journal Journal { get; } = new();

    public ManualTime Time { get; } = new();

    public IEntryStore Real { get; private set; } = null!;

    public FaultyEntryStore Store { get; private set; } = null!;

    public Transparency.AccessLog Log { get; private set; } = null!;

    public string Folder => _folder.FullName;

    /// <summary>The SQLite file.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "access-log.db");

    /// <summary>The file's path, or the connection string.</summary>
    public string Database { get; }

    /// <summary>Everything that <see cref="AppendAsync"/> came back with, over all times the log was opened.</summary>
    public ConcurrentQueue<Receipt> Receipts { get; } = new();

    /// <param name="kind">In what.</param>
    /// <param name="database">A PostgreSQL database other than a fresh one of the shared server.</param>
    public static async Task<LogOnDisk> StartAsync(StoreKind kind, string? database = null)
    {
        var log = new LogOnDisk(kind, database ?? (kind == StoreKind.Postgres ? await SharedPostgres.CreateDatabaseAsync() : ""));
        await log.OpenAsync();
        return log;
    }

    /// <summary>After the log was disposed of: a new program on the same store.</summary>
    /// <param name="plan">What fails while it opens.</param>
    public async Task OpenAsync(Func<LogStep, Fault>? plan = null)
    {
        Real = await OpenStoreAsync();
        Store = new FaultyEntryStore(Real) { Plan = plan };
        Log = await Transparency.AccessLog.OpenAsync(
            Store, Signer, Time, Journal.Loggers.CreateLogger<Transparency.AccessLog>(), ExchangeRecords.Correction);
    }

    /// <summary>The same key for another log.</summary>
    public NoteSigner SignerOf(string origin) => new(origin, NoteKeyKind.Log, _key);

    /// <summary>The store by itself.</summary>
    public async Task<IEntryStore> OpenStoreAsync(string origin = Origin) => _kind == StoreKind.Sqlite
        ? SqliteEntryStore.Open(Path, origin)
        : await PostgresEntryStore.OpenAsync(Database, origin, CancellationToken.None);

    /// <summary>Appends, and keeps the receipt for the check at the end.</summary>
    public async Task<Appended> AppendAsync(NewEntry entry)
    {
        var appended = await Log.AppendAsync(entry);
        var receipt = await appended.ToReceiptAsync(CancellationToken.None);
        Assert.Equal((appended.Serial, appended.LeafHash), ((long)receipt.Index, entry.LeafHash));
        Receipts.Enqueue(receipt);
        return appended;
    }

    /// <summary>One statement beside the log.</summary>
    public async Task<object?> ExecuteAsync(string sql)
    {
        if (_kind == StoreKind.Postgres)
        {
            return await PostgresServer.ExecuteAsync(Database, sql);
        }

        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    public Task<IReadOnlyList<StoredEntry>> AllAsync() => Log.Store.ReadAsync(0, 10_000, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await OpenAsync();
        await CheckLog.WholeAsync(Log.Store, Signer.Key, Receipts);
        await Log.DisposeAsync();
        _folder.Delete(recursive: true);
        _key.Dispose();
        Journal.AssertNoUnexpectedError();
    }

    /// <summary>Some entry about one subject.</summary>
    public static NewEntry Entry(AccessEvent what = AccessEvent.Approved, ExchangeId? exchange = null, long timeMs = 1) => new(
        new OpenPart { Event = what, TimeMs = timeMs, ExchangeId = (exchange ?? ExchangeId.New()).ToArray().ToByteString() },
        [new NewSubject(new SubjectLeaf(0, SubjectOutcome.Unspecified))]);

    public static async Task UntilAsync(Func<bool> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Soon, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
