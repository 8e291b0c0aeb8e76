using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Microsoft.Data.Sqlite;

namespace InfoLink.Transparency.Sqlite;

/// <summary>
/// A log's entries in one SQLite file: write-ahead log, <c>synchronous=FULL</c>, so that a committed batch survives loss of power.
/// </summary>
public sealed class SqliteEntryStore : IEntryStore
{
    private const int SchemaVersion = 1;
    private readonly FileStream _lease;
    private readonly SqliteConnection _writer;
    private readonly string _connection;

    private SqliteEntryStore(FileStream lease, SqliteConnection writer, string connection, string origin)
    {
        _lease = lease;
        _writer = writer;
        _connection = connection;
        Origin = origin;
    }

    public string Origin { get; }

    /// <summary>Opens the file, making the schema where it is new.</summary>
    /// <exception cref="InvalidOperationException">Another process writes it; the file cannot be opened, belongs to another log, or to a later version of the program.</exception>
    public static SqliteEntryStore Open(string path, string origin)
    {
        // Two writers would interleave their serials, and soon sign two different logs under one origin.
        var lease = TakeLease(path + ".lease");
        try
        {
            return OpenOwn(lease, path, origin);
        }
        catch (SqliteException fault)
        {
            lease.Dispose();
            throw new InvalidOperationException($"The log file '{path}' cannot be opened: {fault.Message}", fault);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static FileStream TakeLease(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault)
        {
            throw new InvalidOperationException($"The log cannot be taken: another process holds it, or '{path}' cannot be written. {fault.Message}", fault);
        }
    }

    private static SqliteEntryStore OpenOwn(FileStream lease, string path, string origin)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString();
        var writer = new SqliteConnection(connection);
        writer.Open();
        writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        writer.Execute(EntrySql.Schema);
        writer.Execute(
            "INSERT INTO log(id, origin, schema_version) VALUES (1, @origin, @SchemaVersion) ON CONFLICT (id) DO NOTHING",
            new { origin, SchemaVersion });
        var (stored, version) = writer.QuerySingle<(string, int)>("SELECT origin, schema_version FROM log WHERE id = 1");
        if (!string.Equals(stored, origin, StringComparison.Ordinal) || version != SchemaVersion)
        {
            writer.Dispose();
            throw new InvalidOperationException(
                $"The log file '{path}' belongs to origin '{stored}' with schema {version}; this program opens '{origin}' with schema {SchemaVersion}.");
        }

        return new SqliteEntryStore(lease, writer, connection, origin);
    }

    public Task<long> AppendAsync(IReadOnlyList<NewEntry> batch, CancellationToken cancellation)
    {
        using var transaction = _writer.BeginTransaction();
        var first = _writer.ExecuteScalar<long>("SELECT COALESCE(MAX(serial) + 1, 0) FROM entry", transaction: transaction);
        using var insertEntry = Prepare(EntrySql.InsertEntry, EntrySql.EntryParameters, transaction);
        using var insertSubject = Prepare(EntrySql.InsertSubject, EntrySql.SubjectParameters, transaction);
        for (var i = 0; i < batch.Count; i++)
        {
            Insert(insertEntry, EntrySql.EntryValues(first + i, batch[i]));
            for (var position = 0; position < batch[i].Subjects.Count; position++)
            {
                Insert(insertSubject, EntrySql.SubjectValues(first + i, position, batch[i].Subjects[position]));
            }
        }

        cancellation.ThrowIfCancellationRequested();
        transaction.Commit();
        return Task.FromResult(first);
    }

    public Task ProbeAsync(CancellationToken cancellation)
    {
        _writer.Execute("UPDATE log SET schema_version = schema_version WHERE id = 1");
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<StoredEntry>> ReadAsync(long fromSerial, int count, CancellationToken cancellation)
    {
        await using var connection = await OpenReaderAsync(cancellation);
        return await EntrySql.ReadAsync(connection, EntrySql.SelectFrom, new { fromSerial, count }, cancellation);
    }

    public async Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation)
    {
        await using var connection = await OpenReaderAsync(cancellation);
        return await EntrySql.ReadAsync(connection, EntrySql.SelectExchange, new { exchange = exchange.ToArray() }, cancellation);
    }

    public async Task<IReadOnlyList<ExchangeId>> FindOpenAsync(
        AccessEvent opened,
        IReadOnlyList<AccessEvent> closed,
        DateTimeOffset from,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellation)
    {
        await using var connection = await OpenReaderAsync(cancellation);
        var parameters = new
        {
            opened = (int)opened,
            closed = closed.Select(@event => (int)@event),
            from = from.ToUnixTimeMilliseconds(),
            until = until.ToUnixTimeMilliseconds(),
            limit,
        };
        var ids = await connection.QueryAsync<byte[]>(new CommandDefinition(EntrySql.SelectOpen, parameters, cancellationToken: cancellation));
        return [.. ids.Select(id => ExchangeId.FromBytes(id))];
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        SqliteConnection.ClearPool(_writer);
        await _lease.DisposeAsync();
    }

    private async Task<SqliteConnection> OpenReaderAsync(CancellationToken cancellation)
    {
        var connection = new SqliteConnection(_connection);
        await connection.OpenAsync(cancellation);
        return connection;
    }

    private SqliteCommand Prepare(string sql, IEnumerable<string> names, SqliteTransaction transaction)
    {
        var command = new SqliteCommand(sql, _writer, transaction);
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        command.Prepare();
        return command;
    }

    private static void Insert(SqliteCommand command, ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        command.ExecuteNonQuery();
    }
}
