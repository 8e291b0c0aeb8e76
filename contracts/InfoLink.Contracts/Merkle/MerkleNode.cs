using System.Numerics;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Merkle;

/// <summary>
/// A perfect subtree: its leaves are those from <c>Index &lt;&lt; Height</c> up to but without <c>(Index + 1) &lt;&lt; Height</c>.
/// Height 0 is a leaf; height 63 is the largest.
/// </summary>
public readonly record struct MerkleNode(int Height, ulong Index)
{
    /// <summary>
    /// The fewest perfect subtrees that make up <paramref name="count"/> leaves from <paramref name="begin"/> on, largest first: one for
    /// each bit of the count. Begin must be a multiple of the largest of them, as it is for every range that a proof names.
    /// </summary>
    public static IEnumerable<MerkleNode> Covering(ulong begin, ulong count)
    {
        while (count != 0)
        {
            var height = BitOperations.Log2(count);
            yield return new MerkleNode(height, begin >> height);
            begin += 1UL << height;
            count -= 1UL << height;
        }
    }
}

/// <summary>Where the hashes of a tree are read from, beside <see cref="MerkleProof"/> which reads them.</summary>
public interface IMerkleNodes
{
    /// <summary>
    /// The hash of a perfect subtree. It MUST be the RFC 6962 tree hash of exactly the leaves that <paramref name="node"/> names, and MUST
    /// be the same for every call. A source that has not all of these leaves, or cannot read them, MUST throw; it MUST NOT answer with the
    /// hash of fewer leaves. Calls MAY come at the same time.
    /// </summary>
    ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation);
}
