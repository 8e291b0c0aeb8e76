using System.Numerics;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Records;

/// <summary>Merkle tree hashing as RFC 6962 §2.1 has it: leaf SHA-256(0x00 ‖ data), node SHA-256(0x01 ‖ left ‖ right).</summary>
public static class MerkleTree
{
    public static Sha256Digest LeafHash(ReadOnlySpan<byte> data)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x00]);
        hash.AppendData(data);
        return Sha256Digest.FromBytes(hash.GetHashAndReset());
    }

    public static Sha256Digest NodeHash(Sha256Digest left, Sha256Digest right)
    {
        Span<byte> node = stackalloc byte[1 + (2 * Sha256Digest.Size)];
        node[0] = 0x01;
        left.Span.CopyTo(node[1..]);
        right.Span.CopyTo(node[(1 + Sha256Digest.Size)..]);
        return Sha256Digest.Of(node);
    }

    /// <summary>The tree hash over leaf data in order; SHA-256 of nothing for no leaves.</summary>
    public static Sha256Digest Root(IReadOnlyList<byte[]> leaves) =>
        leaves.Count == 0 ? Sha256Digest.Of([]) : Root([.. leaves.Select(leaf => LeafHash(leaf))]);

    private static Sha256Digest Root(ReadOnlySpan<Sha256Digest> hashes)
    {
        if (hashes.Length == 1)
        {
            return hashes[0];
        }

        // The left subtree is the largest power of two smaller than the number of leaves.
        var left = 1 << BitOperations.Log2((uint)hashes.Length - 1);
        return NodeHash(Root(hashes[..left]), Root(hashes[left..]));
    }
}
