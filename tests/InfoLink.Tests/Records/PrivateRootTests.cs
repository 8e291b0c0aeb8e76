using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Records;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Records;

/// <summary>The private root against RFC 6962 §2.1 written down word by word.</summary>
public sealed class PrivateRootTests
{
    [Fact]
    public void Any_number_of_leaves_has_the_root_that_the_RFC_says() => Prop.ForAll(
        Gen.Choose(0, 70).SelectMany(count => Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte[]>(), count)).ToArbitrary(),
        leaves => MerkleTree.Root(leaves).Span.SequenceEqual(Mth(leaves))).QuickCheckThrowOnFailure();

    [Fact]
    public void Particulars_are_one_more_leaf_and_the_last()
    {
        SubjectLeaf[] subjects = [.. Enumerable.Range(0, 5).Select(i => Leaf((uint)i))];
        var commitment = Sha256Digest.Of("particulars"u8);
        Assert.Equal(Mth([.. subjects.Select(subject => subject.ToBytes()), commitment.ToArray()]), PrivateRoot.Of(subjects, commitment).ToArray());
        Assert.Equal(Mth([]), PrivateRoot.Of([]).ToArray());
    }

    [Fact]
    public void Each_bit_of_a_subject_changes_the_root()
    {
        SubjectLeaf[] subjects = [.. Enumerable.Range(0, 3).Select(i => Leaf((uint)i))];
        var root = PrivateRoot.Of(subjects);
        var bytes = subjects[1].ToBytes();
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var bent = (byte[])bytes.Clone();
            bent[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(root, PrivateRoot.Of([subjects[0], SubjectLeaf.FromBytes(bent), subjects[2]]));
        }

        Assert.NotEqual(root, PrivateRoot.Of([subjects[1], subjects[0], subjects[2]]));
        Assert.NotEqual(root, PrivateRoot.Of(subjects[..2]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(132)]
    [InlineData(134)]
    public void A_leaf_is_133_bytes(int size) =>
        Assert.ThrowsAny<ArgumentException>(() => SubjectLeaf.FromBytes(new byte[size]));

    private static SubjectLeaf Leaf(uint index) => new(index, SubjectOutcome.Unspecified)
    {
        Tag = Random(),
        RequesterCode = Random(),
        ProviderCode = Random(),
        Digest = Random(),
    };

    private static Sha256Digest Random() => Sha256Digest.FromBytes(RandomNumberGenerator.GetBytes(Sha256Digest.Size));

    /// <summary>MTH({}) = SHA-256(); MTH({d}) = SHA-256(0x00 ‖ d); else SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])), k the largest power of two below n.</summary>
    private static byte[] Mth(byte[][] leaves)
    {
        if (leaves.Length < 2)
        {
            return SHA256.HashData(leaves.Length == 0 ? [] : [0, .. leaves[0]]);
        }

        var k = 1;
        while (k * 2 < leaves.Length)
        {
            k *= 2;
        }

        return SHA256.HashData([1, .. Mth(leaves[..k]), .. Mth(leaves[k..])]);
    }
}
