using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;

namespace InfoLink.Transparency;

/// <summary>A stored log's tiles: full ones as they lie there; the one at the right edge from the entries, or the tiles below, that it is over.</summary>
internal sealed class StoredTiles(IEntryReader store) : ITileSource
{
    /// <summary>Tiles to keep before it, of 8 KiB each.</summary>
    public const int Kept = 256;

    public async ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation)
    {
        var hashes = width == FullTile.Width
            ? await store.TileAsync(level, (long)index, cancellation)
            : Join(await EdgeAsync(level, (long)index * FullTile.Width, width, cancellation));
        return hashes?.Length == width * Sha256Digest.Size
            ? hashes
            : throw new TileException(
                hashes is null ? TileFault.Missing : TileFault.Truncated,
                TilePath.Of(new TileId(level, index, width)),
                $"The log '{store.Origin}' has not all of its hashes.");
    }

    private async Task<IEnumerable<Sha256Digest>> EdgeAsync(int level, long first, int count, CancellationToken cancellation) => level == 0
        ? (await store.EntryBytesAsync(first, count, cancellation)).Select(entry => MerkleTree.LeafHash(entry))
        : await store.TileRootsAsync(level - 1, first, count, cancellation);

    private static byte[] Join(IEnumerable<Sha256Digest> hashes) => [.. hashes.SelectMany(hash => hash.ToArray())];
}
