using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Notes;
using InfoLink.Tests.Merkle;
using InfoLink.Transparency.Witnessing;

namespace InfoLink.Tests.Witnessing;

/// <summary>A log in memory with as many entries as anyone asks about, which signs whatever it is told to.</summary>
internal sealed class HandMadeLog : IDisposable
{
    public const int Most = 300;

    private readonly Ed25519PrivateKey _key;
    private readonly Sha256Digest[] _leaves;
    private readonly KeptNodes _nodes;

    public HandMadeLog(string origin, SpiffeName owner)
        : this(origin, owner, Ed25519PrivateKey.Create(), Most)
    {
    }

    private HandMadeLog(string origin, SpiffeName owner, Ed25519PrivateKey key, int same)
    {
        _key = key;
        Owner = owner;
        Signer = new NoteSigner(origin, NoteKeyKind.Log, key);
        _leaves = [.. Enumerable.Range(0, Most).Select(i => MerkleTree.LeafHash([(byte)i, (byte)(i >> 8), i < same ? (byte)0 : (byte)1]))];
        _nodes = KeptNodes.Of(_leaves);
    }

    public SpiffeName Owner { get; }

    public NoteSigner Signer { get; }

    public WitnessedLog Known => new(Signer.Key, Owner);

    /// <summary>The same log and key, with other entries from a serial on.</summary>
    public HandMadeLog Fork(int from) => new(Signer.Key.Name, Owner, _key, from);

    public Sha256Digest Root(int size) => MerkleProof.RootAsync(_nodes, (ulong)size, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public byte[] Checkpoint(int size) => Checkpoint((ulong)size, Root(size));

    public byte[] Checkpoint(ulong size, Sha256Digest root) => SignedCheckpoint.Sign(new Checkpoint(Signer.Key.Name, size, root), Signer);

    public IReadOnlyList<Sha256Digest> Proof(int from, int to) =>
        MerkleProof.ConsistencyAsync(_nodes, (ulong)from, (ulong)to, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>As an honest log asks.</summary>
    public WitnessRequest Request(int from, int to) => new((ulong)from, Proof(from, to), Checkpoint(to));

    public void Dispose() => _key.Dispose();
}
