namespace InfoLink.Transparency;

/// <summary>
/// A log's rows as they lie in the database, for those who check it: nothing is believed, parsed or left out, so that a damaged row is a finding
/// and not a fault. A value of another type than its column's is null.
/// </summary>
public interface ILogRows
{
    /// <summary>The log's own row; null where there is none.</summary>
    Task<HeadRow?> LogAsync(CancellationToken cancellation);

    /// <summary>Entries with a serial of at least <paramref name="fromSerial"/>, ascending, at most <paramref name="count"/>.</summary>
    Task<IReadOnlyList<EntryRow>> EntriesAsync(long fromSerial, int count, CancellationToken cancellation);

    /// <summary>One tile; null where there is none.</summary>
    Task<TileRow?> TileAsync(int level, long number, CancellationToken cancellation);

    /// <summary>Where the log has tiles, by level and number, after a place, at most <paramref name="count"/>.</summary>
    Task<IReadOnlyList<TilePlace>> TilePlacesAsync(TilePlace after, int count, CancellationToken cancellation);

    /// <summary>Published checkpoints that are kept, oldest first: the newest hour's and one of each day, so some thousands at most.</summary>
    Task<IReadOnlyList<CheckpointRow>> CheckpointsAsync(CancellationToken cancellation);

    /// <summary>The first rows, of each table at most <paramref name="count"/>, of logs that this database does not have.</summary>
    Task<IReadOnlyList<StrayRow>> StrayAsync(int count, CancellationToken cancellation);
}

/// <summary>How large a log is, by its own row.</summary>
public sealed record HeadRow(long? Size, byte[]? Root);

/// <summary>A row of <c>entry</c>. After expiry all from <see cref="Salt"/> on are null.</summary>
public sealed record EntryRow(
    long Serial,
    long? Event,
    long? TimeMs,
    byte[]? ExchangeId,
    byte[]? OpenDigest,
    byte[]? PrivateRoot,
    byte[]? Salt,
    byte[]? OpenPart,
    byte[]? Particulars,
    byte[]? ParticularsSalt,
    byte[]? Subjects)
{
    public override string ToString() => $"EntryRow({Serial}, redacted)";
}

/// <summary>A row of <c>tile</c>.</summary>
public sealed record TileRow(byte[]? Root, byte[]? Hashes);

/// <summary>Where a tile stands.</summary>
public readonly record struct TilePlace(long Level, long Number)
{
    /// <summary>Before every tile that a table can have.</summary>
    public static TilePlace First { get; } = new(long.MinValue, long.MinValue);
}

/// <summary>A row of <c>checkpoint</c>.</summary>
public sealed record CheckpointRow(long? Size, long? TimeMs, byte[]? Note);

/// <summary>A row of a log that is not there.</summary>
/// <param name="Table">entry, tile or checkpoint.</param>
/// <param name="Place">Its serial, number or time.</param>
public sealed record StrayRow(string Table, long Place);
