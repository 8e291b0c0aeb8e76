using System.Data.Common;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace InfoLink.Bench.Floors;

/// <summary>
/// The floor of the log: rows as wide as an approval's, with its two indexes, in durable transactions of a given size, and nothing else: no
/// record is made, hashed, proved or signed, and nobody waits in a queue.
/// </summary>
internal sealed class BareInserts : IAsyncDisposable
{
    private const int Prepared = 512;
    private const string Columns = "serial, event, time_ms, exchange_id, open_digest, private_root, salt, open_part, subjects";
    private readonly DbConnection _connection;
    private readonly Func<BareInserts, int, Task> _insert;
    private readonly byte[][] _exchanges = Rows(16);
    private readonly byte[][] _digests = Rows(32);
    private readonly byte[][] _openParts = Rows(395);
    private readonly byte[][] _subjects = Rows(195);
    private long _next;

    private BareInserts(DbConnection connection, Func<BareInserts, int, Task> insert) => (_connection, _insert) = (connection, insert);

    public static BareInserts InSqlite(string path)
    {
        var connection = new SqliteConnection($"Data Source={path}");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        Execute(connection, Schema("BLOB", "INTEGER"));
        return new BareInserts(connection, (bare, count) => bare.InsertSqlite((SqliteConnection)bare._connection, count));
    }

    public static async Task<BareInserts> InPostgresAsync(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 8, AutoPrepareMinUsages = 2, Options = "-c synchronous_commit=on" };
        var connection = new NpgsqlConnection(builder.ToString());
        await connection.OpenAsync();
        Execute(connection, "DROP TABLE IF EXISTS bare");
        Execute(connection, Schema("BYTEA", "BIGINT"));
        return new BareInserts(connection, (bare, count) => bare.InsertPostgresAsync((NpgsqlConnection)bare._connection, count));
    }

    /// <returns>Rows a second.</returns>
    public async Task<double> RunAsync(int batch, TimeSpan duration)
    {
        var first = _next;
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            await InsertAsync(batch);
        }

        return (_next - first) / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>One durable transaction.</summary>
    public Task InsertAsync(int count) => _insert(this, count);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }

    private Task InsertSqlite(SqliteConnection connection, int count)
    {
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        var names = Columns.Split(", ").Select(column => "@" + column).ToList();
        command.CommandText = $"INSERT INTO bare({Columns}) VALUES ({string.Join(", ", names)})";
        names.ForEach(name => command.Parameters.Add(new SqliteParameter { ParameterName = name }));
        for (var i = 0; i < count; i++)
        {
            var row = Row(_next++);
            for (var column = 0; column < row.Length; column++)
            {
                command.Parameters[column].Value = row[column];
            }

            command.ExecuteNonQuery();
        }

        transaction.Commit();
        return Task.CompletedTask;
    }

    private async Task InsertPostgresAsync(NpgsqlConnection connection, int count)
    {
        var rows = Enumerable.Range(0, count).Select(_ => Row(_next++)).ToArray();
        await using var command = new NpgsqlCommand(
            $"INSERT INTO bare({Columns}) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])",
            connection);
        Add(NpgsqlDbType.Bigint, Array.ConvertAll(rows, row => (long)row[0]));
        Add(NpgsqlDbType.Integer, Array.ConvertAll(rows, row => (int)row[1]));
        Add(NpgsqlDbType.Bigint, Array.ConvertAll(rows, row => (long)row[2]));
        for (var column = 3; column < 9; column++)
        {
            var at = column;
            Add(NpgsqlDbType.Bytea, Array.ConvertAll(rows, row => (byte[])row[at]));
        }

        await command.ExecuteNonQueryAsync();

        void Add(NpgsqlDbType type, object values) =>
            command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    private object[] Row(long serial)
    {
        var at = (int)(serial % Prepared);
        return
        [
            serial, 2, 1_780_000_000_000 + serial, Exchange(serial), _digests[at], _digests[(at + 1) % Prepared], _digests[(at + 2) % Prepared], _openParts[at], _subjects[at],
        ];
    }

    /// <summary>Exchange ids are random and differ: their index is as costly as the log's.</summary>
    private byte[] Exchange(long serial)
    {
        var id = (byte[])_exchanges[serial % Prepared].Clone();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(id, serial * 7_046_029_254_386_353_131);
        return id;
    }

    private static byte[][] Rows(int length) => [.. Enumerable.Range(0, Prepared).Select(_ => RandomNumberGenerator.GetBytes(length))];

    private static string Schema(string blob, string serial) => $"""
        CREATE TABLE bare(
          serial {serial} PRIMARY KEY, event INTEGER NOT NULL, time_ms BIGINT NOT NULL, exchange_id {blob} NOT NULL,
          open_digest {blob} NOT NULL, private_root {blob} NOT NULL, salt {blob}, open_part {blob}, subjects {blob});
        CREATE INDEX bare_exchange ON bare(exchange_id, event);
        CREATE INDEX bare_event ON bare(event, time_ms);
        """;

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
