using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>
/// Deliveries and their sealed rows, in one SQLite file. A source has at most one delivery in use; what is imported stands beside it, unseen, until one transaction puts it in its place. Readers see the
/// one or the other, whole.
/// </summary>
internal sealed partial class ReplicaStore
{
    /// <summary>Deliveries that are remembered of one source, once their rows are gone.</summary>
    private const int MostRemembered = 100;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS delivery(
          number      INTEGER PRIMARY KEY AUTOINCREMENT,
          source      TEXT NOT NULL,
          state       INTEGER NOT NULL,
          begun_ms    INTEGER NOT NULL,
          imported_ms INTEGER,
          as_of_ms    INTEGER NOT NULL,
          rows        INTEGER NOT NULL DEFAULT 0,
          sha256      BLOB,
          columns     TEXT NOT NULL,
          operator    TEXT NOT NULL,
          salt        BLOB,
          proof       BLOB);
        CREATE UNIQUE INDEX IF NOT EXISTS delivery_in_use ON delivery(source) WHERE state = 1;
        CREATE TABLE IF NOT EXISTS sealed_row(
          delivery INTEGER NOT NULL,
          tag      BLOB NOT NULL,
          slot     INTEGER NOT NULL,
          content  BLOB NOT NULL,
          PRIMARY KEY (delivery, tag, slot)) WITHOUT ROWID;
        """;

    private const string Columns = "number AS Number, source AS Source, state AS State, begun_ms AS BegunMs, imported_ms AS ImportedMs, as_of_ms AS AsOfMs, rows AS Rows, sha256 AS Sha256, columns AS Columns, operator AS Operator, salt AS Salt, proof AS Proof";

    private readonly string _path;
    private readonly string _reading;
    private readonly string _writing;

    private ReplicaStore(string path) => (_path, _reading, _writing) = (
        path,
        new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, DefaultTimeout = 5 }.ToString(),
        new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString());

    public static string PathOf(AgentOptions options) => options.DataFile("replica.db");

    /// <summary>For those who read, whether it is there or not.</summary>
    public static ReplicaStore Of(string path) => new(path);

    /// <summary>For the one process that writes. Made where it is not there; what an earlier process began and did not end is nothing.</summary>
    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static ReplicaStore Open(string path)
    {
        var store = new ReplicaStore(path);
        using var connection = store.Connect();
        connection.Execute("PRAGMA journal_mode=WAL");
        using var transaction = connection.BeginTransaction(deferred: false);
        OwnFile.Upgrade(transaction, "The file of replicas", Schema);
        connection.Execute("UPDATE delivery SET state = @BrokenOff, salt = NULL WHERE state = @Staged", new { DeliveryState.BrokenOff, DeliveryState.Staged }, transaction);
        transaction.Commit();
        return store;
    }

    /// <summary>The delivery that a source answers from; null: none.</summary>
    public DeliveryRow? InUse(string source)
    {
        using var connection = Read();
        return connection is null ? null : InUse(connection, transaction: null, source);
    }

    /// <summary>What was delivered, the newest first.</summary>
    public IReadOnlyList<DeliveryRow> Of(string source, int limit)
    {
        using var connection = Read();
        return connection is null ? [] : [.. connection.Query<DeliveryRow>($"SELECT {Columns} FROM delivery WHERE source = @source AND state <> @Staged ORDER BY number DESC LIMIT @limit", new { source, limit, DeliveryState.Staged })];
    }

    /// <summary>The delivery in use and the rows under a tag in it, as they stand at one moment.</summary>
    /// <param name="source">The source.</param>
    /// <param name="tag">Of the delivery that it is given, or an exception where that cannot be answered from.</param>
    /// <returns>Null: nothing was delivered.</returns>
    public IReadOnlyList<byte[]>? Find(string source, Func<DeliveryRow, byte[]> tag)
    {
        using var connection = Read();
        if (connection is null)
        {
            return null;
        }

        using var transaction = connection.BeginTransaction(deferred: true);
        return InUse(connection, transaction, source) is not { } delivery ? null
            : [.. connection.Query<byte[]>("SELECT content FROM sealed_row WHERE delivery = @Number AND tag = @tag ORDER BY slot", new { delivery.Number, tag = tag(delivery) }, transaction)];
    }

    private static DeliveryRow? InUse(SqliteConnection connection, SqliteTransaction? transaction, string source) =>
        connection.QuerySingleOrDefault<DeliveryRow>($"SELECT {Columns} FROM delivery WHERE source = @source AND state = @InUse", new { source, DeliveryState.InUse }, transaction);

    /// <returns>Null: there is no file yet.</returns>
    private SqliteConnection? Read()
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        var connection = new SqliteConnection(_reading);
        connection.Open();
        return connection;
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_writing);
        connection.Open();
        connection.Execute("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768;");
        return connection;
    }
}

/// <summary>What has become of a delivery.</summary>
internal static class DeliveryState
{
    public const int Staged = 0;
    public const int InUse = 1;
    public const int Kept = 2;
    public const int Recalled = 3;
    public const int Replaced = 4;
    public const int BrokenOff = 5;
}

/// <summary>A delivery as it stands in the store.</summary>
internal sealed record DeliveryRow
{
    public required long Number { get; init; }

    public required string Source { get; init; }

    public required long State { get; init; }

    public required long BegunMs { get; init; }

    public long? ImportedMs { get; init; }

    public required long AsOfMs { get; init; }

    public required long Rows { get; init; }

    public byte[]? Sha256 { get; init; }

    /// <summary>Those that are kept of each record, by name, a line each.</summary>
    public required string Columns { get; init; }

    public required string Operator { get; init; }

    /// <summary>Null: its rows are gone for good.</summary>
    public byte[]? Salt { get; init; }

    public byte[]? Proof { get; init; }

    public DateTimeOffset AsOf => DateTimeOffset.FromUnixTimeMilliseconds(AsOfMs);

    public IReadOnlyList<string> Kept => Columns.Split('\n');
}
