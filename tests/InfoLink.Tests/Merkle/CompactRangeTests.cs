using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using Xunit;

namespace InfoLink.Tests.Merkle;

public sealed class CompactRangeTests
{
    private const int Sizes = 1_100;

    private static readonly Oracle Rfc = new(Sizes);

    [Fact]
    public void A_growing_tree_has_the_RFCs_root_at_every_size()
    {
        var range = new CompactRange();
        for (var size = 0; size < Sizes; size++)
        {
            Assert.Equal((ulong)size, range.Size);
            Assert.Equal(Rfc.Root(size), range.Root());
            Assert.Equal(Expected(size), range.Nodes);
            range.Append(Rfc.Leaf(size));
        }
    }

    [Fact]
    public void Each_perfect_subtree_is_reported_once_when_its_last_leaf_comes()
    {
        var range = new CompactRange();
        var reported = new HashSet<MerkleNode>();
        for (var index = 0; index < Sizes; index++)
        {
            range.Append(Rfc.Leaf(index), (node, hash) =>
            {
                Assert.True(reported.Add(node));
                var end = (node.Index + 1) << node.Height;
                Assert.Equal((ulong)index + 1, end);
                Assert.Equal(Rfc.Range((int)(node.Index << node.Height), (int)end), hash);
            });
        }

        // Leaves, pairs, fours and so on, each as often as it fits.
        Assert.Equal(Enumerable.Range(0, 11).Sum(height => Sizes >> height), reported.Count);
    }

    [Fact]
    public void A_range_goes_on_from_its_nodes_and_a_clone_goes_its_own_way()
    {
        var range = new CompactRange();
        for (var size = 0; size < 70; size++)
        {
            var resumed = CompactRange.FromNodes(range.Size, range.Nodes);
            var clone = range.Clone();
            Assert.Equal(Rfc.Root(size), resumed.Root());
            resumed.Append(Rfc.Leaf(size));
            clone.Append(Rfc.Leaf(size + 1));
            Assert.Equal(Rfc.Root(size), range.Root());
            Assert.Equal(Rfc.Root(size + 1), resumed.Root());
            Assert.NotEqual(Rfc.Root(size + 1), clone.Root());
            range = resumed;
        }
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(1UL, 0)]
    [InlineData(6UL, 1)]
    [InlineData(6UL, 3)]
    [InlineData(ulong.MaxValue, 63)]
    public void Nodes_that_do_not_fit_the_size_are_refused(ulong size, int nodes) =>
        Assert.Throws<ArgumentException>(() => CompactRange.FromNodes(size, Enumerable.Repeat(MerkleTree.EmptyRoot, nodes)));

    [Fact]
    public void The_largest_size_is_the_last()
    {
        var range = CompactRange.FromNodes(ulong.MaxValue - 1, Enumerable.Repeat(MerkleTree.EmptyRoot, 63));
        range.Append(MerkleTree.EmptyRoot);
        var root = range.Root();
        Assert.Equal(ulong.MaxValue, range.Size);
        Assert.Throws<OverflowException>(() => range.Append(MerkleTree.EmptyRoot));
        Assert.Equal(root, range.Root());
    }

    [Fact]
    public void Who_fails_while_it_is_told_leaves_the_range_as_it_was()
    {
        var range = CompactRange.FromNodes(7, Expected(7));
        Assert.Throws<InvalidOperationException>(() => range.Append(Rfc.Leaf(7), (node, _) =>
        {
            if (node.Height == 2)
            {
                throw new InvalidOperationException("full");
            }
        }));
        Assert.Equal(Rfc.Root(7), range.Root());
        range.Append(Rfc.Leaf(7));
        Assert.Equal(Rfc.Root(8), range.Root());
    }

    private static Sha256Digest[] Expected(int size)
    {
        var nodes = new List<Sha256Digest>();
        for (var (begin, bit) = (0, 1 << 20); bit > 0; bit >>= 1)
        {
            if ((size & bit) != 0)
            {
                nodes.Add(Rfc.Range(begin, begin + bit));
                begin += bit;
            }
        }

        return [.. nodes];
    }
}
