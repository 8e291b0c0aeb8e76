using System.Data.Common;
using Dapper;
using InfoLink.Contracts.Merkle;
using Microsoft.Data.Sqlite;

namespace InfoLink.Transparency.Sqlite;

/// <summary>
/// One log in one SQLite file: write-ahead log, <c>synchronous=FULL</c>, so that a committed batch survives loss of power.
/// </summary>
public sealed class SqliteEntryStore : IEntryStore
{
    private readonly FileStream _lease;
    private readonly SqliteConnection _writer;
    private readonly EntryReader _reader;
    private readonly int _shard;

    // Each parsed once: that costs more than a row does.
    private readonly SqliteCommand _advance;
    private readonly SqliteCommand _insertEntry;
    private readonly SqliteCommand _insertContent;
    private readonly SqliteCommand _insertTile;
    private long _claim = -1;

    private SqliteEntryStore(FileStream lease, SqliteConnection writer, EntryReader reader, int shard)
    {
        _lease = lease;
        _writer = writer;
        _reader = reader;
        _shard = shard;
        _advance = Prepare(EntrySql.Advance, ["@after", "@root", "@shard", "@writer", "@before"]);
        _insertEntry = PrepareInsert("entry", EntrySql.EntryColumns);
        _insertContent = PrepareInsert("content", EntrySql.ContentColumns);
        _insertTile = PrepareInsert("tile", EntrySql.TileColumns);
    }

    public IEntryReader Reader => _reader;

    public PersonIndex Persons => new(stop => ConnectAsync(_writer.ConnectionString, stop), _shard);

    private string Origin => _reader.Origin;

    /// <summary>Opens the file for writing, making the schema where it is new.</summary>
    /// <exception cref="InvalidOperationException">Another process writes it; the file cannot be opened, belongs to another log, or to another version of the program.</exception>
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

    /// <summary>Opens a log that may be in use, to look at it; nothing is written.</summary>
    /// <exception cref="InvalidOperationException">There is no log in this file, or not one that this program reads.</exception>
    public static async Task<IEntryReader> ReadAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"There is no log file '{path}'.");
        }

        var connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5, Mode = SqliteOpenMode.ReadOnly }.ToString();
        try
        {
            CheckVersion(path, connection);
            var origins = await EntryReader.OriginsAsync(stop => ConnectAsync(connection, stop), cancellation);
            var origin = origins.Count == 1 ? origins[0] : throw new InvalidOperationException($"The file '{path}' holds {origins.Count} logs; it must hold one.");
            return await EntryReader.FindAsync(SqlDialect.Sqlite, stop => ConnectAsync(connection, stop), origin, cancellation)
                ?? throw new InvalidOperationException($"The file '{path}' holds no log.");
        }
        catch (SqliteException fault)
        {
            throw new InvalidOperationException($"The log file '{path}' cannot be read: {fault.Message}", fault);
        }
    }

    public async Task<LogState> TakeAsync(CancellationToken cancellation)
    {
        if (_claim < 0)
        {
            var claimed = await _writer.QuerySingleAsync<EntryReader.LogRow>(EntrySql.Claim, new { shard = _shard });
            _claim = claimed.writer;
            return claimed.State;
        }

        // Not on the writer's connection: where a rollback failed too, that one would show what was never committed.
        await using var looking = await ConnectAsync(_writer.ConnectionString, cancellation);
        var row = await looking.QuerySingleAsync<EntryReader.LogRow>(EntrySql.SelectClaim, new { shard = _shard });
        return row.writer == _claim ? row.State : throw Fenced();
    }

    public Task AppendAsync(LogAppend append, CancellationToken cancellation)
    {
        using var transaction = _writer.BeginTransaction();
        if (Execute(_advance, transaction, [append.After.Size, append.After.Root.ToArray(), _shard, _claim, append.Before.Size]) != 1)
        {
            throw new LogFencedException($"The log '{Origin}' no longer stands where this process left it.");
        }

        Write(append, transaction);
        cancellation.ThrowIfCancellationRequested();
        transaction.Commit();
        return Task.CompletedTask;
    }

    public Task PublishAsync(long size, byte[] checkpoint, DateTimeOffset time, CancellationToken cancellation)
    {
        using var connection = (SqliteConnection)Connect(_writer.ConnectionString);
        connection.Execute("PRAGMA synchronous=FULL");
        connection.Execute(EntrySql.Publish, new { shard = _shard, size, timeMs = time.ToUnixTimeMilliseconds(), note = checkpoint });
        connection.Execute(EntrySql.ThinCheckpoints, new { shard = _shard, hourAgo = (time - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds() });
        return Task.CompletedTask;
    }

    public Task ProbeAsync(CancellationToken cancellation)
    {
        return _writer.Execute(EntrySql.Probe, new { shard = _shard, writer = _claim }) == 1 ? Task.CompletedTask : throw Fenced();
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        SqliteConnection.ClearPool(_writer);
        await _lease.DisposeAsync();
    }

    private LogFencedException Fenced() => new($"Another process has taken over the log '{Origin}'.");

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
        var writer = (SqliteConnection)Connect(connection);
        try
        {
            writer.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
            CheckVersion(path, writer);
            writer.Execute(SqlDialect.Sqlite.Write(EntrySql.Schema));
            writer.Execute("INSERT INTO log_schema(id, version) VALUES (1, @version) ON CONFLICT (id) DO NOTHING", new { version = EntrySql.SchemaVersion });
            var others = writer.Query<string>(EntrySql.SelectOrigins).Where(other => !string.Equals(other, origin, StringComparison.Ordinal)).ToList();
            if (others.Count > 0)
            {
                var wayOut = writer.ExecuteScalar<long>("SELECT MAX(size) FROM log") == 0 ? " It holds no record: remove it." : "";
                throw new InvalidOperationException($"The log file '{path}' belongs to origin '{others[0]}'; this program opens '{origin}'.{wayOut}");
            }

            writer.Execute(EntrySql.InsertLog, new { origin, root = MerkleTree.EmptyRoot.ToArray() });
            var shard = writer.ExecuteScalar<int>(EntrySql.SelectShard, new { origin });
            var reader = new EntryReader(SqlDialect.Sqlite, stop => ConnectAsync(connection, stop), shard, origin);
            return new SqliteEntryStore(lease, writer, reader, shard);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    private static void CheckVersion(string path, string connection)
    {
        using var reader = (SqliteConnection)Connect(connection);
        CheckVersion(path, reader);
    }

    /// <summary>A file that is empty, or of this version; there is no older one that was ever released.</summary>
    private static void CheckVersion(string path, SqliteConnection connection)
    {
        var tables = connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('log', 'log_schema')").ToList();
        var version = tables.Contains("log_schema") ? connection.ExecuteScalar<int?>("SELECT version FROM log_schema WHERE id = 1") : null;
        if (tables.Count > 0 && version != EntrySql.SchemaVersion)
        {
            var found = version is { } other ? $"schema {other}" : "no schema that this program knows";
            throw new InvalidOperationException($"The log file '{path}' has {found}; this program reads schema {EntrySql.SchemaVersion}.");
        }
    }

    private static async Task<DbConnection> ConnectAsync(string connection, CancellationToken cancellation)
    {
        var opened = new SqliteConnection(connection);
        await opened.OpenAsync(cancellation);
        return opened;
    }

    private static DbConnection Connect(string connection)
    {
        var opened = new SqliteConnection(connection);
        opened.Open();
        return opened;
    }

    private void Write(LogAppend append, SqliteTransaction transaction)
    {
        for (var i = 0; i < append.Entries.Count; i++)
        {
            var serial = append.Before.Size + i;
            Execute(_insertEntry, transaction, EntryColumns.Of(_shard, serial, append.Entries[i]));
            foreach (var content in EntryColumns.ContentsOf(_shard, serial, append.Entries[i]))
            {
                Execute(_insertContent, transaction, content);
            }
        }

        foreach (var tile in append.Tiles)
        {
            Execute(_insertTile, transaction, [_shard, tile.Level, tile.Number, tile.Root.ToArray(), tile.Hashes]);
        }
    }

    private SqliteCommand PrepareInsert(string table, string columns)
    {
        string[] names = [.. columns.Split(", ").Select(column => "@" + column)];
        return Prepare($"INSERT INTO {table}({columns}) VALUES ({string.Join(", ", names)})", names);
    }

    /// <summary>A command that stays prepared as long as the writer's connection is open, and ends with it.</summary>
    private SqliteCommand Prepare(string sql, IEnumerable<string> names)
    {
        var command = new SqliteCommand(sql, _writer);
        foreach (var name in names)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static int Execute(SqliteCommand command, SqliteTransaction transaction, ReadOnlySpan<object?> values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command.ExecuteNonQuery();
    }
}
