using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>A token is signed by the broker's key, as the verifier says and not as the token says, or it is refused by name (RFC 8725).</summary>
public sealed class SignatureAttackTests(ProviderUnderAttack provider) : IClassFixture<ProviderUnderAttack>
{
    public static TheoryData<string, Action<JsonObject>> Headers => new()
    {
        { "another type", header => header["typ"] = "JWT" },
        { "the type of an ID token", header => header["typ"] = "id+jwt" },
        { "no type", header => header.Remove("typ") },
        { "another algorithm's name", header => header["alg"] = "ES384" },
        { "alg none over a good signature", header => header["alg"] = "none" },
        { "no algorithm", header => header.Remove("alg") },
        { "an unknown key", header => header["kid"] = "t2" },
        { "no key", header => header.Remove("kid") },
        { "a key that is a path", header => header["kid"] = "../../t1" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task A_header_that_is_not_a_tokens_is_refused_though_the_broker_signed_it(string what, Action<JsonObject> change)
    {
        Assert.NotEmpty(what);
        var request = await provider.RequestAsync();
        TokenForge.Put(request, provider.Forge.Resign(request.Token, change, _ => { }));
        await provider.RefusedAsync(RefusalName.TokenInvalid, request);
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        var request = await provider.RequestAsync();
        request.Token = TokenForge.Sign(request.Token, header => header["alg"] = "none", _ => { }, _ => []);
        await provider.RefusedAsync(RefusalName.TokenInvalid, request);
        request.Token = TokenForge.Sign(request.Token, _ => { }, _ => { }, _ => []);
        await provider.RefusedAsync(RefusalName.TokenInvalid, request);
    }

    [Fact]
    public async Task The_public_key_is_no_secret_to_sign_with()
    {
        var request = await provider.RequestAsync();
        var spki = provider.Forge.BrokersKey.ExportSubjectPublicKeyInfo();
        foreach (var secret in (byte[][])[spki, Encoding.ASCII.GetBytes(provider.Forge.BrokersKey.ExportSubjectPublicKeyInfoPem())])
        {
            request.Token = TokenForge.Sign(request.Token, header => header["alg"] = "HS256", _ => { }, data => HMACSHA256.HashData(secret, data));
            await provider.RefusedAsync(RefusalName.TokenInvalid, request);
        }
    }

    [Fact]
    public async Task Another_key_under_the_known_kid_is_refused()
    {
        var request = await provider.RequestAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        request.Token = TokenForge.Sign(request.Token, _ => { }, _ => { }, TokenForge.Es256(own));
        await provider.RefusedAsync(RefusalName.TokenInvalid, request);
    }

    [Fact]
    public async Task A_key_that_the_token_brings_along_is_refused()
    {
        var request = await provider.RequestAsync();
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = own.ExportParameters(includePrivateParameters: false).Q;
        request.Token = TokenForge.Sign(
            request.Token,
            header =>
            {
                header["jwk"] = new JsonObject
                {
                    ["kty"] = "EC",
                    ["crv"] = "P-256",
                    ["kid"] = "t1",
                    ["x"] = System.Buffers.Text.Base64Url.EncodeToString(point.X),
                    ["y"] = System.Buffers.Text.Base64Url.EncodeToString(point.Y),
                };
                header["jku"] = "https://127.0.0.1/keys";
            },
            _ => { },
            TokenForge.Es256(own));
        await provider.RefusedAsync(RefusalName.TokenInvalid, request);
    }

    [Fact]
    public async Task A_signature_in_another_form_is_refused()
    {
        var request = await provider.RequestAsync();
        var der = TokenForge.Sign(
            request.Token, _ => { }, _ => { }, data => provider.Forge.BrokersKey.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        foreach (var token in (string[])[der, request.Token[..^4], request.Token + "AAAA", request.Token[..^86] + new string('A', 86)])
        {
            request.Token = token;
            await provider.RefusedAsync(RefusalName.TokenInvalid, request);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    [InlineData("a.b.c.d.e")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.")]
    [InlineData("横浜")]
    public async Task Text_that_is_no_token_is_refused(string text)
    {
        var request = await provider.RequestAsync();
        request.Token = text;
        var readable = text.Length > 0 && text.All(char.IsAscii);
        await provider.RefusedAsync(RefusalName.TokenInvalid, request, onRecord: readable);
    }

    [Fact]
    public async Task A_token_that_is_too_long_is_refused_unread()
    {
        var request = await provider.RequestAsync();
        request.Token = request.Token + "." + new string('A', 4096);
        await provider.RefusedAsync(RefusalName.TokenInvalid, request, "form", onRecord: false);
    }
}
