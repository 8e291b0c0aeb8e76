using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>A log's tree as others may ask about it: how large it is, that it grew out of what they knew, and what witnesses have cosigned.</summary>
public sealed class LogTree
{
    private readonly IEntryReader _reader;
    private readonly Func<CancellationToken, ValueTask<(ulong Size, IMerkleNodes Nodes)>> _now;

    private readonly bool _own;
    private volatile bool _looked;

    private LogTree(IEntryReader reader, bool own, Func<CancellationToken, ValueTask<(ulong Size, IMerkleNodes Nodes)>> now) =>
        (_reader, _own, _now) = (reader, own, now);

    public string Origin => _reader.Origin;

    /// <summary>What this process published last; others' logs are looked up.</summary>
    internal SizedCheckpoint? Published { get; set; }

    /// <summary>That the larger tree begins with the smaller one (RFC 6962); null where the log has no tree of that size.</summary>
    public async Task<ConsistencyProof?> ConsistencyAsync(ulong from, ulong to, CancellationToken cancellation)
    {
        var (size, nodes) = await _now(cancellation);
        if (from > to || to > size)
        {
            return null;
        }

        var proof = new ConsistencyProof { From = from, To = to };
        proof.Hashes.Add((await MerkleProof.ConsistencyAsync(nodes, from, to, cancellation)).Select(hash => hash.ToByteString()));
        return proof;
    }

    /// <summary>The root of the first so many entries (RFC 6962); null where the log is smaller.</summary>
    public async Task<Sha256Digest?> RootAsync(ulong size, CancellationToken cancellation)
    {
        var (now, nodes) = await _now(cancellation);
        return size <= now ? await MerkleProof.RootAsync(nodes, size, cancellation) : null;
    }

    /// <summary>The way from an entry to the root of a tree of this size (RFC 6962), the entry's sibling first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree of this size has no such entry.</exception>
    /// <exception cref="TileException">The store has not what it must have.</exception>
    public async Task<IReadOnlyList<Sha256Digest>> InclusionAsync(ulong serial, ulong size, CancellationToken cancellation)
    {
        var (now, nodes) = await _now(cancellation);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, now);
        return await MerkleProof.InclusionAsync(nodes, serial, size, cancellation);
    }

    /// <summary>The newest published checkpoint, with its cosignatures; null before the first.</summary>
    public async Task<SizedCheckpoint?> PublishedAsync(CancellationToken cancellation)
    {
        if (Published is { } known || (_own && _looked))
        {
            return Published;
        }

        var stored = await _reader.PublishedAsync(cancellation);
        if (_own)
        {
            (Published, _looked) = (Published ?? stored, true); // Nobody else publishes it: once is enough.
        }

        return stored;
    }

    /// <summary>A log that another process writes, or nobody.</summary>
    public static LogTree Of(IEntryReader reader)
    {
        var tiles = new CachedTiles(new StoredTiles(reader), StoredTiles.Kept);
        return new LogTree(reader, own: false, async cancellation =>
        {
            var size = (ulong)(await reader.StateAsync(cancellation)).Size;
            return (size, new TileNodes(tiles, size));
        });
    }

    /// <summary>A log that this process writes.</summary>
    internal static LogTree Of(IEntryReader reader, TreeEdge edge) =>
        new(reader, own: true, _ => ValueTask.FromResult<(ulong, IMerkleNodes)>(((ulong)edge.State.Size, edge)));
}
