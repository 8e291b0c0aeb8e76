using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tiles;

/// <summary>
/// A tile (C2SP tlog-tiles): <paramref name="Width"/> hashes beside one another, those numbered from <c>Index * 256</c> on at its level. A
/// hash of level L is the RFC 6962 hash of 256^L leaves. A tile of 256 is full and never changes; the one at the right edge of a tree may
/// be narrower.
/// </summary>
/// <param name="Level">0 for leaf hashes, at most 63; a tree of 64-bit size has levels 0 to 7.</param>
/// <param name="Index">From 0, within the level.</param>
/// <param name="Width">Hashes in it, 1 to 256.</param>
public readonly record struct TileId(int Level, ulong Index, int Width)
{
    /// <summary>Hashes in a full tile, and entries in a full bundle.</summary>
    public const int FullWidth = 256;

    /// <summary>Largest level that a path may name.</summary>
    public const int MaxLevel = 63;

    /// <summary>Bytes of the tile.</summary>
    public int Bytes => Width * Sha256Digest.Size;

    public bool IsFull => Width == FullWidth;

    /// <summary>The tiles of a tree, lowest level first, left to right.</summary>
    /// <param name="size">Leaves.</param>
    public static IEnumerable<TileId> Of(ulong size) => Between(0, size);

    /// <summary>
    /// The tiles of a tree that the smaller tree it grew from had not, in the same order: what has to be written. The bundles of entries
    /// that go with them are those of level 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The smaller tree is larger.</exception>
    public static IEnumerable<TileId> Between(ulong from, ulong to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        return New(from, to);

        static IEnumerable<TileId> New(ulong from, ulong to)
        {
            for (var level = 0; HashesAt(level, to) > 0; level++)
            {
                for (var index = HashesAt(level + 1, from); index < HashesAt(level + 1, to); index++)
                {
                    yield return new TileId(level, index, FullWidth);
                }

                var width = (int)(HashesAt(level, to) % FullWidth);
                if (width > 0 && HashesAt(level, from) != HashesAt(level, to))
                {
                    yield return new TileId(level, HashesAt(level + 1, to), width);
                }
            }
        }
    }

    /// <summary>
    /// The tile at this place as a tree of this size has it: full, or as wide as the tree reaches; null where the tree ends before.
    /// </summary>
    public static TileId? At(int level, ulong index, ulong size)
    {
        var full = HashesAt(level + 1, size);
        var width = index < full ? FullWidth : index == full ? (int)(HashesAt(level, size) % FullWidth) : 0;
        return width > 0 ? new TileId(level, index, width) : null;
    }

    /// <summary>Perfect subtrees of 256^level leaves in a tree.</summary>
    private static ulong HashesAt(int level, ulong size) => level < sizeof(ulong) ? size >> (8 * level) : 0;
}
