using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;

namespace InfoLink.Audit.Logs;

/// <summary>
/// The tree as a database's records make it, and the tree as its tiles say it is. Where both are one, that is all; where they part, the next
/// root that was signed tells which of the two is right, and so whether a record or a tile is to be named.
/// </summary>
internal sealed class TwoTrees(Findings findings)
{
    private readonly List<Parting> _partings = [];
    private CompactRange _records = new();
    private CompactRange? _tiles;
    private List<List<Sha256Digest>> _recordLevels = [];
    private List<List<Sha256Digest>> _tileLevels = [];

    /// <summary>Leaves so far.</summary>
    public ulong Size => _records.Size;

    /// <summary>The root that the records make.</summary>
    public Sha256Digest Root => _records.Root();

    /// <summary>All before it is known to be right.</summary>
    public long GoodUntil { get; private set; }

    /// <summary>From here on neither tree can be known.</summary>
    public bool Lost { get; set; }

    /// <summary>A record since <see cref="GoodUntil"/> is known to be wrong, so that a root behind it says nothing more.</summary>
    public bool Suspect { get; set; }

    /// <param name="record">The leaf hash that the record makes.</param>
    /// <param name="tile">The leaf hash in the tile; null where there is no tile.</param>
    public void Append(Sha256Digest record, Sha256Digest? tile)
    {
        if (_tiles is null && tile is not null && tile != record)
        {
            _tiles = _records.Clone();
            _tileLevels = [.. _recordLevels.Select(level => level.ToList())];
        }

        _records.Append(record, (node, hash) => Keep(_recordLevels, node, hash));
        _tiles?.Append(tile ?? record, (node, hash) => Keep(_tileLevels, node, hash));
    }

    /// <summary>Compares the tiles above the leaves that are full now.</summary>
    public async Task CompareUpperAsync(Func<int, long, Task<KeptTile?>> tileAt)
    {
        for (var level = 1; level < _recordLevels.Count && _recordLevels[level].Count == TileId.FullWidth; level++)
        {
            var tile = new TileId(level, (Size >> (8 * (level + 1))) - 1, TileId.FullWidth);
            if (!Lost && await tileAt(level, (long)tile.Index) is { } kept)
            {
                var places = Enumerable.Range(0, TileId.FullWidth).Where(place => !IsAt(kept.Hashes, place, _recordLevels[level])
                    && (_tiles is null || !IsAt(kept.Hashes, place, _tileLevels[level]))).Take(1).ToList();
                if (places is [var place])
                {
                    Part(tile, place, byTile: !kept.RootFits);
                }
                else
                {
                    TellRoot(tile, kept);
                }
            }

            _recordLevels[level].Clear();
            _tileLevels.ElementAtOrDefault(level)?.Clear();
        }
    }

    /// <summary>Records and tile differ; whose fault it is shows later.</summary>
    /// <param name="tile">The tile.</param>
    /// <param name="place">The first hash in it that differs.</param>
    /// <param name="byTile">Which is the likelier: the tile is wrong.</param>
    public void Part(TileId tile, int place, bool byTile) => _partings.Add(new Parting(tile, place, byTile));

    /// <summary>Of a tile that is the tree's: is the root beside it?</summary>
    public void TellRoot(TileId tile, KeptTile kept)
    {
        if (!kept.RootFits)
        {
            findings.Add("tile-changed", "The root beside it is not that of its hashes.", (long)tile.Index * TileId.FullWidth << (8 * tile.Level), path: TilePath.Of(tile));
        }
    }

    /// <summary>Holds both trees against a root that somebody signed.</summary>
    /// <returns>False: it is neither's, and no known fault explains it.</returns>
    public bool Meets(Sha256Digest root)
    {
        if (Lost)
        {
            return true;
        }

        var byRecords = _records.Root() == root;
        if (!byRecords && _tiles?.Root() != root)
        {
            return Suspect || _partings.Count > 0;
        }

        foreach (var parting in _partings)
        {
            Tell(parting, byTile: byRecords);
        }

        _partings.Clear();
        if (!byRecords)
        {
            (_records, _recordLevels) = (_tiles!, _tileLevels);
        }

        (_tiles, _tileLevels, GoodUntil, Suspect) = (null, [], (long)Size, false);
        return true;
    }

    /// <summary>What no signed root has told apart is told by what is likelier.</summary>
    public void End()
    {
        foreach (var parting in _partings)
        {
            Tell(parting, parting.ByTile);
        }

        _partings.Clear();
    }

    private void Tell(Parting parting, bool byTile)
    {
        var (tile, place, _) = parting;
        var width = 1L << (8 * tile.Level);
        var first = ((long)(tile.Index * TileId.FullWidth) + place) * width;
        if (byTile)
        {
            findings.Add("tile-changed", $"Its hash {place} is not that of the tree.", first, path: TilePath.Of(tile));
        }
        else if (tile.Level == 0)
        {
            findings.Add("record-changed", "It agrees with itself and is not the record in the tree.", first);
        }
        else
        {
            findings.Add("records-rewritten", $"They are not what {TilePath.Of(tile)} has the hash of.", first, first + width - 1);
        }
    }

    private static bool IsAt(byte[] kept, int place, List<Sha256Digest> made) =>
        kept.AsSpan(place * Sha256Digest.Size, Sha256Digest.Size).SequenceEqual(made[place].Span);

    private static void Keep(List<List<Sha256Digest>> levels, MerkleNode node, Sha256Digest hash)
    {
        if (node.Height % 8 != 0)
        {
            return;
        }

        while (node.Height / 8 >= levels.Count)
        {
            levels.Add([]);
        }

        if (node.Height > 0) // The leaves' own tile is compared as it is read.
        {
            levels[node.Height / 8].Add(hash);
        }
    }

    private sealed record Parting(TileId Tile, int Place, bool ByTile);
}

/// <summary>A tile as a database has it.</summary>
/// <param name="Hashes">256 of them.</param>
/// <param name="RootFits">The root beside them is theirs.</param>
internal sealed record KeptTile(byte[] Hashes, bool RootFits);
