using Dapper;
using InfoLink.Transparency.Postgres;
using Npgsql;

namespace InfoLink.Broker.Membership;

/// <summary>The directory of brokers side by side: one row.</summary>
internal sealed class PostgresDirectoryStore : IDirectoryStore, IAsyncDisposable
{
    private const string Table =
        "CREATE TABLE IF NOT EXISTS directory (lone boolean PRIMARY KEY DEFAULT true CHECK (lone), serial bigint NOT NULL, document bytea NOT NULL)";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly NpgsqlDataSource _source;

    private PostgresDirectoryStore(NpgsqlDataSource source) => _source = source;

    public static async Task<PostgresDirectoryStore> OpenAsync(string connection, CancellationToken cancellation)
    {
        var store = new PostgresDirectoryStore(PostgresDatabase.Open(connection, Patience));
        await using var open = await store._source.OpenConnectionAsync(cancellation);
        await open.ExecuteAsync(PostgresDatabase.Making("directory", Table));
        return store;
    }

    public async Task<StoredDirectory?> ReadAsync(CancellationToken cancellation)
    {
        await using var open = await _source.OpenConnectionAsync(cancellation);
        return await open.QuerySingleOrDefaultAsync<StoredDirectory>(new CommandDefinition("SELECT serial, document FROM directory", cancellationToken: cancellation));
    }

    public async Task<bool> ReplaceAsync(long expected, StoredDirectory next, CancellationToken cancellation)
    {
        const string First = "INSERT INTO directory (serial, document) VALUES (@Serial, @Document) ON CONFLICT DO NOTHING";
        const string Next = "UPDATE directory SET serial = @Serial, document = @Document WHERE serial = @expected";
        await using var open = await _source.OpenConnectionAsync(cancellation);
        var changed = await open.ExecuteAsync(new CommandDefinition(
            expected == 0 ? First : Next, new { next.Serial, next.Document, expected }, cancellationToken: cancellation));
        return changed == 1;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
