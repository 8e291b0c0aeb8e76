using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using Xunit;

namespace InfoLink.Tests.Merkle;

/// <summary>Roots and proofs against the RFC's recursive definition, and the verifier against every way of bending them.</summary>
public sealed class MerkleProofTests
{
    private const int Sizes = 300;
    private const int Largest = 5_000;

    private static readonly Oracle Rfc = new(Largest);

    [Fact]
    public async Task Every_root_and_inclusion_path_up_to_three_hundred_leaves_is_the_RFCs()
    {
        for (var size = 0; size <= Sizes; size++)
        {
            var nodes = Rfc.Nodes(size);
            var root = await MerkleProof.RootAsync(nodes, (ulong)size, default);
            Assert.Equal(Rfc.Root(size), root);
            for (var index = 0; index < size; index++)
            {
                var proof = await MerkleProof.InclusionAsync(nodes, (ulong)index, (ulong)size, default);
                Assert.Equal(Rfc.Inclusion(index, size), proof);
                Assert.True(MerkleVerifier.Includes(Rfc.Leaf(index), (ulong)index, (ulong)size, root, proof));
            }
        }
    }

    [Fact]
    public async Task Every_consistency_proof_up_to_three_hundred_leaves_is_the_RFCs()
    {
        for (var to = 0; to <= Sizes; to++)
        {
            var nodes = Rfc.Nodes(to);
            for (var from = 0; from <= to; from++)
            {
                var proof = await MerkleProof.ConsistencyAsync(nodes, (ulong)from, (ulong)to, default);
                Assert.Equal(Rfc.Consistency(from, to), proof);
                Assert.Equal(from != 0, MerkleVerifier.IsConsistent((ulong)from, Rfc.Root(from), (ulong)to, Rfc.Root(to), proof));
            }
        }
    }

    [Fact]
    public void Larger_trees_are_the_RFCs_too() => Prop.ForAll(
        (from size in Gen.Choose(1, Largest) from other in Gen.Choose(0, size - 1) select (size, other)).ToArbitrary(),
        async Task<bool> (tree) =>
        {
            var (size, other) = ((ulong)tree.size, (ulong)tree.other);
            var nodes = Rfc.Nodes(tree.size);
            var root = await MerkleProof.RootAsync(nodes, size, default);
            var inclusion = await MerkleProof.InclusionAsync(nodes, other, size, default);
            var consistency = await MerkleProof.ConsistencyAsync(nodes, other + 1, size, default);
            return root == Rfc.Root(tree.size)
                && inclusion.SequenceEqual(Rfc.Inclusion(tree.other, tree.size))
                && consistency.SequenceEqual(Rfc.Consistency(tree.other + 1, tree.size))
                && MerkleVerifier.Includes(Rfc.Leaf(tree.other), other, size, root, inclusion)
                && MerkleVerifier.IsConsistent(other + 1, Rfc.Root(tree.other + 1), size, root, consistency);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_bent_inclusion_proof_is_refused() => Prop.ForAll(Trees(), BentHashes(), (tree, bend) =>
    {
        var (index, size) = (tree.Small, tree.Large);
        var (leaf, root, proof) = (Rfc.Leaf(index), Rfc.Root(size), Rfc.Inclusion(index, size));
        var bent = bend.Of([leaf, root, .. proof]);
        return !Verify(bent[0], (ulong)index, (ulong)size, bent[1], bent[2..])
            && OtherProofs(proof, bend).All(other => !Verify(leaf, (ulong)index, (ulong)size, root, other))
            && Enumerable.Range(0, size).Where(i => i != index).All(i => !Verify(leaf, (ulong)i, (ulong)size, root, proof));

        static bool Verify(Sha256Digest leaf, ulong index, ulong size, Sha256Digest root, Sha256Digest[] proof) =>
            MerkleVerifier.Includes(leaf, index, size, root, proof);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_bent_consistency_proof_is_refused() => Prop.ForAll(Trees(), BentHashes(), (tree, bend) =>
    {
        var (from, to) = (tree.Small + 1, tree.Large);
        var (fromRoot, toRoot, proof) = (Rfc.Root(from), Rfc.Root(to), Rfc.Consistency(from, to));
        var bent = bend.Of([fromRoot, toRoot, .. proof]);
        return !MerkleVerifier.IsConsistent((ulong)from, bent[0], (ulong)to, bent[1], bent[2..])
            && OtherProofs(proof, bend).All(other => !MerkleVerifier.IsConsistent((ulong)from, fromRoot, (ulong)to, toRoot, other))
            && (from == to || !MerkleVerifier.IsConsistent((ulong)from, toRoot, (ulong)to, fromRoot, proof))
            && Enumerable.Range(0, from).All(i => !MerkleVerifier.IsConsistent((ulong)i, fromRoot, (ulong)to, toRoot, proof));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(1UL, 1UL)]
    [InlineData(7UL, 7UL)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public async Task There_is_no_path_from_a_leaf_that_the_tree_has_not(ulong index, ulong size) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await MerkleProof.InclusionAsync(Rfc.Nodes(7), index, size, default));

    [Fact]
    public async Task There_is_no_proof_from_a_larger_tree_to_a_smaller() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await MerkleProof.ConsistencyAsync(Rfc.Nodes(8), 8, 7, default));

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 1)]
    [InlineData(1UL << 63)]
    [InlineData((1UL << 63) + 1)]
    [InlineData((1UL << 63) - 1)]
    public async Task The_largest_trees_that_numbers_reach_are_proved_and_verified(ulong size)
    {
        var tree = new EqualLeaves();
        var root = await MerkleProof.RootAsync(tree, size, default);
        foreach (var other in new[] { 1UL, 2UL, 3UL, size / 2, (size / 2) + 1, size - 2, size - 1, size })
        {
            var inclusion = await MerkleProof.InclusionAsync(tree, other - 1, size, default);
            Assert.True(MerkleVerifier.Includes(await tree.NodeAsync(new MerkleNode(0, 0), default), other - 1, size, root, inclusion));
            Assert.InRange(inclusion.Count, 1, 64);
            Assert.False(MerkleVerifier.Includes(root, other - 1, size, root, [.. inclusion, .. inclusion]));

            var consistency = await MerkleProof.ConsistencyAsync(tree, other, size, default);
            Assert.True(MerkleVerifier.IsConsistent(other, await MerkleProof.RootAsync(tree, other, default), size, root, consistency));
            Assert.False(MerkleVerifier.IsConsistent(other, root, size, root, [.. consistency, root]));
        }
    }

    [Fact]
    public void Nothing_in_the_place_of_a_hash_is_refused()
    {
        var (leaf, root, proof) = (Rfc.Leaf(2), Rfc.Root(5), Rfc.Inclusion(2, 5));
        Assert.True(MerkleVerifier.Includes(leaf, 2, 5, root, proof));
        Assert.False(MerkleVerifier.Includes(null!, 2, 5, root, proof));
        Assert.False(MerkleVerifier.Includes(leaf, 2, 5, null!, proof));
        Assert.False(MerkleVerifier.Includes(leaf, 2, 5, root, null!));
        Assert.False(MerkleVerifier.Includes(leaf, 2, 5, root, [proof[0], null!, proof[2]]));

        var consistency = Rfc.Consistency(3, 5);
        Assert.True(MerkleVerifier.IsConsistent(3, Rfc.Root(3), 5, root, consistency));
        Assert.False(MerkleVerifier.IsConsistent(3, null!, 5, root, consistency));
        Assert.False(MerkleVerifier.IsConsistent(3, Rfc.Root(3), 5, null!, consistency));
        Assert.False(MerkleVerifier.IsConsistent(3, Rfc.Root(3), 5, root, null!));
        Assert.All(Enumerable.Range(0, consistency.Length), i => Assert.False(MerkleVerifier.IsConsistent(
            3, Rfc.Root(3), 5, root, [.. consistency[..i], null!, .. consistency[(i + 1)..]])));
        Assert.False(MerkleVerifier.IsConsistent(0, MerkleTree.EmptyRoot, 0, MerkleTree.EmptyRoot, []));
    }

    /// <summary>The proof with one element removed, doubled, added at either end or swapped with its neighbour.</summary>
    private static IEnumerable<Sha256Digest[]> OtherProofs(Sha256Digest[] proof, Bend bend)
    {
        yield return [.. proof, bend.Stranger];
        yield return [bend.Stranger, .. proof];
        for (var i = 0; i < proof.Length; i++)
        {
            yield return [.. proof[..i], .. proof[(i + 1)..]];
            yield return [.. proof[..i], proof[i], .. proof[i..]];
            if (i > 0)
            {
                yield return [.. proof[..(i - 1)], proof[i], proof[i - 1], .. proof[(i + 1)..]];
            }
        }
    }

    private static Arbitrary<(int Small, int Large)> Trees() =>
        (from large in Gen.Choose(1, 400) from small in Gen.Choose(0, large - 1) select (small, large)).ToArbitrary();

    private static Arbitrary<Bend> BentHashes() =>
        (from place in Gen.Choose(0, 1_000) from bit in Gen.Choose(0, 255) select new Bend(place, bit)).ToArbitrary();

    /// <summary>One bit of one hash, turned over.</summary>
    private sealed record Bend(int Place, int Bit)
    {
        public Sha256Digest Stranger => Sha256Digest.Of(BitConverter.GetBytes(Bit));

        public Sha256Digest[] Of(Sha256Digest[] hashes)
        {
            var bytes = hashes[Place % hashes.Length].ToArray();
            bytes[Bit / 8] ^= (byte)(1 << (Bit % 8));
            hashes[Place % hashes.Length] = Sha256Digest.FromBytes(bytes);
            return hashes;
        }
    }

    /// <summary>A tree as large as can be, all of whose leaves are equal: each height has one hash.</summary>
    private sealed class EqualLeaves : IMerkleNodes
    {
        private readonly List<Sha256Digest> _heights = [MerkleTree.LeafHash("same"u8)];

        public EqualLeaves()
        {
            while (_heights.Count < 64)
            {
                _heights.Add(MerkleTree.NodeHash(_heights[^1], _heights[^1]));
            }
        }

        public ValueTask<Sha256Digest> NodeAsync(MerkleNode node, CancellationToken cancellation) => ValueTask.FromResult(_heights[node.Height]);
    }
}
