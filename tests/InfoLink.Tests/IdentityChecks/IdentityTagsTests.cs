using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent.IdentityChecks;
using InfoLink.Contracts.Sealing;
using InfoLink.Matching;
using Xunit;

namespace InfoLink.Tests.IdentityChecks;

public sealed class IdentityTagsTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, IdentityTags.KeyLength).Select(i => (byte)i)];
    private static readonly BasicAttributes Hanako = new() { Kana = "コウノ　ハナコ", BirthDate = "昭和60年3月5日", Sex = "女" };

    [Fact]
    public void Tags_are_the_first_bytes_of_HMACs_over_birth_and_reading()
    {
        var tags = IdentityTags.Of(Key, Hanako);
        Assert.Equal(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes("infolink/identity/birth/v1/19850305/2"))[0], tags.Birth);
        Assert.Equal(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes("infolink/identity/kana/v1/コウノハナコ"))[0], tags.Kana);
    }

    [Fact]
    public void One_person_written_in_two_ways_is_the_same() => Assert.Equal(
        IdentityVerdict.Same,
        IdentityTags.Of(Key, Hanako).Compare(IdentityTags.Of(Key, new BasicAttributes { Kana = "ｺｳﾉ ﾊﾅｺ", BirthDate = "1985-03-05", Sex = "2" })));

    [Theory]
    [InlineData(1, 1, 1, 1, IdentityVerdict.Same)]
    [InlineData(1, 1, 1, 2, IdentityVerdict.Doubtful)]
    [InlineData(1, 1, 2, 1, IdentityVerdict.Other)]
    [InlineData(1, 1, 2, 2, IdentityVerdict.Other)]
    [InlineData(1, null, 1, 1, IdentityVerdict.Doubtful)]
    [InlineData(1, 1, 1, null, IdentityVerdict.Doubtful)]
    [InlineData(1, null, 2, 1, IdentityVerdict.Other)]
    [InlineData(null, 1, 1, 1, IdentityVerdict.Doubtful)]
    [InlineData(null, 1, 1, 2, IdentityVerdict.Other)]
    [InlineData(null, null, null, null, IdentityVerdict.Doubtful)]
    public void Birth_decides_first_and_what_is_missing_decides_nothing(int? birth, int? kana, int? otherBirth, int? otherKana, object verdict) => Assert.Equal(
        (IdentityVerdict)verdict, new IdentityTags((byte?)birth, (byte?)kana).Compare(new IdentityTags((byte?)otherBirth, (byte?)otherKana)));

    [Fact]
    public void What_is_not_known_has_no_tag()
    {
        Assert.Equal(new IdentityTags(null, null), IdentityTags.Of(Key, null));
        Assert.Null(IdentityTags.Of(Key, Hanako with { Sex = null }).Birth);
        Assert.Null(IdentityTags.Of(Key, Hanako with { BirthDate = "昭和60年不詳" }).Birth);
        Assert.Null(IdentityTags.Of(Key, Hanako with { Kana = " " }).Kana);
    }

    [Fact]
    public void Somebody_else_passes_by_birth_about_once_in_256_keys()
    {
        var other = Hanako with { BirthDate = "1985-03-06" };
        var passed = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var key = SHA256.HashData(BitConverter.GetBytes(i));
            passed += IdentityTags.Of(key, Hanako).Birth == IdentityTags.Of(key, other).Birth ? 1 : 0;
        }

        Assert.InRange(passed, 40, 125); // 78 expected, the same each time.
    }

    [Fact]
    public void A_check_opens_for_its_provider_token_and_index_alone()
    {
        using var provider = new CheckingKey(new byte[32]);
        using var another = new CheckingKey(Key);
        byte[] token = SHA256.HashData("token"u8), elsewhere = SHA256.HashData("another"u8);
        var check = IdentityCheckSeal.Seal(provider.PublicKey.Span, token, index: 3, Hanako);
        Assert.Equal(IdentityVerdict.Same, IdentityCheckSeal.TryOpen(provider.Pair, token, check)!.HeldAgainst(Hanako));
        Assert.Null(IdentityCheckSeal.TryOpen(another.Pair, token, check));
        Assert.Null(IdentityCheckSeal.TryOpen(provider.Pair, elsewhere, check));
        check.Index = 4;
        Assert.Null(IdentityCheckSeal.TryOpen(provider.Pair, token, check));
    }

    [Fact]
    public void Nothing_that_a_peer_may_send_instead_opens()
    {
        using var provider = new CheckingKey(new byte[32]);
        var token = SHA256.HashData("token"u8);
        foreach (var spoil in (Action<V1.SealedIdentityCheck>[])
        [
            check => check.Enc = Google.Protobuf.ByteString.Empty,
            check => check.Enc = Google.Protobuf.ByteString.CopyFrom(new byte[65]),
            check => check.Ciphertext = Google.Protobuf.ByteString.Empty,
            check => check.Ciphertext = Google.Protobuf.ByteString.CopyFrom(new byte[check.Ciphertext.Length]),
            check => check.Ciphertext = Google.Protobuf.ByteString.CopyFrom(new byte[1_000]),
        ])
        {
            var check = IdentityCheckSeal.Seal(provider.PublicKey.Span, token, 0, Hanako);
            spoil(check);
            Assert.Null(IdentityCheckSeal.TryOpen(provider.Pair, token, check));
        }
    }

    [Fact]
    public void A_key_pair_follows_from_its_secret_as_RFC_9180_says()
    {
        foreach (var vector in Codes.VectorFile.Read("hpke_vectors.json").GetProperty("vectors").EnumerateArray().Where(vector => vector.GetProperty("kem_id").GetInt32() == 16))
        {
            using var pair = SealingKeyPair.Derive(Convert.FromHexString(vector.GetProperty("ikmR").GetString()!));
            Assert.Equal(Convert.FromHexString(vector.GetProperty("pkRm").GetString()!), SealingKeyPair.PublicOf(pair));
        }
    }
}
