using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace InfoLink.Tests.Sealing;

public class RecipientKeyTests
{
    [Fact]
    public void Every_exchange_has_a_key_of_its_own()
    {
        using var one = RecipientKey.Create();
        using var other = RecipientKey.Create();
        Assert.Equal(RecipientKey.PublicKeyLength, one.PublicKey.Length);
        Assert.Equal(0x04, one.PublicKey.Span[0]);
        Assert.NotEqual(one.PublicKey.ToArray(), other.PublicKey.ToArray());
        Assert.NotEqual(one.Thumbprint.ToArray(), other.Thumbprint.ToArray());
    }

    [Fact]
    public void Both_sides_compute_the_same_thumbprint()
    {
        using var key = RecipientKey.Create();
        Assert.Equal(key.Thumbprint.ToArray(), RecipientKey.ThumbprintOf(key.PublicKey.Span));
        Assert.Equal(43, key.Rek.Length);
    }

    [Fact]
    public void Thumbprints_agree_with_an_independent_implementation()
    {
        foreach (var exchange in VectorFile.Read("answer_seal.json").GetProperty("exchanges").EnumerateArray())
        {
            using var key = RecipientKey.From(HpkeTests.PrivateKey(exchange.Hex("skR")));
            Assert.Equal(exchange.Hex("pkR"), key.PublicKey.ToArray());
            Assert.Equal(exchange.Text("rek"), key.Rek);
        }
    }

    [Fact]
    public void Thumbprints_agree_with_the_token_library()
    {
        using var key = RecipientKey.Create();
        var point = key.PublicKey.ToArray();
        var jwk = new JsonWebKey { Kty = "EC", Crv = "P-256", X = Base64UrlEncoder.Encode(point[1..33]), Y = Base64UrlEncoder.Encode(point[33..]) };
        Assert.Equal(key.Thumbprint.ToArray(), jwk.ComputeJwkThumbprint());
    }

    [Fact]
    public void It_prints_its_public_thumbprint_only()
    {
        using var key = RecipientKey.Create();
        Assert.Equal($"RecipientKey({key.Rek})", key.ToString());
    }
}
