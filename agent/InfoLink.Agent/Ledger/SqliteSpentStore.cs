using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Ledger;

/// <summary>
/// Spent tokens in one SQLite file of one process: write-ahead log, <c>synchronous=FULL</c>. The lease is a file beside it, which stays
/// locked as long as the process lives.
/// </summary>
/// <remarks>
/// Every opening by a process is a new one, with one exception: the first, within the hour, of a ledger that was made together with the
/// agency's identity: no token could name the agency before. That it was opened stands in the lease file too, so that a backup of the
/// ledger is not as new as it was.
/// </remarks>
internal sealed class SqliteSpentStore(string path) : ISpentStore
{
    private static readonly TimeSpan FirstOpeningWithin = TimeSpan.FromHours(1);
    private FileStream? _lease;
    private SqliteConnection? _connection;
    private SqliteCommand? _isCurrent;
    private SqliteCommand? _spend;
    private Opening? _opening;

    /// <summary>Makes a ledger that no token can predate: only together with a new identity key.</summary>
    /// <exception cref="IOException">There is a ledger already.</exception>
    public static void CreateWithIdentity(string path, TimeProvider time)
    {
        using (new FileStream(path, FileMode.CreateNew))
        {
            // The file is claimed; SQLite fills it.
        }

        using var connection = Connect(path);
        connection.Execute("INSERT INTO opening(id, unused_since_ms) VALUES (1, @now)", new { now = time.GetUtcNow().ToUnixTimeMilliseconds() });
        SqliteConnection.ClearPool(connection);
    }

    public async Task<Opening> OpenAsync(TimeProvider time, CancellationToken cancellation)
    {
        if (_opening is not null)
        {
            return _opening; // The lease was held ever since.
        }

        _lease ??= new FileStream(path + ".lease", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var openedBefore = _lease.Length > 0;
        _lease.WriteByte((byte)'1');
        _lease.Flush(flushToDisk: true);
        try
        {
            _connection ??= Connect(path);
            var now = time.GetUtcNow();
            var unusedSince = _connection.ExecuteScalar<long?>("SELECT unused_since_ms FROM opening WHERE id = 1");
            var brandNew = !openedBefore && unusedSince is { } since && now - DateTimeOffset.FromUnixTimeMilliseconds(since) < FirstOpeningWithin;
            _opening = await LedgerSql.ReopenAsync(_connection, brandNew ? DateTimeOffset.UnixEpoch : Opening.MarkAt(now), path, cancellation);
            return _opening;
        }
        catch (Exception fault) when (fault is SqliteException or InvalidOperationException)
        {
            throw new LedgerUnavailableException($"The ledger of spent tokens '{path}' cannot be opened: {fault.Message}", fault);
        }
    }

    public Task<bool[]?> SpendAsync(Opening opening, IReadOnlyList<SpentToken> batch, CancellationToken cancellation)
    {
        using var transaction = Open.BeginTransaction();

        // Parsed once, for as long as the connection is open.
        _isCurrent ??= Prepare(LedgerSql.IsCurrent, "@epoch");
        _spend ??= Prepare(LedgerSql.Spend, "@token", "@attempt", "@keep_ms", "@epoch");
        (_isCurrent.Transaction, _spend.Transaction) = (transaction, transaction);
        _isCurrent.Parameters[0].Value = opening.Epoch;
        if (_isCurrent.ExecuteScalar() is 0L)
        {
            return Task.FromResult<bool[]?>(null);
        }

        var values = _spend.Parameters;
        values[3].Value = opening.Epoch;
        var entered = new bool[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            (values[0].Value, values[1].Value, values[2].Value) = (batch[i].Key, batch[i].Attempt, batch[i].KeepUntil.ToUnixTimeMilliseconds());
            entered[i] = _spend.ExecuteNonQuery() == 1;
        }

        transaction.Commit();
        return Task.FromResult<bool[]?>(entered);
    }

    public Task<int> PruneAsync(DateTimeOffset now, int atMost, CancellationToken cancellation) =>
        Open.ExecuteAsync(LedgerSql.Prune(), new { now = now.ToUnixTimeMilliseconds(), atMost });

    public Task<long> CountAsync(CancellationToken cancellation) => Open.ExecuteScalarAsync<long>(LedgerSql.Count);

    public ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            _connection.Dispose();
            SqliteConnection.ClearPool(_connection);
        }

        _lease?.Dispose();
        return ValueTask.CompletedTask;
    }

    private SqliteConnection Open => _opening is null ? throw new InvalidOperationException("The ledger is not open.") : _connection!;

    private SqliteCommand Prepare(string sql, params IEnumerable<string> names)
    {
        var command = new SqliteCommand(sql, Open);
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString());
        try
        {
            connection.Open();
            connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            using var transaction = connection.BeginTransaction();
            var exists = connection.ExecuteScalar<long>("SELECT COUNT(*) FROM sqlite_master WHERE name = 'ledger'", transaction: transaction) > 0;
            LedgerSql.UpgradeAsync(connection, transaction, exists, sql => sql, CancellationToken.None).GetAwaiter().GetResult(); // SQLite is synchronous.
            transaction.Commit();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
