using Dapper;
using InfoLink.Transparency.Postgres;
using Npgsql;

namespace InfoLink.Broker.Codes;

/// <summary>The register's rows in PostgreSQL, for brokers side by side. Writers take turns, so that serials come in order.</summary>
internal sealed class PostgresRegisterRows : IRegisterRows
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly NpgsqlDataSource _source;

    private PostgresRegisterRows(NpgsqlDataSource source) => _source = source;

    public TimeSpan? Lease => TimeSpan.FromSeconds(2);

    /// <exception cref="InvalidOperationException">The database cannot be used. Never shows the connection string.</exception>
    public static async Task<PostgresRegisterRows> OpenAsync(string connectionString)
    {
        var rows = new PostgresRegisterRows(PostgresDatabase.Open(connectionString, Patience));
        try
        {
            await using var open = await rows._source.OpenConnectionAsync();
            await open.ExecuteAsync(PostgresDatabase.Making("register", RegisterSql.Table("bytea")));
            return rows;
        }
        catch (NpgsqlException fault)
        {
            await rows.DisposeAsync();
            throw new InvalidOperationException($"The register cannot be opened in PostgreSQL: {fault.Message}", fault);
        }
    }

    public Task<IReadOnlyList<RegisterRow>> ReadAsync(long after, int limit, CancellationToken cancellation) =>
        RowsAsync(RegisterSql.Read, new { after, limit }, cancellation);

    public Task<IReadOnlyList<RegisterRow>> BeforeAsync(RegisterTag successor, int limit, CancellationToken cancellation) =>
        RowsAsync(RegisterSql.Before, new { tag = RegisterSql.Bytes(successor), limit }, cancellation);

    public async Task<long?> PutAsync(RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation)
    {
        await using var open = await _source.OpenConnectionAsync(cancellation);
        await using var transaction = await open.BeginTransactionAsync(cancellation);
        await open.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtext('infolink register write'))", transaction: transaction);
        var present = (await open.QuerySingleOrDefaultAsync<RegisterSql.Row>(RegisterSql.Find, new { tag = RegisterSql.Bytes(tag) }, transaction))?.ToRow().Entry;
        if (present != expected)
        {
            return null;
        }

        var serial = await open.QuerySingleAsync<long>(RegisterSql.Put, RegisterSql.Values(tag, entry), transaction);
        await transaction.CommitAsync(cancellation);
        return serial;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<IReadOnlyList<RegisterRow>> RowsAsync(string query, object values, CancellationToken cancellation)
    {
        await using var open = await _source.OpenConnectionAsync(cancellation);
        return [.. (await open.QueryAsync<RegisterSql.Row>(new CommandDefinition(query, values, cancellationToken: cancellation))).Select(row => row.ToRow())];
    }
}
