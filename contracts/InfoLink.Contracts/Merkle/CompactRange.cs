using System.Numerics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Merkle;

/// <summary>
/// A tree that only grows, as the roots of the perfect subtrees that make it up: at most 64 hashes, from which the tree's own root follows
/// and to which a leaf is added in constant time on average. One writer at a time.
/// </summary>
public sealed class CompactRange
{
    private readonly List<Sha256Digest> _nodes;

    public CompactRange() => _nodes = [];

    private CompactRange(ulong size, IEnumerable<Sha256Digest> nodes)
    {
        Size = size;
        _nodes = [.. nodes];
    }

    /// <summary>Leaves so far.</summary>
    public ulong Size { get; private set; }

    /// <summary>Roots of the perfect subtrees, largest first: one for each bit of <see cref="Size"/>.</summary>
    public IReadOnlyList<Sha256Digest> Nodes => _nodes;

    /// <summary>A range as it was: what <see cref="MerkleNode.Covering"/> names for 0 and its size, largest first.</summary>
    /// <exception cref="ArgumentException">Not as many nodes as a tree of this size has.</exception>
    public static CompactRange FromNodes(ulong size, IEnumerable<Sha256Digest> nodes)
    {
        var (range, needed) = (new CompactRange(size, nodes), BitOperations.PopCount(size));
        return range._nodes.Count == needed
            ? range
            : throw new ArgumentException($"A tree of {size} leaves has {needed} perfect subtrees, not {range._nodes.Count}.", nameof(nodes));
    }

    /// <summary>Adds a leaf.</summary>
    /// <param name="leafHash">From <see cref="MerkleTree.LeafHash"/>.</param>
    /// <param name="completed">Is told of each perfect subtree that the leaf completes, the leaf itself first, then upwards.</param>
    /// <exception cref="OverflowException">The tree has 2^64 - 1 leaves.</exception>
    public void Append(Sha256Digest leafHash, Action<MerkleNode, Sha256Digest>? completed = null)
    {
        var size = checked(Size + 1);
        var node = new MerkleNode(0, Size);
        var hash = leafHash;
        completed?.Invoke(node, hash);

        // Each trailing one of the old size is a subtree that now has its right half. Nothing changes before everyone was told.
        var kept = _nodes.Count;
        for (var pending = Size; (pending & 1) != 0; pending >>= 1)
        {
            hash = MerkleTree.NodeHash(_nodes[--kept], hash);
            node = new MerkleNode(node.Height + 1, node.Index >> 1);
            completed?.Invoke(node, hash);
        }

        _nodes.RemoveRange(kept, _nodes.Count - kept);
        _nodes.Add(hash);
        Size = size;
    }

    /// <summary>The tree's root; <see cref="MerkleTree.EmptyRoot"/> for no leaves.</summary>
    public Sha256Digest Root()
    {
        if (_nodes.Count == 0)
        {
            return MerkleTree.EmptyRoot;
        }

        var hash = _nodes[^1];
        for (var i = _nodes.Count - 2; i >= 0; i--)
        {
            hash = MerkleTree.NodeHash(_nodes[i], hash);
        }

        return hash;
    }

    /// <summary>A copy that grows on its own.</summary>
    public CompactRange Clone() => new(Size, _nodes);
}
