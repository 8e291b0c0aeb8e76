using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Tests.Merkle;

/// <summary>Every perfect subtree of a few leaves, kept as a compact range reported it.</summary>
internal sealed class KeptNodes : IMerkleNodes
{
    private readonly Dictionary<MerkleNode, Sha256Digest> _nodes = [];

    public int Count => _nodes.Count;

    public static KeptNodes Of(IEnumerable<Sha256Digest> leaves)
    {
        var (kept, range) = (new KeptNodes(), new CompactRange());
        foreach (var leaf in leaves)
        {
            range.Append(leaf, kept._nodes.Add);
        }

        return kept;
    }

    public ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation) => ValueTask.FromResult(_nodes[node]);
}
