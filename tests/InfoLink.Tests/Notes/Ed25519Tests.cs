using System.Numerics;
using System.Text;
using InfoLink.Contracts.Notes;
using Xunit;

namespace InfoLink.Tests.Notes;

/// <summary>RFC 8032 §7.1, and what a verifier must not take.</summary>
public sealed class Ed25519Tests
{
    /// <summary>The order of the base point, RFC 8032 §5.1.</summary>
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Keys_and_signatures_are_as_published(string seed, string publicKey, string message, string signature)
    {
        using var key = Ed25519PrivateKey.FromSeed(Convert.FromHexString(seed));
        var (text, signed) = (Convert.FromHexString(message), key.Sign(Convert.FromHexString(message)));

        Assert.Equal(Convert.FromHexString(publicKey), key.PublicKey.ToArray());
        Assert.Equal(Convert.FromHexString(signature), signed);
        Assert.True(Ed25519.Verify(key.PublicKey.Span, text, signed));
        Assert.False(Ed25519.Verify(key.PublicKey.Span, [.. text, 0], signed));
    }

    [Fact]
    public void A_signature_with_any_bit_turned_over_is_refused()
    {
        using var key = Ed25519PrivateKey.Create();
        var signature = key.Sign("message"u8);
        Assert.True(Ed25519.Verify(key.PublicKey.Span, "message"u8, signature));
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Ed25519.Verify(key.PublicKey.Span, "message"u8, signature));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_scalar_of_the_order_or_above_makes_no_second_signature()
    {
        using var key = Ed25519PrivateKey.Create();
        var signature = key.Sign("message"u8);
        var scalar = new BigInteger(signature.AsSpan(32), isUnsigned: true) + Order;
        byte[] other = [.. signature[..32], .. scalar.ToByteArray(isUnsigned: true)];

        Assert.Equal(64, other.Length);
        Assert.False(Ed25519.Verify(key.PublicKey.Span, "message"u8, other));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(31, 64)]
    [InlineData(33, 64)]
    [InlineData(32, 0)]
    [InlineData(32, 63)]
    [InlineData(32, 65)]
    public void Keys_and_signatures_of_other_lengths_are_refused(int keyLength, int signatureLength)
    {
        using var key = Ed25519PrivateKey.Create();
        byte[] publicKey = [.. key.PublicKey.Span, 0], signature = [.. key.Sign("message"u8), 0];
        Assert.False(Ed25519.Verify(publicKey.AsSpan(0, keyLength), "message"u8, signature.AsSpan(0, signatureLength)));
    }

    [Fact]
    public void Bytes_that_are_no_point_are_a_key_that_signed_nothing()
    {
        using var key = Ed25519PrivateKey.Create();
        var signature = key.Sign("message"u8);
        foreach (var filling in new byte[] { 0x02, 0x7f, 0xff })
        {
            var noKey = new byte[32];
            noKey.AsSpan().Fill(filling);
            Assert.False(Ed25519.Verify(noKey, "message"u8, signature));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_seed_is_32_bytes(int length) => Assert.ThrowsAny<ArgumentException>(() => Ed25519PrivateKey.FromSeed(new byte[length]));

    [Fact]
    public void A_private_key_does_not_print_and_is_gone_when_disposed()
    {
        var seed = Encoding.ASCII.GetBytes("thirty-two bytes of a test seed!");
        var key = Ed25519PrivateKey.FromSeed(seed);
        Assert.Equal("Ed25519PrivateKey(redacted)", key.ToString());
        Assert.DoesNotContain("redacted", new NoteSigner("log.example", NoteKeyKind.Log, key).ToString(), StringComparison.Ordinal);

        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign("message"u8));
    }

    [Fact]
    public void Fresh_keys_differ()
    {
        using Ed25519PrivateKey one = Ed25519PrivateKey.Create(), other = Ed25519PrivateKey.Create();
        Assert.NotEqual(one.PublicKey.ToArray(), other.PublicKey.ToArray());
    }
}
