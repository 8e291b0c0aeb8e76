using System.Buffers;
using System.Numerics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Merkle;

/// <summary>Merkle tree hashing as RFC 6962 §2.1 has it: leaf SHA-256(0x00 ‖ data), node SHA-256(0x01 ‖ left ‖ right).</summary>
public static class MerkleTree
{
    private const int OnStack = 512;

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static Sha256Digest EmptyRoot { get; } = Sha256Digest.Of([]);

    public static Sha256Digest LeafHash(ReadOnlySpan<byte> data)
    {
        if (data.Length < OnStack)
        {
            Span<byte> leaf = stackalloc byte[1 + data.Length];
            return Fill(leaf, data);
        }

        var rented = ArrayPool<byte>.Shared.Rent(1 + data.Length);
        var digest = Fill(rented.AsSpan(0, 1 + data.Length), data);
        ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        return digest;

        static Sha256Digest Fill(Span<byte> leaf, ReadOnlySpan<byte> data)
        {
            leaf[0] = 0x00;
            data.CopyTo(leaf[1..]);
            return Sha256Digest.Of(leaf);
        }
    }

    public static Sha256Digest NodeHash(Sha256Digest left, Sha256Digest right)
    {
        Span<byte> node = stackalloc byte[1 + (2 * Sha256Digest.Size)];
        node[0] = 0x01;
        left.Span.CopyTo(node[1..]);
        right.Span.CopyTo(node[(1 + Sha256Digest.Size)..]);
        return Sha256Digest.Of(node);
    }

    /// <summary>The tree hash over leaf data in order; <see cref="EmptyRoot"/> for no leaves.</summary>
    public static Sha256Digest Root(IReadOnlyList<byte[]> leaves) =>
        leaves.Count == 0 ? EmptyRoot : Root([.. leaves.Select(leaf => LeafHash(leaf))]);

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
