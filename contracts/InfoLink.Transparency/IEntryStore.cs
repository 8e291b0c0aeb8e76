using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>
/// Where one log's entries lie, for those who only read. Any number of readers, beside the writer and without disturbing it.
/// </summary>
public interface IEntryReader
{
    /// <summary>The log's name, as its checkpoints bear it.</summary>
    string Origin { get; }

    /// <summary>The same log, for those who check it and believe nothing.</summary>
    ILogRows Rows { get; }

    /// <summary>The tree as it is durable now.</summary>
    Task<LogState> StateAsync(CancellationToken cancellation);

    /// <summary>Entries of this log from a serial on, ascending, at most <paramref name="count"/>.</summary>
    Task<IReadOnlyList<StoredEntry>> ReadAsync(long fromSerial, int count, CancellationToken cancellation);

    /// <summary>What the tree commits to, 65 bytes for each entry, from a serial on; it stays when a record expires.</summary>
    Task<IReadOnlyList<byte[]>> EntryBytesAsync(long fromSerial, int count, CancellationToken cancellation);

    /// <summary>The 256 hashes of a full tile (8,192 bytes); null where there is none.</summary>
    Task<byte[]?> TileAsync(int level, long number, CancellationToken cancellation);

    /// <summary>Roots of full tiles from a number on, ascending, at most <paramref name="count"/>: the hashes of the level above.</summary>
    Task<IReadOnlyList<Sha256Digest>> TileRootsAsync(int level, long fromNumber, int count, CancellationToken cancellation);

    /// <summary>The newest checkpoint that was published, with its cosignatures; null before the first.</summary>
    Task<SizedCheckpoint?> PublishedAsync(CancellationToken cancellation);

    /// <summary>All entries of one exchange in every log of this database, ascending by time; at most 1,000.</summary>
    Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation);

    /// <summary>
    /// Exchanges with an entry of <paramref name="opened"/> in this log between two times, and none of <paramref name="closed"/> at any
    /// time in any log of this database; oldest first.
    /// </summary>
    Task<IReadOnlyList<ExchangeId>> FindOpenAsync(
        AccessEvent opened,
        IReadOnlyList<AccessEvent> closed,
        DateTimeOffset from,
        DateTimeOffset until,
        int limit,
        CancellationToken cancellation);

    /// <summary>The sealed content (item ⑪) of one person in an entry; null where nothing is kept.</summary>
    Task<byte[]?> ContentAsync(long serial, int position, CancellationToken cancellation);

    /// <summary>
    /// Entries of this log in which a person stands under one of these own link codes (agencies only), ascending; a look goes through at most
    /// <see cref="CodeSearch.Window"/> entries, and the next one goes on where it ended. There is no index by code: who searches, reads the log.
    /// </summary>
    /// <param name="search">What is looked for.</param>
    /// <param name="fromSerial">Where to begin; then <see cref="CodeFindings.Next"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<CodeFindings> FindByOwnCodeAsync(CodeSearch search, long fromSerial, CancellationToken cancellation);

    /// <summary>The names of all logs in this database, this one's among them.</summary>
    Task<IReadOnlyList<string>> OriginsAsync(CancellationToken cancellation);

    /// <summary>Another log of the same database; null where there is none by that name.</summary>
    Task<IEntryReader?> OtherAsync(string origin, CancellationToken cancellation);
}

/// <summary>Where one log's entries lie, for its one writer (<see cref="AccessLog"/>).</summary>
/// <remarks>
/// <list type="bullet">
/// <item>At most one process MUST be able to write a log: <see cref="TakeAsync"/> claims it, or throws; a claim that was taken over MUST fail
/// every later append of the one who held it, even one already on its way.</item>
/// <item><see cref="AppendAsync"/> MUST be atomic: after it returns all of the append is durable (survives loss of power), after it throws
/// all of it or nothing is, and <see cref="TakeAsync"/> tells which.</item>
/// <item>An append MUST fail where the durable tree is not the one it follows from.</item>
/// <item>Nothing stored MAY change; only expiry removes, and it leaves the entry's 65 bytes.</item>
/// </list>
/// </remarks>
public interface IEntryStore : IAsyncDisposable
{
    /// <summary>The same log, for reading.</summary>
    IEntryReader Reader { get; }

    /// <summary>The index of the persons in this log.</summary>
    PersonIndex Persons { get; }

    /// <summary>Claims the log for this writer, or makes sure that the claim still holds.</summary>
    /// <returns>The durable tree.</returns>
    /// <exception cref="LogFencedException">Another process writes the log.</exception>
    Task<LogState> TakeAsync(CancellationToken cancellation);

    /// <exception cref="LogFencedException">Another process has taken the log over, or it does not stand where the append begins.</exception>
    Task AppendAsync(LogAppend append, CancellationToken cancellation);

    /// <summary>Keeps a published checkpoint.</summary>
    Task PublishAsync(long size, byte[] checkpoint, DateTimeOffset time, CancellationToken cancellation);

    /// <summary>Writes something that changes nothing, durably: throws while the store cannot be written.</summary>
    Task ProbeAsync(CancellationToken cancellation);
}

/// <summary>What is looked for by <see cref="IEntryReader.FindByOwnCodeAsync"/>.</summary>
/// <param name="Codes">1 to 64 link codes of 17 bytes each.</param>
/// <param name="Events">The events that count.</param>
/// <param name="From">The earliest time of an entry.</param>
/// <param name="Until">The latest.</param>
public sealed record CodeSearch(IReadOnlyList<byte[]> Codes, IReadOnlyList<AccessEvent> Events, DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>Entries that one look goes through, at most.</summary>
    public const int Window = 20_000;

    /// <summary>Entries that one look returns, at most.</summary>
    public const int Limit = 200;

    /// <summary>Codes of one search, at most.</summary>
    public const int MaxCodes = 64;

    /// <summary>Never the codes.</summary>
    public override string ToString() => $"CodeSearch({Codes.Count} codes, redacted)";
}

/// <summary>One look's result.</summary>
/// <param name="Entries">Those with such a person.</param>
/// <param name="Next">Where the next look begins; null: the log ends here.</param>
public sealed record CodeFindings(IReadOnlyList<StoredEntry> Entries, long? Next);

/// <summary>A log's tree: how many entries, and the RFC 6962 root over them.</summary>
public sealed record LogState(long Size, Sha256Digest Root);

/// <summary>Everything that one commit writes.</summary>
/// <param name="Before">The durable tree that the append follows from.</param>
/// <param name="After">The tree with the entries.</param>
/// <param name="Entries">Their serials follow from <see cref="LogState.Size"/> of <paramref name="Before"/> without a gap.</param>
/// <param name="Tiles">The tiles that these entries fill.</param>
public sealed record LogAppend(LogState Before, LogState After, IReadOnlyList<NewEntry> Entries, IReadOnlyList<FullTile> Tiles);

/// <summary>A full tile: 256 hashes (8,192 bytes) and the root over them.</summary>
public sealed record FullTile(int Level, long Number, byte[] Hashes, Sha256Digest Root)
{
    /// <summary>Hashes in a full tile.</summary>
    public const int Width = 256;
}

/// <summary>Another process writes this log, so this one must not.</summary>
public sealed class LogFencedException(string message) : InvalidOperationException(message);
