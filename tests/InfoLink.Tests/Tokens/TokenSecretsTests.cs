using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>Tokens, their ids and their grants do not print, whatever prints what holds them.</summary>
public sealed class TokenSecretsTests
{
    [Fact]
    public void A_token_its_id_and_its_grant_print_nothing_of_themselves()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(key, "t1");
        var claims = SomeClaims.Make();
        var token = signer.Sign(claims);
        var grant = SomeGrant(claims, token);
        var marked = new Marked().AddToken("token", token.Reveal()).Add("seed root", grant.SeedRoot);
        var id = new byte[InfoLink.Codes.IdCode.ByteLength];
        grant.Subjects[0].Id.CopyTo(id);
        marked.Add("ID code", id);

        object[] holders = [token, claims.TokenId, claims, grant, grant.Subjects[0], new IssuedToken(claims, token), new FoundGrant(TokenKey.Of(claims.TokenId), grant, grant.ReadOpenPart())];
        foreach (var holder in holders)
        {
            marked.AssertNotIn(holder.ToString()!);
            marked.AssertNotIn($"{holder}");
        }

        Assert.Equal("TokenId(redacted)", claims.TokenId.ToString());
        Assert.Equal("ExchangeToken(redacted)", token.ToString());
        marked.AssertNotIn(JsonSerializer.Serialize(claims.TokenId));
    }

    [Fact]
    public void A_grant_that_is_done_with_holds_nobody()
    {
        var claims = SomeClaims.Make();
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(signing, "t1");
        var grant = SomeGrant(claims, signer.Sign(claims));
        grant.Dispose();
        Assert.Equal(new byte[32], grant.SeedRoot);
        Assert.All(grant.Subjects, subject => Assert.True(subject.Id.IsNone));
    }

    [Fact]
    public void A_sealed_grant_opens_with_its_token_and_its_brokers_key_only()
    {
        var claims = SomeClaims.Make();
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(signing, "t1");
        var grant = SomeGrant(claims, signer.Sign(claims));
        using var seal = new GrantSeal(RandomNumberGenerator.GetBytes(32));
        using var otherBroker = new GrantSeal(RandomNumberGenerator.GetBytes(32));
        var bytes = seal.Seal(grant, claims.TokenId);

        var opened = seal.TryOpen(bytes, claims.TokenId)!;
        Assert.Equal(grant.ToBytes(), opened.ToBytes());
        Assert.Equal(grant.Subjects, opened.Subjects);
        Assert.Null(seal.TryOpen(bytes, TokenId.New()));
        Assert.Null(otherBroker.TryOpen(bytes, claims.TokenId));
        Assert.NotEqual(bytes, seal.Seal(grant, claims.TokenId)); // No two seals are alike.
        for (var i = 0; i < bytes.Length; i++)
        {
            var bent = (byte[])bytes.Clone();
            bent[i] ^= 1;
            Assert.Null(seal.TryOpen(bent, claims.TokenId));
            Assert.Null(seal.TryOpen(bytes.AsSpan(0, i), claims.TokenId));
        }
    }

    [Fact]
    public void The_seals_key_takes_the_brokers_key_and_the_token_together()
    {
        // Written down again from the design: a stolen store, even with the broker's key, opens nothing without the tokens.
        var claims = SomeClaims.Make();
        using var signing = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(signing, "t1");
        var grant = SomeGrant(claims, signer.Sign(claims));
        var brokersKey = RandomNumberGenerator.GetBytes(32);
        using var seal = new GrantSeal([.. brokersKey]);
        var bytes = seal.Seal(grant, claims.TokenId);

        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, brokersKey, 32, salt: claims.TokenId.Reveal(), info: "infolink/grant/v1"u8.ToArray());
        using var cipher = new AesGcm(key, tagSizeInBytes: 16);
        var plain = new byte[bytes.Length - 28];
        cipher.Decrypt(bytes.AsSpan(0, 12), bytes.AsSpan(28), bytes.AsSpan(12, 16), plain, claims.TokenId.StoreKey());
        Assert.Equal(grant.ToBytes(), plain);
    }

    [Fact]
    public void Token_ids_and_attempts_have_one_text_and_are_compared_whole()
    {
        var id = TokenId.New();
        Assert.True(TokenId.TryParse(System.Buffers.Text.Base64Url.EncodeToString(id.Reveal()), out var again));
        Assert.Equal(id, again);
        Assert.Equal(id.GetHashCode(), again.GetHashCode());
        Assert.NotEqual(id, TokenId.New());
        foreach (var text in (string?[])[null, "", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAA+AAAAAAAAAA", "ああああああああああああああああああああああ"])
        {
            Assert.False(TokenId.TryParse(text, out var none));
            Assert.Equal(default, none);
        }

        var attempt = AttemptId.New();
        Assert.Equal(attempt, AttemptId.FromBytes(attempt.ToArray()));
        Assert.Equal(Convert.ToHexStringLower(attempt.ToArray()), attempt.ToString());
        Assert.Throws<ArgumentException>(() => AttemptId.FromBytes(new byte[15]));
    }

    private static Grant SomeGrant(TokenClaims claims, ExchangeToken token) => TokenDesk.Grant(
        ApprovedRecord.OpenPart(claims, token.Sha256, claims.IssuedAt, Sha256Digest.Zero),
        providerEpoch: 7,
        [new GrantedSubject(0, 7, TestNetwork.Person(1_234_567)), new GrantedSubject(999, 6, TestNetwork.Person(2_345_678))]);
}
