using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Dapper;
using InfoLink.Contracts.Merkle;
using Npgsql;
using NpgsqlTypes;

namespace InfoLink.Transparency.Postgres;

/// <summary>
/// A log in a PostgreSQL database, beside others: each of several brokers writes its own. An append is one round trip and one commit with
/// <c>synchronous_commit=on</c>.
/// </summary>
/// <remarks>
/// Two things keep a second process out: an advisory lock that the writer's session holds (so a second one is refused at its start), and the
/// writer's number and the tree's size, which every append moves on from (so a first one that lost its session unawares writes nothing more).
/// </remarks>
public sealed class PostgresEntryStore : IEntryStore
{
    /// <summary>Locks of this program's logs begin with it; the second half is the shard.</summary>
    private const int LockClass = 0x494C_4C47;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the lock is waited for: a process that has just ended, or a session that was just cut, still holds it for a moment. Shorter
    /// than a command may take.
    /// </summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(3);

    /// <summary>Commits reach the disk, locks are waited for so long, and a client whose machine is gone is noticed within a quarter of a minute.</summary>
    private static readonly string SessionOptions = string.Create(
        CultureInfo.InvariantCulture,
        $"{PostgresDatabase.Durable} -c lock_timeout={(int)LockPatience.TotalMilliseconds} "
        + $"-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=3 -c tcp_keepalives_count=3");

    private readonly NpgsqlDataSource _database;
    private readonly EntryReader _reader;
    private readonly int _shard;
    private NpgsqlConnection? _session;
    private long _claim = -1;

    private PostgresEntryStore(NpgsqlDataSource database, EntryReader reader, int shard)
    {
        _database = database;
        _reader = reader;
        _shard = shard;
    }

    public IEntryReader Reader => _reader;

    public PersonIndex Persons => new(Opener(_database), _shard);

    /// <summary>Opens a log of the database for writing; makes the schema, and the log, where they are new.</summary>
    /// <param name="connectionString">Npgsql's; the tables lie in the first schema of its search path.</param>
    /// <param name="origin">The log's name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">
    /// The string is none of Npgsql's, the database cannot be reached, or is of another version of the program. Never shows the connection string.
    /// </exception>
    public static async Task<PostgresEntryStore> OpenAsync(string connectionString, string origin, CancellationToken cancellation)
    {
        var database = Connect(connectionString);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var shard = await MakeLogAsync(connection, origin, cancellation);
            return new PostgresEntryStore(database, new EntryReader(SqlDialect.Postgres, Opener(database), shard, origin), shard);
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException or SocketException)
        {
            await database.DisposeAsync();
            throw new InvalidOperationException($"The log '{origin}' cannot be opened in PostgreSQL: {fault.Message}", fault);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>The names of the logs in a database.</summary>
    public static async Task<IReadOnlyList<string>> OriginsAsync(string connectionString, CancellationToken cancellation)
    {
        await using var database = Connect(connectionString);
        return await EntryReader.OriginsAsync(Opener(database), cancellation);
    }

    /// <summary>A log that may be in use, to look at it.</summary>
    /// <exception cref="InvalidOperationException">There is no such log.</exception>
    public static async Task<IEntryReader> ReadAsync(string connectionString, string origin, CancellationToken cancellation) =>
        await EntryReader.FindAsync(SqlDialect.Postgres, Opener(Connect(connectionString)), origin, cancellation)
        ?? throw new InvalidOperationException($"The database holds no log '{origin}'.");

    public async Task<LogState> TakeAsync(CancellationToken cancellation)
    {
        var row = await LookAsync(await SessionAsync(cancellation), _claim < 0 ? EntrySql.Claim : EntrySql.SelectClaim, cancellation);
        if (_claim >= 0 && row.writer != _claim)
        {
            throw Fenced();
        }

        _claim = row.writer;
        return row.State;
    }

    public async Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        // Without an explicit transaction the commands up to the one synchronisation are one: all of them or none.
        await using var batch = new NpgsqlBatch(await SessionAsync(cancellation)) { Timeout = (int)Patience.TotalSeconds };
        var advance = new NpgsqlBatchCommand(Positional(EntrySql.Advance, "after", "root", "shard", "writer", "before"));
        Add(advance, append.After.Size, append.After.Root.ToArray(), _shard, _claim, append.Before.Size);
        batch.BatchCommands.Add(advance);
        AddRows(batch, "entry", EntrySql.EntryColumns, EntryTypes, append.After,
            [.. append.Entries.Select((entry, i) => EntryColumns.Of(_shard, append.Before.Size + i, entry))]);
        AddRows(batch, "content", EntrySql.ContentColumns, ContentTypes, append.After,
            [.. append.Entries.SelectMany((entry, i) => EntryColumns.ContentsOf(_shard, append.Before.Size + i, entry))]);
        AddRows(batch, "tile", EntrySql.TileColumns, TileTypes, append.After,
            [.. append.Tiles.Select(tile => new object?[] { _shard, tile.Level, tile.Number, tile.Root.ToArray(), tile.Hashes })]);
        await batch.ExecuteNonQueryAsync(cancellation);
        if (advance.RecordsAffected != 1)
        {
            throw Fenced();
        }
    }

    public async Task PublishAsync(long size, byte[] checkpoint, DateTimeOffset time, CancellationToken cancellation)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(EntrySql.Publish, new { shard = _shard, size, timeMs = time.ToUnixTimeMilliseconds(), note = checkpoint });
        await connection.ExecuteAsync(EntrySql.ThinCheckpoints, new { shard = _shard, hourAgo = (time - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds() });
    }

    public async Task ProbeAsync(CancellationToken cancellation)
    {
        var session = await SessionAsync(cancellation);
        if (await session.ExecuteAsync(new CommandDefinition(EntrySql.Probe, new { shard = _shard, writer = _claim }, cancellationToken: cancellation)) != 1)
        {
            throw Fenced();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    /// <summary>The session that holds the lock; a new one after the server or the network took the last away.</summary>
    private async Task<NpgsqlConnection> SessionAsync(CancellationToken cancellation)
    {
        if (_session is { State: System.Data.ConnectionState.Open })
        {
            return _session;
        }

        if (_session is not null)
        {
            await _session.DisposeAsync();
            _session = null;
        }

        var session = await _database.OpenConnectionAsync(cancellation);
        try
        {
            await session.ExecuteAsync(new CommandDefinition(
                "SELECT pg_advisory_lock(@LockClass, @shard)", new { LockClass, shard = _shard }, cancellationToken: cancellation));
        }
        catch (PostgresException held) when (string.Equals(held.SqlState, PostgresErrorCodes.LockNotAvailable, StringComparison.Ordinal))
        {
            await using (session)
            {
                // Who else holds it has claimed the log. As long as nobody has, it is this process's own session, of which the server does
                // not know yet that it was lost.
                throw _claim < 0 || (await LookAsync(session, EntrySql.SelectClaim, cancellation)).writer != _claim
                    ? new LogFencedException($"Another process writes the log '{_reader.Origin}'.")
                    : new IOException($"The lock of the log '{_reader.Origin}' is still held by a session that was lost.", held);
            }
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        return _session = session;
    }

    private Task<EntryReader.LogRow> LookAsync(NpgsqlConnection session, string sql, CancellationToken cancellation) =>
        session.QuerySingleAsync<EntryReader.LogRow>(new CommandDefinition(sql, new { shard = _shard }, cancellationToken: cancellation));

    private LogFencedException Fenced() => new($"Another process has taken over the log '{_reader.Origin}'.");

    private static NpgsqlDataSource Connect(string connectionString) => PostgresDatabase.Open(connectionString, Patience, SessionOptions);

    private static Func<CancellationToken, Task<DbConnection>> Opener(NpgsqlDataSource database) =>
        async cancellation => await database.OpenConnectionAsync(cancellation);

    /// <returns>The log's shard.</returns>
    private static async Task<int> MakeLogAsync(NpgsqlConnection connection, string origin, CancellationToken cancellation)
    {
        // Several brokers may start at once on an empty database, and would take the same number for their logs.
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock(@LockClass, 0)", new { LockClass }, transaction);
        await connection.ExecuteAsync(SqlDialect.Postgres.Write(EntrySql.Schema), transaction: transaction);
        await connection.ExecuteAsync(
            "INSERT INTO log_schema(id, version) VALUES (1, @version) ON CONFLICT (id) DO NOTHING", new { version = EntrySql.SchemaVersion }, transaction);
        var version = await connection.ExecuteScalarAsync<int>("SELECT version FROM log_schema WHERE id = 1", transaction: transaction);
        if (version != EntrySql.SchemaVersion)
        {
            throw new InvalidOperationException($"The database's log has schema {version}; this program reads schema {EntrySql.SchemaVersion}.");
        }

        await connection.ExecuteAsync(EntrySql.InsertLog, new { origin, root = MerkleTree.EmptyRoot.ToArray() }, transaction);
        var shard = await connection.ExecuteScalarAsync<int>(EntrySql.SelectShard, new { origin }, transaction);
        await transaction.CommitAsync(cancellation);
        return shard;
    }

    private static readonly NpgsqlDbType[] EntryTypes =
    [
        NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea,
        NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea,
    ];

    private static readonly NpgsqlDbType[] ContentTypes = [NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.Integer, NpgsqlDbType.Bytea];

    private static readonly NpgsqlDbType[] TileTypes =
        [NpgsqlDbType.Integer, NpgsqlDbType.Integer, NpgsqlDbType.Bigint, NpgsqlDbType.Bytea, NpgsqlDbType.Bytea];

    /// <summary>Rows as one array for each column, inserted only where the tree has just been moved on by this very batch.</summary>
    private void AddRows(NpgsqlBatch batch, string table, string columns, NpgsqlDbType[] types, LogState after, object?[][] rows)
    {
        if (rows.Length == 0)
        {
            return;
        }

        var unnest = string.Join(", ", types.Select((type, i) => $"${i + 1}::{NameOf(type)}[]"));
        var next = types.Length + 1;
        var command = new NpgsqlBatchCommand(
            $"INSERT INTO {table}({columns}) SELECT * FROM unnest({unnest}) "
            + $"WHERE EXISTS (SELECT 1 FROM log WHERE shard = ${next} AND writer = ${next + 1} AND size = ${next + 2} AND root = ${next + 3})");
        for (var column = 0; column < types.Length; column++)
        {
            command.Parameters.Add(new NpgsqlParameter
            {
                Value = Column(rows, column, types[column]),
                NpgsqlDbType = NpgsqlDbType.Array | types[column],
            });
        }

        Add(command, _shard, _claim, after.Size, after.Root.ToArray());
        batch.BatchCommands.Add(command);
    }

    private static Array Column(object?[][] rows, int column, NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Integer => Array.ConvertAll(rows, row => (int)row[column]!),
        NpgsqlDbType.Bigint => Array.ConvertAll(rows, row => (long)row[column]!),
        _ => Array.ConvertAll(rows, row => (byte[]?)row[column]),
    };

    private static string NameOf(NpgsqlDbType type) => type switch
    {
        NpgsqlDbType.Integer => "integer",
        NpgsqlDbType.Bigint => "bigint",
        _ => "bytea",
    };

    private static void Add(NpgsqlBatchCommand command, params object[] values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    /// <summary>The common text has names; a batch of Npgsql's has positions.</summary>
    private static string Positional(string sql, params string[] names)
    {
        for (var i = 0; i < names.Length; i++)
        {
            sql = sql.Replace("@" + names[i], $"${i + 1}", StringComparison.Ordinal);
        }

        return sql;
    }
}
