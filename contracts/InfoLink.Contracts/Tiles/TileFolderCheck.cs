using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Contracts.Tiles;

/// <summary>What going through a folder came to.</summary>
public abstract record TileFolderVerdict
{
    private TileFolderVerdict()
    {
    }

    /// <summary>Every entry and every tile is what the root commits to.</summary>
    public sealed record Sound : TileFolderVerdict;

    /// <summary>The first thing that is not.</summary>
    /// <param name="Fault">How.</param>
    /// <param name="Path">Tile or bundle, by its path in the log.</param>
    /// <param name="Entry">The entry's place in the log, where one entry is at fault; else null.</param>
    public sealed record Broken(TileFault Fault, string Path, ulong? Entry) : TileFolderVerdict;

    /// <summary>Entries and tiles agree, yet the tree has another root: it is another log's or another size's, or was made anew.</summary>
    public sealed record AnotherRoot(Sha256Digest Found) : TileFolderVerdict;
}

/// <summary>
/// Goes through a log on disk once: leaf hashes from entries, every tile from the leaf hashes, the root from them all. Holds one bundle and
/// one tile of each level at a time. Tiles that are needed for another size only are not looked at.
/// </summary>
/// <remarks>
/// Left to right, each bundle before its tile, a tile before the one above it. Where an entry and its leaf hash in the tile differ, the
/// root says which of them is wrong: if all entries make the root, they are right; else that one is right from which, with the other tiles,
/// a path leads to the root.
/// </remarks>
public sealed class TileFolderCheck
{
    private readonly TileFolder _folder;
    private readonly ulong _size;
    private readonly Sha256Digest _root;
    private readonly CompactRange _range = new();
    private readonly List<List<Sha256Digest>> _levels = [];

    /// <summary>The first tile that differs from what the entries make, whichever of them is right.</summary>
    private Difference? _difference;

    private TileFolderCheck(TileFolder folder, ulong size, Sha256Digest root) => (_folder, _size, _root) = (folder, size, root);

    /// <param name="folder">The log.</param>
    /// <param name="size">From a verified checkpoint.</param>
    /// <param name="root">From the same.</param>
    /// <param name="cancellation">Looked at for each bundle.</param>
    public static Task<TileFolderVerdict> RunAsync(TileFolder folder, ulong size, Sha256Digest root, CancellationToken cancellation) =>
        new TileFolderCheck(folder, size, root).RunAsync(cancellation);

    private async Task<TileFolderVerdict> RunAsync(CancellationToken cancellation)
    {
        try
        {
            for (var index = 0UL; TileId.At(0, index, _size) is { } bundle; index++)
            {
                foreach (var entry in await _folder.EntriesAsync(bundle.Index, bundle.Width, cancellation))
                {
                    _range.Append(MerkleTree.LeafHash(entry.Span), Keep);
                }

                for (var level = 0; level < _levels.Count && _levels[level].Count == TileId.FullWidth; level++)
                {
                    await CompareAsync(level, cancellation);
                }
            }

            for (var level = 0; level < _levels.Count; level++)
            {
                await CompareAsync(level, cancellation);
            }
        }
        catch (TileException exception)
        {
            // A difference before it came first.
            return _difference is null ? Broken(exception) : await JudgeAsync(_difference, cancellation);
        }

        var isRoot = _range.Root() == _root;
        return _difference is { } difference
            ? isRoot ? Broken(difference.Tile) : await JudgeAsync(difference, cancellation)
            : isRoot ? new TileFolderVerdict.Sound() : new TileFolderVerdict.AnotherRoot(_range.Root());
    }

    /// <summary>Of each level's hashes those that stand in the tile being made.</summary>
    private void Keep(MerkleNode node, Sha256Digest hash)
    {
        if (node.Height % TileNodes.TileHeight != 0)
        {
            return;
        }

        if (node.Height / TileNodes.TileHeight == _levels.Count)
        {
            _levels.Add([]);
        }

        _levels[node.Height / TileNodes.TileHeight].Add(hash);
    }

    private async ValueTask CompareAsync(int level, CancellationToken cancellation)
    {
        var made = _levels[level];
        if (made.Count > 0 && _difference is null)
        {
            var last = (_range.Size >> (TileNodes.TileHeight * level)) - 1;
            var tile = new TileId(level, last / TileId.FullWidth, made.Count);
            var kept = await _folder.TileAsync(tile.Level, tile.Index, tile.Width, cancellation);
            byte[] bytes = [.. made.SelectMany(hash => hash.ToArray())];
            var place = bytes.AsSpan().CommonPrefixLength(kept) / Sha256Digest.Size;
            _difference = place < made.Count ? new Difference(tile, place, bytes, kept) : null;
        }

        made.Clear();
    }

    /// <summary>
    /// Which is right, the tile or what lies below it? Where neither leads to the root more is wrong, and the tile is named.
    /// </summary>
    private async ValueTask<TileFolderVerdict> JudgeAsync(Difference difference, CancellationToken cancellation)
    {
        var tile = difference.Tile;
        if (await LeadsToRootAsync(difference, difference.Made, cancellation) || !await LeadsToRootAsync(difference, difference.Kept, cancellation))
        {
            return Broken(tile);
        }

        var below = (tile.Index * TileId.FullWidth) + (ulong)difference.Place;
        return tile.Level == 0
            ? new TileFolderVerdict.Broken(TileFault.Different, TilePath.OfEntries(tile.Index, tile.Width), below)
            : Broken(new TileId(tile.Level - 1, below, TileId.FullWidth));
    }

    /// <summary>
    /// Is the hash that differs in the tree, if the tile were this? Perfect subtrees of 256^level leaves make a tree of their own: its
    /// paths are the upper ends of the leaves' paths.
    /// </summary>
    private async ValueTask<bool> LeadsToRootAsync(Difference difference, byte[] hashes, CancellationToken cancellation)
    {
        var height = TileNodes.TileHeight * difference.Tile.Level;
        var index = (difference.Tile.Index * TileId.FullWidth) + (ulong)difference.Place;
        var nodes = new TileNodes(new OneTileAs(_folder, difference.Tile, hashes), _size);
        try
        {
            var path = await MerkleProof.InclusionAsync(nodes, index << height, _size, cancellation);
            var hash = Sha256Digest.FromBytes(hashes.AsSpan(difference.Place * Sha256Digest.Size, Sha256Digest.Size));
            return MerkleVerifier.Includes(hash, index, ((_size - 1) >> height) + 1, _root, [.. path.Skip(height)]);
        }
        catch (TileException)
        {
            return false;
        }
    }

    private static TileFolderVerdict.Broken Broken(TileId tile) => new(TileFault.Different, TilePath.Of(tile), null);

    private TileFolderVerdict.Broken Broken(TileException exception) =>
        new(exception.Fault, exception.Path, exception.Entry is { } entry ? _range.Size + (ulong)entry : null);

    /// <param name="Tile">Where.</param>
    /// <param name="Place">First hash that differs.</param>
    /// <param name="Made">The tile as the entries make it.</param>
    /// <param name="Kept">The tile as it is in the folder.</param>
    private sealed record Difference(TileId Tile, int Place, byte[] Made, byte[] Kept);

    /// <summary>The folder, had it this in the place of one tile.</summary>
    private sealed class OneTileAs(ITileSource others, TileId tile, byte[] hashes) : ITileSource
    {
        public ValueTask<byte[]> TileAsync(int level, ulong index, int width, CancellationToken cancellation) =>
            new TileId(level, index, width) == tile ? ValueTask.FromResult(hashes) : others.TileAsync(level, index, width, cancellation);
    }
}
