using System.Numerics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Merkle;

/// <summary>
/// Makes what RFC 6962 §2.1 defines (RFC 9162 §2.1.3.1, §2.1.4.1 the same): roots, inclusion paths and consistency proofs, from perfect
/// subtrees only. A proof reads at most two subtrees for each level of the tree.
/// </summary>
public static class MerkleProof
{
    /// <summary>The root of the first <paramref name="size"/> leaves.</summary>
    public static ValueTask<Sha256Digest> RootAsync(IMerkleNodes nodes, ulong size, CancellationToken cancellation) =>
        size == 0 ? ValueTask.FromResult(MerkleTree.EmptyRoot) : RangeAsync(nodes, 0, size, cancellation);

    /// <summary>PATH(index, D[size]): sibling hashes from the leaf's to the root's child.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static async ValueTask<IReadOnlyList<Sha256Digest>> InclusionAsync(
        IMerkleNodes nodes, ulong index, ulong size, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var proof = new List<Sha256Digest>();
        for (var range = new LeafRange(0, size); range.Count > 1;)
        {
            var inLeft = index < range.Middle;
            proof.Add(await (inLeft ? range.Right : range.Left).HashAsync(nodes, cancellation));
            range = inLeft ? range.Left : range.Right;
        }

        proof.Reverse();
        return proof;
    }

    /// <summary>PROOF(from, D[to]): that the first <paramref name="from"/> leaves of the larger tree are those of the smaller.</summary>
    /// <returns>Empty for equal sizes and from an empty tree, where there is nothing to show.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The smaller tree is larger than the larger.</exception>
    public static async ValueTask<IReadOnlyList<Sha256Digest>> ConsistencyAsync(
        IMerkleNodes nodes, ulong from, ulong to, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        if (from == 0)
        {
            return [];
        }

        var proof = new List<Sha256Digest>();
        var range = new LeafRange(0, to);
        while (range.End != from)
        {
            var inLeft = from <= range.Middle;
            proof.Add(await (inLeft ? range.Right : range.Left).HashAsync(nodes, cancellation));
            range = inLeft ? range.Left : range.Right;
        }

        // Whoever checks has the hash of what starts at the first leaf: it is the smaller tree's root.
        if (range.Begin != 0)
        {
            proof.Add(await range.HashAsync(nodes, cancellation));
        }

        proof.Reverse();
        return proof;
    }

    private static ValueTask<Sha256Digest> RangeAsync(IMerkleNodes nodes, ulong begin, ulong count, CancellationToken cancellation) =>
        BitOperations.IsPow2(count)
            ? nodes.NodeAsync(new MerkleNode(BitOperations.Log2(count), begin >> BitOperations.Log2(count)), cancellation) // What nearly every step of a proof is.
            : JoinedAsync(nodes, begin, count, cancellation);

    /// <summary>The perfect subtrees of <see cref="MerkleNode.Covering"/>, joined from the smallest, which is the last, on.</summary>
    private static async ValueTask<Sha256Digest> JoinedAsync(IMerkleNodes nodes, ulong begin, ulong count, CancellationToken cancellation)
    {
        Sha256Digest? hash = null;
        for (var rest = count; rest != 0; rest &= rest - 1)
        {
            var height = BitOperations.TrailingZeroCount(rest);
            var left = await nodes.NodeAsync(new MerkleNode(height, (begin + rest - (1UL << height)) >> height), cancellation);
            hash = hash is null ? left : MerkleTree.NodeHash(left, hash);
        }

        return hash!;
    }

    /// <summary>Leaves from Begin on; cut after the largest power of two that is smaller than their count.</summary>
    private readonly record struct LeafRange(ulong Begin, ulong Count)
    {
        public ulong End => Begin + Count;

        public ulong Middle => Begin + LeftCount;

        public LeafRange Left => new(Begin, LeftCount);

        public LeafRange Right => new(Middle, Count - LeftCount);

        private ulong LeftCount => 1UL << BitOperations.Log2(Count - 1);

        public ValueTask<Sha256Digest> HashAsync(IMerkleNodes nodes, CancellationToken cancellation) =>
            RangeAsync(nodes, Begin, Count, cancellation);
    }
}
