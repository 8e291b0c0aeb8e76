using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Tiles;

namespace InfoLink.Transparency;

/// <summary>
/// The right edge of a log's tree, in memory: enough to append, to fill tiles, and to prove what is recent. What lies further back is read
/// from the store's tiles. Any number of readers beside the one writer.
/// </summary>
internal sealed class TreeEdge : IMerkleNodes
{
    /// <summary>Hashes kept for each height: a tile that is being filled, and every batch that may still be asked about.</summary>
    private const int Keep = 2048;

    private readonly Lock _gate = new();
    private readonly Level[] _levels = [.. Enumerable.Range(0, 64).Select(_ => new Level())];
    private readonly CachedTiles _behind;
    private CompactRange _range = new();

    private TreeEdge(IEntryReader store, LogState state) => (_behind, State) = (new CachedTiles(new StoredTiles(store), StoredTiles.Kept), state);

    /// <summary>The durable tree.</summary>
    public LogState State { get; private set; }

    /// <summary>Reads the edge of a durable tree.</summary>
    /// <exception cref="InvalidOperationException">What the store holds does not make the tree that it says it is.</exception>
    public static async Task<TreeEdge> LoadAsync(IEntryReader store, LogState state, CancellationToken cancellation)
    {
        var edge = new TreeEdge(store, state);
        for (var level = 0; level < 8; level++)
        {
            var end = state.Size >> (8 * level);
            var begin = end - (end % FullTile.Width);
            var hashes = level == 0
                ? [.. (await store.EntryBytesAsync(begin, FullTile.Width, cancellation)).Select(entry => MerkleTree.LeafHash(entry))]
                : await store.TileRootsAsync(level - 1, begin, FullTile.Width, cancellation);
            edge.Fill(8 * level, begin, hashes);
        }

        var nodes = new List<Sha256Digest>();
        foreach (var node in MerkleNode.Covering(0, (ulong)state.Size))
        {
            nodes.Add(edge.TryGet(node) ?? throw Damaged(store, "hashes at its right edge are missing"));
        }

        edge._range = CompactRange.FromNodes((ulong)state.Size, nodes);
        return edge._range.Root() == state.Root ? edge : throw Damaged(store, "its entries do not make the root on record");
    }

    public ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation) =>
        TryGet(node) is { } hash ? ValueTask.FromResult(hash) : new TileNodes(_behind, (ulong)State.Size).NodeAsync(node, cancellation);

    /// <summary>What appending these leaves would make; nothing changes until <see cref="Adopt"/>.</summary>
    public Growth Grow(IEnumerable<Sha256Digest> leafHashes)
    {
        var (before, range) = (State, _range.Clone());
        var nodes = new List<(MerkleNode Node, Sha256Digest Hash)>();
        var fresh = new Dictionary<MerkleNode, Sha256Digest>();
        foreach (var leaf in leafHashes)
        {
            range.Append(leaf, (node, hash) =>
            {
                nodes.Add((node, hash));
                fresh[node] = hash;
            });
        }

        // A tile is full when the subtree over it is complete.
        var tiles = nodes.Where(made => made.Node.Height > 0 && made.Node.Height % 8 == 0).Select(made => Tile(made.Node, made.Hash, fresh)).ToList();
        return new Growth(before, new LogState((long)range.Size, range.Root()), tiles, range, nodes);
    }

    /// <summary>The growth is durable: from now on it is the tree.</summary>
    public void Adopt(Growth growth)
    {
        lock (_gate)
        {
            foreach (var (node, hash) in growth.Nodes)
            {
                _levels[node.Height].Add(hash, Keep);
            }

            _range = growth.Range;
            State = growth.After;
        }
    }

    private FullTile Tile(MerkleNode over, Sha256Digest root, Dictionary<MerkleNode, Sha256Digest> fresh)
    {
        var hashes = new byte[FullTile.Width * Sha256Digest.Size];
        for (var i = 0; i < FullTile.Width; i++)
        {
            var node = new MerkleNode(over.Height - 8, (over.Index << 8) + (ulong)i);
            var hash = fresh.GetValueOrDefault(node) ?? TryGet(node)!;
            hash.Span.CopyTo(hashes.AsSpan(i * Sha256Digest.Size));
        }

        return new FullTile((over.Height / 8) - 1, (long)over.Index, hashes, root);
    }

    private Sha256Digest? TryGet(MerkleNode node)
    {
        lock (_gate)
        {
            return _levels[node.Height].TryGet((long)node.Index);
        }
    }

    /// <summary>A level's hashes, and above them the complete pairs up to the next level of tiles.</summary>
    private void Fill(int height, long begin, IReadOnlyList<Sha256Digest> hashes)
    {
        for (var inner = 0; inner < 8; inner++)
        {
            _levels[height + inner].Start(begin >> inner, hashes);
            hashes = [.. Enumerable.Range(0, hashes.Count / 2).Select(i => MerkleTree.NodeHash(hashes[2 * i], hashes[(2 * i) + 1]))];
        }
    }

    private static InvalidOperationException Damaged(IEntryReader store, string how) => new(
        $"The log '{store.Origin}' is damaged: {how}. Nothing is appended to it. Find the first bad record with 'infolink log verify', and restore the database.");

    /// <summary>The newest hashes of one height, without a gap.</summary>
    private sealed class Level
    {
        private readonly List<Sha256Digest> _hashes = [];
        private long _first;

        public void Start(long first, IReadOnlyList<Sha256Digest> hashes)
        {
            _first = first;
            _hashes.AddRange(hashes);
        }

        public Sha256Digest? TryGet(long index) =>
            index >= _first && index - _first < _hashes.Count ? _hashes[(int)(index - _first)] : null;

        public void Add(Sha256Digest hash, int keep)
        {
            _hashes.Add(hash);
            if (_hashes.Count >= 2 * keep)
            {
                _hashes.RemoveRange(0, keep);
                _first += keep;
            }
        }
    }
}

/// <summary>What an append would make of a tree.</summary>
internal sealed record Growth(
    LogState Before, LogState After, IReadOnlyList<FullTile> Tiles, CompactRange Range, IReadOnlyList<(MerkleNode Node, Sha256Digest Hash)> Nodes);
