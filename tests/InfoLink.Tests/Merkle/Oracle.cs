using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;

namespace InfoLink.Tests.Merkle;

/// <summary>
/// RFC 6962 §2.1 written down word by word over a list of leaf hashes, sharing nothing with what it judges. Hashes of ranges are kept, so
/// that hundreds of sizes can be gone through.
/// </summary>
internal sealed class Oracle
{
    private readonly byte[][] _leaves;
    private readonly Dictionary<(int Begin, int End), byte[]> _known = [];

    public Oracle(int size) => _leaves = [.. Enumerable.Range(0, size).Select(i => SHA256.HashData([0, .. Entry(i)]))];

    /// <summary>A tree of leaves that somebody else made.</summary>
    public Oracle(IEnumerable<Sha256Digest> leafHashes) => _leaves = [.. leafHashes.Select(hash => hash.ToArray())];

    /// <summary>The entry that is at this place of every tree here.</summary>
    public static byte[] Entry(int index) => [.. "entry "u8, .. BitConverter.GetBytes(index)];

    public Sha256Digest Leaf(int index) => Sha256Digest.FromBytes(_leaves[index]);

    public IEnumerable<Sha256Digest> Leaves(int size) => Enumerable.Range(0, size).Select(Leaf);

    public Sha256Digest Root(int size) => Sha256Digest.FromBytes(Mth(0, size));

    public Sha256Digest Range(int begin, int end) => Sha256Digest.FromBytes(Mth(begin, end));

    public Sha256Digest[] Inclusion(int index, int size) => [.. Path(index, 0, size).Select(hash => Sha256Digest.FromBytes(hash))];

    public Sha256Digest[] Consistency(int from, int to) =>
        from == 0 ? [] : [.. Subproof(from, 0, to, true).Select(hash => Sha256Digest.FromBytes(hash))];

    public IMerkleNodes Nodes(int size) => new Source(this, size);

    private byte[] Mth(int begin, int end)
    {
        if (end - begin < 2)
        {
            return begin == end ? SHA256.HashData([]) : _leaves[begin];
        }

        if (!_known.TryGetValue((begin, end), out var hash))
        {
            var k = begin + LargestPowerBelow(end - begin);
            _known[(begin, end)] = hash = SHA256.HashData([1, .. Mth(begin, k), .. Mth(k, end)]);
        }

        return hash;
    }

    private IEnumerable<byte[]> Path(int m, int begin, int end)
    {
        if (end - begin == 1)
        {
            return [];
        }

        var k = LargestPowerBelow(end - begin);
        return m < k
            ? Path(m, begin, begin + k).Append(Mth(begin + k, end))
            : Path(m - k, begin + k, end).Append(Mth(begin, begin + k));
    }

    private IEnumerable<byte[]> Subproof(int m, int begin, int end, bool isWhole)
    {
        if (m == end - begin)
        {
            return isWhole ? [] : [Mth(begin, end)];
        }

        var k = LargestPowerBelow(end - begin);
        return m <= k
            ? Subproof(m, begin, begin + k, isWhole).Append(Mth(begin + k, end))
            : Subproof(m - k, begin + k, end, false).Append(Mth(begin, begin + k));
    }

    private static int LargestPowerBelow(int n)
    {
        var k = 1;
        while (k * 2 < n)
        {
            k *= 2;
        }

        return k;
    }

    /// <summary>The oracle's hashes as a source that knows exactly so many leaves.</summary>
    private sealed class Source(Oracle oracle, int size) : IMerkleNodes
    {
        public ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation)
        {
            var (begin, end) = (node.Index << node.Height, (node.Index + 1) << node.Height);
            return end <= (ulong)size
                ? ValueTask.FromResult(oracle.Range((int)begin, (int)end))
                : throw new InvalidOperationException($"{node} is no perfect subtree of {size} leaves.");
        }
    }
}
