using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Transparency;

/// <summary>A stored log's perfect subtrees, from its tiles and, where no tile is full yet, from its entries. Keeps the latest tiles in memory.</summary>
internal sealed class StoredTree(IEntryReader store) : IMerkleNodes
{
    /// <summary>Tiles in memory, of 8 KiB each.</summary>
    private const int MaxCached = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Level, long Number), byte[]> _tiles = [];
    private readonly Queue<(int Level, long Number)> _order = new();

    /// <exception cref="InvalidOperationException">The store has not what it must have.</exception>
    public async ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation)
    {
        var level = node.Height / 8;
        var inner = node.Height % 8;
        var first = (long)node.Index << inner;
        var number = first / FullTile.Width;
        var hashes = await TileAsync(level, number, cancellation) is { } tile
            ? Slice(tile, (int)(first % FullTile.Width), 1 << inner)
            : await EdgeAsync(level, first, 1 << inner, cancellation);
        for (; hashes.Count > 1; hashes = [.. Enumerable.Range(0, hashes.Count / 2).Select(i => MerkleTree.NodeHash(hashes[2 * i], hashes[(2 * i) + 1]))])
        {
        }

        return hashes[0];
    }

    private async Task<IReadOnlyList<Sha256Digest>> EdgeAsync(int level, long first, int count, CancellationToken cancellation)
    {
        IReadOnlyList<Sha256Digest> hashes = level == 0
            ? [.. (await store.EntryBytesAsync(first, count, cancellation)).Select(entry => MerkleTree.LeafHash(entry))]
            : await store.TileRootsAsync(level - 1, first, count, cancellation);
        return hashes.Count == count
            ? hashes
            : throw new InvalidOperationException($"The log '{store.Origin}' lacks hashes of level {level} from {first} on.");
    }

    private async Task<byte[]?> TileAsync(int level, long number, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_tiles.TryGetValue((level, number), out var cached))
            {
                return cached;
            }
        }

        if (await store.TileAsync(level, number, cancellation) is not { } tile)
        {
            return null;
        }

        lock (_gate)
        {
            if (_tiles.TryAdd((level, number), tile))
            {
                _order.Enqueue((level, number));
                if (_order.Count > MaxCached)
                {
                    _tiles.Remove(_order.Dequeue());
                }
            }
        }

        return tile;
    }

    private static List<Sha256Digest> Slice(byte[] tile, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(i => Sha256Digest.FromBytes(tile.AsSpan(i * Sha256Digest.Size, Sha256Digest.Size)))];
}
