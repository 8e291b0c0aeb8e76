using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Broker.Codes;

/// <summary>The register's rows in a file, for the one broker that has it: write-ahead log and <c>synchronous=FULL</c>.</summary>
internal sealed class SqliteRegisterRows : IRegisterRows
{
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private SqliteRegisterRows(SqliteConnection connection) => _connection = connection;

    public TimeSpan? Lease => null;

    /// <exception cref="InvalidOperationException">The file cannot be opened.</exception>
    public static SqliteRegisterRows Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 2, Pooling = false }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            connection.Execute(RegisterSql.Table("BLOB"));
            return new SqliteRegisterRows(connection);
        }
        catch (SqliteException fault)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The register's file '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    public Task<IReadOnlyList<RegisterRow>> ReadAsync(long after, int limit, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<RegisterRow>>(
                [.. _connection.Query<RegisterSql.Row>(RegisterSql.Read, new { after, limit }).Select(row => row.ToRow())]);
        }
    }

    public Task<IReadOnlyList<RegisterRow>> BeforeAsync(RegisterTag successor, int limit, CancellationToken cancellation)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<RegisterRow>>(
                [.. _connection.Query<RegisterSql.Row>(RegisterSql.Before, new { tag = RegisterSql.Bytes(successor), limit }).Select(row => row.ToRow())]);
        }
    }

    public Task<long?> PutAsync(RegisterTag tag, RegisterEntry? expected, RegisterEntry entry, CancellationToken cancellation)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            var present = _connection.QuerySingleOrDefault<RegisterSql.Row>(RegisterSql.Find, new { tag = RegisterSql.Bytes(tag) }, transaction)?.ToRow().Entry;
            if (present != expected)
            {
                return Task.FromResult<long?>(null);
            }

            var serial = _connection.QuerySingle<long>(RegisterSql.Put, RegisterSql.Values(tag, entry), transaction);
            transaction.Commit();
            return Task.FromResult<long?>(serial);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
