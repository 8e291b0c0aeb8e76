using System.Numerics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Merkle;

/// <summary>
/// Checks proofs that others made. Pure; whatever comes in, the answer is true or false and takes at most one hash (two for consistency)
/// for each element of the proof, and never more than a tree of 2^64 leaves is high.
/// </summary>
public static class MerkleVerifier
{
    /// <summary>Is the leaf at this index of the tree with this root? (RFC 9162 §2.1.3.2)</summary>
    public static bool Includes(Sha256Digest leafHash, ulong index, ulong size, Sha256Digest root, IReadOnlyList<Sha256Digest> proof)
    {
        if (leafHash is null || root is null || proof is null || index >= size)
        {
            return false;
        }

        var (place, last) = (index, size - 1);
        var hash = leafHash;
        foreach (var sibling in proof)
        {
            if (sibling is null || last == 0)
            {
                return false;
            }

            if (IsOnRight(place, last))
            {
                hash = MerkleTree.NodeHash(sibling, hash);
                Climb(ref place, ref last);
            }
            else
            {
                hash = MerkleTree.NodeHash(hash, sibling);
            }

            (place, last) = (place >> 1, last >> 1);
        }

        return last == 0 && hash == root;
    }

    /// <summary>
    /// Are the smaller tree's leaves the first of the larger tree? (RFC 9162 §2.1.4.2) From an empty tree nothing is proved, so the answer
    /// is false: who has no tree yet must say so itself. Equal sizes need equal roots and an empty proof.
    /// </summary>
    public static bool IsConsistent(
        ulong fromSize, Sha256Digest fromRoot, ulong toSize, Sha256Digest toRoot, IReadOnlyList<Sha256Digest> proof)
    {
        if (fromRoot is null || toRoot is null || proof is null || fromSize == 0 || fromSize > toSize)
        {
            return false;
        }

        if (fromSize == toSize)
        {
            return proof.Count == 0 && fromRoot == toRoot;
        }

        // A smaller tree that is perfect is itself a subtree of the larger: its root begins the path and is not sent.
        var isPerfect = BitOperations.IsPow2(fromSize);
        if (proof.Count == 0 || (isPerfect ? fromRoot : proof[0]) is not { } seed)
        {
            return false;
        }

        var (place, last) = (fromSize - 1, toSize - 1);
        var perfectHeight = BitOperations.TrailingZeroCount(~place);
        (place, last) = (place >> perfectHeight, last >> perfectHeight);
        var (from, to) = (seed, seed);
        foreach (var hash in isPerfect ? proof : proof.Skip(1))
        {
            if (hash is null || last == 0)
            {
                return false;
            }

            if (IsOnRight(place, last))
            {
                from = MerkleTree.NodeHash(hash, from);
                to = MerkleTree.NodeHash(hash, to);
                Climb(ref place, ref last);
            }
            else
            {
                to = MerkleTree.NodeHash(to, hash);
            }

            (place, last) = (place >> 1, last >> 1);
        }

        return last == 0 && from == fromRoot && to == toRoot;
    }

    private static bool IsOnRight(ulong place, ulong last) => (place & 1) != 0 || place == last;

    /// <summary>The last node of a level without a sibling rises as it is to the level where it is a right child.</summary>
    private static void Climb(ref ulong place, ref ulong last)
    {
        while (place != 0 && (place & 1) == 0)
        {
            (place, last) = (place >> 1, last >> 1);
        }
    }
}
