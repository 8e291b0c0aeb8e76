using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Contracts.Tiles;

/// <summary>
/// A tree of one size, read from its tiles: every eighth height stands in a tile, the heights between are computed. Nothing is verified
/// here; a proof made from wrong tiles does not verify.
/// </summary>
public sealed class TileNodes : IMerkleNodes
{
    /// <summary>Heights in a tile: 256 hashes and those that they make.</summary>
    internal const int TileHeight = 8;

    private readonly CachedTiles _tiles;

    /// <param name="source">Kept tiles are shared where it is <see cref="CachedTiles"/>; else some are kept here.</param>
    /// <param name="size">Leaves; the source has the tiles of a tree of this size.</param>
    public TileNodes(ITileSource source, ulong size)
    {
        _tiles = source as CachedTiles ?? new CachedTiles(source);
        Size = size;
    }

    /// <summary>Leaves.</summary>
    public ulong Size { get; }

    /// <exception cref="ArgumentOutOfRangeException">The tree has not all leaves of the subtree.</exception>
    /// <exception cref="TileException">The tile is not there, or has another length.</exception>
    public async ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation)
    {
        if (node.Height is < 0 or >= 64 || node.Index >= Size >> node.Height)
        {
            throw new ArgumentOutOfRangeException(nameof(node), node, $"A tree of {Size} leaves has no such perfect subtree.");
        }

        var (level, within) = Math.DivRem(node.Height, TileHeight);
        var first = node.Index << within;
        var tile = TileId.At(level, first / TileId.FullWidth, Size)!.Value;
        var hashes = await _tiles.TileAsync(tile.Level, tile.Index, tile.Width, cancellation);
        return hashes.Length == tile.Bytes
            ? Root(hashes, (int)(first % TileId.FullWidth), 1 << within)
            : throw new TileException(
                hashes.Length < tile.Bytes ? TileFault.Truncated : TileFault.TooLong,
                TilePath.Of(tile),
                $"{hashes.Length} bytes, not {tile.Bytes}.");
    }

    private static Sha256Digest Root(byte[] hashes, int first, int count)
    {
        if (count == 1)
        {
            return Sha256Digest.FromBytes(hashes.AsSpan(first * Sha256Digest.Size, Sha256Digest.Size));
        }

        var half = count / 2;
        return MerkleTree.NodeHash(Root(hashes, first, half), Root(hashes, first + half, half));
    }
}
