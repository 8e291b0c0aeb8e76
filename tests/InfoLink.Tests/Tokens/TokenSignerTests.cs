using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>What the broker assembles by hand is what a JWT library reads.</summary>
public sealed class TokenSignerTests
{
    [Fact]
    public async Task The_library_verifies_the_token_and_reads_every_claim()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(key, "t1");
        var claims = SomeClaims.Make(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var token = signer.Sign(claims);

        var result = await ValidateAsync(token.Reveal(), key);
        Assert.True(result.IsValid, result.Exception?.Message);
        var jwt = (JsonWebToken)result.SecurityToken;
        Assert.Equal(("at+jwt", "ES256", "t1"), (jwt.Typ, jwt.Alg, jwt.Kid));
        Assert.Equal("141003", jwt.Subject);
        Assert.Equal(Base64Url.EncodeToString(claims.TokenId.Reveal()), jwt.Id);
        Assert.Equal(claims.Expires, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
        Assert.Equal(claims.ExchangeId.ToString(), jwt.GetClaim("txn").Value);
        Assert.Equal(
            claims.Confirmation.ToString(), JsonDocument.Parse(jwt.GetClaim("cnf").Value).RootElement.GetProperty("x5t#S256").GetString());
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.EncodedHeader)).RootElement;
        Assert.Equal("alg kid typ", string.Join(' ', header.EnumerateObject().Select(member => member.Name)));
    }

    [Fact]
    public async Task Any_claims_survive_signing()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(key, "t1");
        foreach (var claims in FsCheck.Fluent.Gen.Sample(SomeClaims.Any.Generator, 50))
        {
            var token = signer.Sign(claims);
            Assert.True(TokenPayload.TryRead(Base64Url.DecodeFromChars(token.Reveal().Split('.')[1]), out var read));
            Assert.Equal(claims with { Kinds = [] }, read with { Kinds = [] });
            Assert.True(TokenPayload.TryPeekTokenId(token, out var id));
            Assert.Equal(claims.TokenId, id);
            var rules = Rules(key);
            rules.ValidateLifetime = false;
            var result = await new JsonWebTokenHandler().ValidateTokenAsync(token.Reveal(), rules);
            Assert.True(result.IsValid, result.Exception?.Message);
        }
    }

    [Fact]
    public async Task Another_key_and_any_changed_character_are_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(key, "t1");
        var token = signer.Sign(SomeClaims.Make(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())).Reveal();
        Assert.False((await ValidateAsync(token, other)).IsValid);
        for (var i = 0; i < token.Length - 1; i += 7)
        {
            var bent = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            Assert.False((await ValidateAsync(bent, key)).IsValid, $"Character {i} may be changed.");
        }
    }

    [Fact]
    public async Task Many_threads_sign_at_once_each_its_own()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = new TokenSigner(key, "t1");
        var signed = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() =>
        {
            var claims = SomeClaims.Make(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
            return (claims, Token: signer.Sign(claims).Reveal());
        })));
        foreach (var (claims, token) in signed)
        {
            var result = await ValidateAsync(token, key);
            Assert.True(result.IsValid, result.Exception?.Message);
            Assert.Equal(Base64Url.EncodeToString(claims.TokenId.Reveal()), ((JsonWebToken)result.SecurityToken).Id);
        }
    }

    private static Task<TokenValidationResult> ValidateAsync(string token, ECDsa key) => new JsonWebTokenHandler().ValidateTokenAsync(token, Rules(key));

    private static TokenValidationParameters Rules(ECDsa key) => new()
    {
        IssuerSigningKey = new ECDsaSecurityKey(ECDsa.Create(key.ExportParameters(includePrivateParameters: false))) { KeyId = "t1" },
        ValidIssuer = "spiffe://infolink.example/broker",
        ValidateAudience = false,
        ValidAlgorithms = ["ES256"],
        ValidTypes = ["at+jwt"],
        ClockSkew = TimeSpan.FromSeconds(10),
    };
}
