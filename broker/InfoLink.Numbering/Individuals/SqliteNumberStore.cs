using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// The conversion table in one SQLite file of one process: write-ahead log, <c>synchronous=FULL</c>. The lease is a file beside it, which stays locked as long
/// as the process lives.
/// </summary>
internal sealed class SqliteNumberStore : INumberStore
{
    private readonly FileStream _lease;
    private readonly SqliteConnection _connection;
    private readonly SemaphoreSlim _turn = new(1);

    private SqliteNumberStore(FileStream lease, SqliteConnection connection) => (_lease, _connection) = (lease, connection);

    /// <param name="path">The file; made where it is not there.</param>
    /// <param name="keyCheck">Of the key that the table is under.</param>
    /// <exception cref="IOException">Another process has it.</exception>
    /// <exception cref="InvalidOperationException">It cannot be used, or is under another key.</exception>
    public static SqliteNumberStore Open(string path, byte[] keyCheck)
    {
        var lease = Lease(path + ".lease");
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5, Pooling = false }.ToString());
        try
        {
            connection.Open();
            // Rows fall on pages by chance, so a page is worth keeping, and worth writing back after many calls and not after each: 256 MB of either at most.
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=65536;");
            connection.Execute(NumberSql.Tables
                .Replace("{key}", "INTEGER PRIMARY KEY", StringComparison.Ordinal)
                .Replace("{bytes}", "BLOB", StringComparison.Ordinal)
                .Replace("{unrowed}", " WITHOUT ROWID", StringComparison.Ordinal)
                .Replace("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT", StringComparison.Ordinal));
            StoreMark.Require(connection, keyCheck, $"'{path}'");
            return new SqliteNumberStore(lease, connection);
        }
        catch (Exception fault)
        {
            connection.Dispose();
            lease.Dispose();
            throw fault is SqliteException ? new InvalidOperationException($"The conversion table '{path}' cannot be opened: {fault.Message}", fault) : fault;
        }
    }

    public async Task<T> ChangeAsync<T>(Func<INumberRows, Task<T>> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await using var transaction = _connection.BeginTransaction();
            using var rows = new Rows(_connection, transaction, cancellation);
            var result = await work(rows);
            if (!rows.IsGivenUp)
            {
                transaction.Commit();
            }

            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _connection.Dispose();
        _lease.Dispose();
        _turn.Dispose();
    }

    private static FileStream Lease(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault)
        {
            throw new IOException($"Another process numbers with this table ('{path}' is locked). Stop it, or set 'postgres', where several may.", fault);
        }
    }

    /// <summary>Statements are prepared once in a change: row by row costs nothing here, where no network lies between.</summary>
    private sealed class Rows(SqliteConnection connection, SqliteTransaction transaction, CancellationToken cancellation)
        : NumberRows(connection, transaction, cancellation), IDisposable
    {
        private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

        public override Task<IReadOnlyList<KnownCode>> FindAsync(IReadOnlyCollection<RecordTag> tags)
        {
            var found = new List<KnownCode>();
            foreach (var tag in tags)
            {
                using var reader = Prepared(NumberSql.Known + " WHERE c.tag = @tag", ("@tag", tag.ToBytes())).ExecuteReader();
                if (reader.Read())
                {
                    found.Add(new KnownCode(tag, (ulong)reader.GetInt64(1), reader.IsDBNull(2), (ulong)reader.GetInt64(3)));
                }
            }

            return Task.FromResult<IReadOnlyList<KnownCode>>(found);
        }

        public override Task<IReadOnlySet<ulong>> EnterNumbersAsync(IReadOnlyCollection<NewNumber> numbers) => Task.FromResult<IReadOnlySet<ulong>>(numbers
            .Where(row => Prepared(
                NumberSql.EnterNumber,
                ("@number", (long)row.Number),
                ("@person", (long)row.Person),
                ("@ground", (long)row.Ground),
                ("@given", row.At.ToUnixTimeMilliseconds()),
                ("@changeId", (object?)row.ChangeId ?? DBNull.Value),
                ("@caseReference", (object?)row.CaseReference ?? DBNull.Value)).ExecuteNonQuery() == 1)
            .Select(row => row.Number)
            .ToHashSet());

        public override Task<IReadOnlySet<RecordTag>> EnterCodesAsync(IReadOnlyCollection<NewCode> codes) => Task.FromResult<IReadOnlySet<RecordTag>>(codes
            .Where(row => Prepared(
                NumberSql.EnterCode,
                ("@tag", row.Tag.ToBytes()),
                ("@sealed", row.Sealed),
                ("@person", (long)row.Person),
                ("@since", row.At.ToUnixTimeMilliseconds())).ExecuteNonQuery() == 1)
            .Select(row => row.Tag)
            .ToHashSet());

        public override Task QueueAsync(IReadOnlyCollection<NewNotice> notices)
        {
            foreach (var row in notices)
            {
                Prepared(NumberSql.Queue, ("@number", (long)row.Number), ("@addressee", row.Addressee), ("@since", row.At.ToUnixTimeMilliseconds())).ExecuteNonQuery();
            }

            return Task.CompletedTask;
        }

        public void Dispose()
        {
            foreach (var command in _prepared.Values)
            {
                command.Dispose();
            }
        }

        private SqliteCommand Prepared(string sql, params ReadOnlySpan<(string Name, object Value)> values)
        {
            if (!_prepared.TryGetValue(sql, out var command))
            {
                command = _prepared[sql] = new SqliteCommand(sql, connection, transaction);
                foreach (var (name, _) in values)
                {
                    command.Parameters.Add(new SqliteParameter { ParameterName = name });
                }
            }

            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters[i].Value = values[i].Value;
            }

            return command;
        }
    }
}
