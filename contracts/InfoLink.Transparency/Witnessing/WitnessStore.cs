using Dapper;
using InfoLink.Contracts.Identifiers;
using Microsoft.Data.Sqlite;

namespace InfoLink.Transparency.Witnessing;

/// <summary>The largest checkpoint of a log that a witness has cosigned.</summary>
/// <param name="Origin">The log.</param>
/// <param name="Size">Its entries, at least 1.</param>
/// <param name="Root">RFC 6962.</param>
/// <param name="Note">The checkpoint with the log's signature.</param>
public sealed record SeenCheckpoint(string Origin, ulong Size, Sha256Digest Root, byte[] Note);

/// <summary>
/// What a witness has seen, one row for each log, in a small SQLite file of its own: write-ahead log and <c>synchronous=FULL</c>, so that what
/// was cosigned survives loss of power. It is not to be restored from a backup: a witness that forgets cosigns a second history.
/// </summary>
public sealed class WitnessStore : IDisposable
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS seen(
          origin TEXT PRIMARY KEY,
          size   INTEGER NOT NULL,
          root   BLOB NOT NULL,
          note   BLOB NOT NULL) WITHOUT ROWID;
        """;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private WitnessStore(SqliteConnection connection) => _connection = connection;

    /// <exception cref="InvalidOperationException">The file cannot be opened.</exception>
    public static WitnessStore Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 2, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            connection.Execute(Schema);
            return new WitnessStore(connection);
        }
        catch (SqliteException fault)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The witness's file '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    /// <summary>Null before the first.</summary>
    /// <exception cref="SqliteException">The store does not work.</exception>
    public SeenCheckpoint? Seen(string origin)
    {
        lock (_gate)
        {
            var row = _connection.QuerySingleOrDefault<Row>("SELECT size, root, note FROM seen WHERE origin = @origin", new { origin });
            return row is null ? null : new SeenCheckpoint(origin, (ulong)row.size, Sha256Digest.FromBytes(row.root), row.note);
        }
    }

    /// <summary>Replaces, in one durable step, exactly the checkpoint that the new one was compared with.</summary>
    /// <param name="before">That one; null: none.</param>
    /// <param name="after">Of the same log, and larger.</param>
    /// <returns>False: the store holds another one, and nothing has changed.</returns>
    /// <exception cref="SqliteException">The store does not work; whether the step was taken is not known, and taking it again is safe.</exception>
    /// <exception cref="ArgumentException">Not larger.</exception>
    public bool TryAdvance(SeenCheckpoint? before, SeenCheckpoint after)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(after.Size, before?.Size ?? 0, nameof(after));
        var row = new
        {
            origin = after.Origin,
            size = checked((long)after.Size),
            root = after.Root.ToArray(),
            note = after.Note,
            beforeSize = (long)(before?.Size ?? 0),
            beforeRoot = before?.Root.ToArray(),
        };
        lock (_gate)
        {
            return _connection.Execute(
                before is null
                    ? "INSERT INTO seen(origin, size, root, note) VALUES (@origin, @size, @root, @note) ON CONFLICT (origin) DO NOTHING"
                    : "UPDATE seen SET size = @size, root = @root, note = @note WHERE origin = @origin AND size = @beforeSize AND root = @beforeRoot",
                row) == 1;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private sealed record Row(long size, byte[] root, byte[] note);
}
