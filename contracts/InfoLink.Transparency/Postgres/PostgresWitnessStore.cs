using System.Data.Common;
using Dapper;
using InfoLink.Transparency.Witnessing;
using Npgsql;

namespace InfoLink.Transparency.Postgres;

/// <summary>For brokers side by side, which cosign with one key: what one of them has cosigned, all know.</summary>
public sealed class PostgresWitnessStore : WitnessStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS witness_seen(
          origin text PRIMARY KEY,
          size   bigint NOT NULL,
          root   bytea NOT NULL,
          note   bytea NOT NULL);
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly NpgsqlDataSource _database;

    private PostgresWitnessStore(NpgsqlDataSource database) => _database = database;

    protected override string Table => "witness_seen";

    /// <param name="connectionString">Npgsql's.</param>
    /// <exception cref="InvalidOperationException">The database cannot be used. Never shows the connection string.</exception>
    public static PostgresWitnessStore Open(string connectionString)
    {
        var store = new PostgresWitnessStore(PostgresDatabase.Open(connectionString, Patience));
        try
        {
            store.With(connection => connection.Execute(PostgresDatabase.Making("witness", Schema)));
            return store;
        }
        catch (NpgsqlException fault)
        {
            store.Dispose();
            throw new InvalidOperationException($"The witness's table cannot be opened in PostgreSQL: {fault.Message}", fault);
        }
    }

    protected override T With<T>(Func<DbConnection, T> work)
    {
        using var connection = _database.OpenConnection();
        return work(connection);
    }

    protected override void Dispose(bool disposing) => _database.Dispose();
}
