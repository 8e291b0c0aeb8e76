using System.Data.Common;
using Dapper;
using InfoLink.Transparency.Witnessing;
using Microsoft.Data.Sqlite;

namespace InfoLink.Transparency.Sqlite;

/// <summary>
/// A small file of the witness's own: write-ahead log and <c>synchronous=FULL</c>, so that what was cosigned survives loss of power. For one process.
/// </summary>
public sealed class SqliteWitnessStore : WitnessStore
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

    private SqliteWitnessStore(SqliteConnection connection) => _connection = connection;

    protected override string Table => "seen";

    /// <exception cref="InvalidOperationException">The file cannot be opened.</exception>
    public static SqliteWitnessStore Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 2, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            connection.Execute(Schema);
            return new SqliteWitnessStore(connection);
        }
        catch (SqliteException fault)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The witness's file '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    protected override T With<T>(Func<DbConnection, T> work)
    {
        lock (_gate)
        {
            return work(_connection);
        }
    }

    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }
}
