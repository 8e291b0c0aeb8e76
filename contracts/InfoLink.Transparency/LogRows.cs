using System.Data.Common;
using Dapper;

namespace InfoLink.Transparency;

/// <summary>Reads one log's rows without believing them: the same text for every store.</summary>
/// <param name="open">An open connection, which the reader disposes of.</param>
/// <param name="shard">The log's number in this database.</param>
internal sealed class LogRows(Func<CancellationToken, Task<DbConnection>> open, int shard) : ILogRows
{
    private const string SelectEntries = """
        SELECT serial, event, time_ms, exchange_id, open_digest, private_root, salt, open_part, particulars, particulars_salt, subjects
        FROM entry WHERE shard = @shard AND serial >= @fromSerial ORDER BY serial LIMIT @count
        """;

    private const string SelectPlaces = """
        SELECT level, number FROM tile
        WHERE shard = @shard AND (level > @level OR (level = @level AND number > @number)) ORDER BY level, number LIMIT @count
        """;

    public async Task<HeadRow?> LogAsync(CancellationToken cancellation) =>
        (await ReadAsync("SELECT size, root FROM log WHERE shard = @shard", new { shard }, row => new HeadRow(Number(row, 0), Bytes(row, 1)), cancellation))
        .FirstOrDefault();

    public Task<IReadOnlyList<EntryRow>> EntriesAsync(long fromSerial, int count, CancellationToken cancellation) => ReadAsync(
        SelectEntries,
        new { shard, fromSerial, count },
        row => new EntryRow(
            row.GetInt64(0), Number(row, 1), Number(row, 2), Bytes(row, 3), Bytes(row, 4), Bytes(row, 5), Bytes(row, 6), Bytes(row, 7), Bytes(row, 8),
            Bytes(row, 9), Bytes(row, 10)),
        cancellation);

    public async Task<TileRow?> TileAsync(int level, long number, CancellationToken cancellation) => (await ReadAsync(
        "SELECT root, hashes FROM tile WHERE shard = @shard AND level = @level AND number = @number",
        new { shard, level, number },
        row => new TileRow(Bytes(row, 0), Bytes(row, 1)),
        cancellation)).FirstOrDefault();

    public Task<IReadOnlyList<TilePlace>> TilePlacesAsync(TilePlace after, int count, CancellationToken cancellation) => ReadAsync(
        SelectPlaces,
        new { shard, level = after.Level, number = after.Number, count },
        row => new TilePlace(Number(row, 0) ?? -1, Number(row, 1) ?? -1),
        cancellation);

    public Task<IReadOnlyList<CheckpointRow>> CheckpointsAsync(CancellationToken cancellation) => ReadAsync(
        "SELECT size, time_ms, note FROM checkpoint WHERE shard = @shard ORDER BY time_ms",
        new { shard },
        row => new CheckpointRow(Number(row, 0), Number(row, 1), Bytes(row, 2)),
        cancellation);

    public async Task<IReadOnlyList<StrayRow>> StrayAsync(int count, CancellationToken cancellation)
    {
        var stray = new List<StrayRow>();
        foreach (var (table, place) in ((string, string)[])[("entry", "serial"), ("tile", "number"), ("checkpoint", "time_ms")])
        {
            stray.AddRange(await ReadAsync(
                $"SELECT {place} FROM {table} WHERE shard NOT IN (SELECT shard FROM log) ORDER BY {place} LIMIT @count",
                new { count },
                row => new StrayRow(table, Number(row, 0) ?? -1),
                cancellation));
        }

        return stray;
    }

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string sql, object parameters, Func<DbDataReader, T> read, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        await using var rows = (DbDataReader)await connection.ExecuteReaderAsync(new CommandDefinition(sql, parameters, cancellationToken: cancellation));
        var list = new List<T>();
        while (await rows.ReadAsync(cancellation))
        {
            list.Add(read(rows));
        }

        return list;
    }

    private static long? Number(DbDataReader row, int column) => row.GetValue(column) switch
    {
        long number => number,
        int number => number,
        _ => null,
    };

    private static byte[]? Bytes(DbDataReader row, int column) => row.GetValue(column) as byte[];
}
