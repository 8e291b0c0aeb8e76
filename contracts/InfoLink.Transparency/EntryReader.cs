using System.Data.Common;
using System.Globalization;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>Reads one log of a database: the same text for every store, on a connection of its own for each question.</summary>
/// <param name="dialect">Which database's SQL.</param>
/// <param name="open">An open connection, which the reader disposes of.</param>
/// <param name="shard">The log's number in this database.</param>
/// <param name="origin">The log's name.</param>
internal sealed class EntryReader(SqlDialect dialect, Func<CancellationToken, Task<DbConnection>> open, int shard, string origin) : IEntryReader
{
    public string Origin => origin;

    public ILogRows Rows => new LogRows(open, shard);

    /// <summary>The log of this name; null where the database has none.</summary>
    public static async Task<EntryReader?> FindAsync(
        SqlDialect dialect, Func<CancellationToken, Task<DbConnection>> open, string origin, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var shard = await connection.ExecuteScalarAsync<int?>(Command(EntrySql.SelectShard, new { origin }, cancellation));
        return shard is { } number ? new EntryReader(dialect, open, number, origin) : null;
    }

    /// <summary>The logs of this database.</summary>
    public static async Task<IReadOnlyList<string>> OriginsAsync(Func<CancellationToken, Task<DbConnection>> open, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        return (await connection.QueryAsync<string>(Command(EntrySql.SelectOrigins, null, cancellation))).AsList();
    }

    public Task<IReadOnlyList<string>> OriginsAsync(CancellationToken cancellation) => OriginsAsync(open, cancellation);

    public async Task<IEntryReader?> OtherAsync(string origin, CancellationToken cancellation) => await FindAsync(dialect, open, origin, cancellation);

    public async Task<LogState> StateAsync(CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var row = await connection.QuerySingleAsync<LogRow>(Command(EntrySql.SelectClaim, new { shard }, cancellation));
        return row.State;
    }

    public Task<IReadOnlyList<StoredEntry>> ReadAsync(long fromSerial, int count, CancellationToken cancellation) =>
        EntriesAsync(EntrySql.SelectFrom, new { shard, fromSerial, count }, cancellation);

    public Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation) =>
        EntriesAsync(EntrySql.SelectExchange, new { exchange = exchange.ToArray() }, cancellation);

    public async Task<IReadOnlyList<byte[]>> EntryBytesAsync(long fromSerial, int count, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var rows = await connection.QueryAsync<BytesRow>(Command(EntrySql.SelectBytes, new { shard, fromSerial, count }, cancellation));
        return [.. rows.Select(row => AccessEntry.Make(Sha256Digest.FromBytes(row.open_digest), Sha256Digest.FromBytes(row.private_root)))];
    }

    public async Task<byte[]?> TileAsync(int level, long number, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        return await connection.ExecuteScalarAsync<byte[]?>(Command(EntrySql.SelectTile, new { shard, level, number }, cancellation));
    }

    public async Task<IReadOnlyList<Sha256Digest>> TileRootsAsync(int level, long fromNumber, int count, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var roots = await connection.QueryAsync<byte[]>(Command(EntrySql.SelectTileRoots, new { shard, level, fromNumber, count }, cancellation));
        return [.. roots.Select(root => Sha256Digest.FromBytes(root))];
    }

    public async Task<SizedCheckpoint?> PublishedAsync(CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<PublishedRow>(Command(EntrySql.SelectPublished, new { shard }, cancellation));
        return row is null ? null : new SizedCheckpoint(row.size, row.note);
    }

    public async Task<byte[]?> ContentAsync(long serial, int position, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        return await connection.ExecuteScalarAsync<byte[]?>(Command(EntrySql.SelectContent, new { shard, serial, position }, cancellation));
    }

    public async Task<IReadOnlyList<ExchangeId>> FindOpenAsync(
        AccessEvent opened,
        IReadOnlyList<AccessEvent> closed,
        DateTimeOffset from,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var parameters = new
        {
            shard,
            opened = (int)opened,
            closed = closed.Select(@event => (int)@event).ToArray(),
            from = from.ToUnixTimeMilliseconds(),
            until = until.ToUnixTimeMilliseconds(),
            limit,
        };
        var ids = await connection.QueryAsync<byte[]>(Command(dialect.Write(EntrySql.SelectOpen), parameters, cancellation));
        return [.. ids.Select(id => ExchangeId.FromBytes(id))];
    }

    public async Task<CodeFindings> FindByOwnCodeAsync(CodeSearch search, long fromSerial, CancellationToken cancellation)
    {
        if (search.Codes.Count is 0 or > CodeSearch.MaxCodes || search.Codes.Any(code => code.Length != LinkCode.ByteLength))
        {
            throw new ArgumentException($"1 to {CodeSearch.MaxCodes} link codes of {LinkCode.ByteLength} bytes each.", nameof(search));
        }

        var end = fromSerial + CodeSearch.Window;
        var parameters = new DynamicParameters(new
        {
            shard,
            from = fromSerial,
            end,
            events = search.Events.Select(@event => (int)@event).ToArray(),
            fromMs = search.From.ToUnixTimeMilliseconds(),
            untilMs = search.Until.ToUnixTimeMilliseconds(),
            limit = CodeSearch.Limit,
        });
        for (var i = 0; i < search.Codes.Count; i++)
        {
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"code{i}"), search.Codes[i]);
        }

        var found = await EntriesAsync(dialect.Write(EntrySql.SelectByCode, search.Codes.Count), parameters, cancellation);
        var next = found.Count == CodeSearch.Limit ? found[^1].Serial + 1 : end;
        var state = await StateAsync(cancellation);
        return new CodeFindings([.. found.Where(entry => entry.Subjects.Any(Has))], next < state.Size ? next : null);

        bool Has(StoredSubject subject) => subject.OwnLinkCode is { } own && search.Codes.Any(code => code.AsSpan().SequenceEqual(own));
    }

    private async Task<IReadOnlyList<StoredEntry>> EntriesAsync(string sql, object parameters, CancellationToken cancellation)
    {
        await using var connection = await open(cancellation);
        var rows = await connection.QueryAsync<EntryRow>(Command(sql, parameters, cancellation));
        return [.. rows.Select(row => row.ToEntry())];
    }

    private static CommandDefinition Command(string sql, object? parameters, CancellationToken cancellation) =>
        new(sql, parameters, cancellationToken: cancellation);

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    internal sealed class LogRow
    {
        public long writer { get; init; }

        public long size { get; init; }

        public byte[] root { get; init; } = [];

        public LogState State => new(size, Sha256Digest.FromBytes(root));
    }

    private sealed class PublishedRow
    {
        public long size { get; init; }

        public byte[] note { get; init; } = [];
    }

    private sealed class BytesRow
    {
        public byte[] open_digest { get; init; } = [];

        public byte[] private_root { get; init; } = [];
    }

    private sealed class EntryRow
    {
        public string origin { get; init; } = "";

        public long serial { get; init; }

        public byte[] open_part { get; init; } = [];

        public byte[] salt { get; init; } = [];

        public byte[] private_root { get; init; } = [];

        public byte[]? particulars { get; init; }

        public byte[]? particulars_salt { get; init; }

        public byte[]? subjects { get; init; }

        public StoredEntry ToEntry() => new(
            origin, serial, open_part, salt, Sha256Digest.FromBytes(private_root), particulars, particulars_salt, Subjects());

        private StoredSubject[] Subjects() =>
            subjects is null ? [] : [.. SubjectRecords.Parser.ParseFrom(subjects).Subjects.Select(record => new StoredSubject(record))];
    }
#pragma warning restore IDE1006, CA1812
}
