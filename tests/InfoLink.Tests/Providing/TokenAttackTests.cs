using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>A token is the broker's, whole and for this moment, or it is refused by name (RFC 8725; design §4 step 6).</summary>
public sealed class TokenAttackTests(ProviderUnderAttack provider) : IClassFixture<ProviderUnderAttack>
{
    /// <summary>Payloads that the broker's own key signed, and that say something else than a token says.</summary>
    public static TheoryData<string, Action<JsonObject>, RefusalName> Payloads => new()
    {
        { "another issuer", payload => payload["iss"] = "spiffe://other.example/broker", RefusalName.TokenInvalid },
        { "an agency as issuer", payload => payload["iss"] = $"spiffe://infolink.example/agency/{NetworkFolder.Requester}", RefusalName.TokenInvalid },
        { "another audience", payload => payload["aud"] = NetworkFolder.Bystander, RefusalName.TokenNotForCaller },
        { "two audiences", payload => payload["aud"] = new JsonArray(NetworkFolder.Provider, NetworkFolder.Bystander), RefusalName.TokenInvalid },
        { "expired a minute ago", payload => Shift(payload, -131), RefusalName.TokenExpired },
        { "issued in the future", payload => Shift(payload, 30), RefusalName.TokenInvalid },
        { "lives 61 seconds", payload => payload["exp"] = Number(payload, "iat") + 61, RefusalName.TokenInvalid },
        { "lives a year", payload => payload["exp"] = Number(payload, "iat") + (365 * 86400), RefusalName.TokenInvalid },
        { "lives for ever", payload => payload["exp"] = 253_402_300_799, RefusalName.TokenInvalid },
        { "ends beyond all dates", payload => payload["exp"] = long.MaxValue, RefusalName.TokenInvalid },
        { "ended before it began", payload => payload["iat"] = Number(payload, "exp") + 5, RefusalName.TokenInvalid },
        { "issued before all dates", payload => payload["iat"] = long.MinValue, RefusalName.TokenInvalid },
        { "no end", payload => payload.Remove("exp"), RefusalName.TokenInvalid },
        { "no issuer", payload => payload.Remove("iss"), RefusalName.TokenInvalid },
        { "no audience", payload => payload.Remove("aud"), RefusalName.TokenNotForCaller },
        { "no iat", payload => payload.Remove("iat"), RefusalName.TokenInvalid },
        { "no jti", payload => payload.Remove("jti"), RefusalName.TokenInvalid },
        { "no txn", payload => payload.Remove("txn"), RefusalName.TokenInvalid },
        { "no sub", payload => payload.Remove("sub"), RefusalName.TokenInvalid },
        { "no client_id", payload => payload.Remove("client_id"), RefusalName.TokenInvalid },
        { "no cnf", payload => payload.Remove("cnf"), RefusalName.TokenInvalid },
        { "no details", payload => payload.Remove("authorization_details"), RefusalName.TokenInvalid },
        { "no detail", payload => payload["authorization_details"] = new JsonArray(), RefusalName.TokenInvalid },
        { "one detail more", payload => payload["authorization_details"]!.AsArray().Add(payload["authorization_details"]![0]!.DeepClone()), RefusalName.TokenInvalid },
        { "a detail of another type", payload => Detail(payload)["type"] = "urn:infolink:exchange:v2", RefusalName.TokenInvalid },
        { "a detail with a field more", payload => Detail(payload)["more"] = 1, RefusalName.TokenInvalid },
        { "a claim more", payload => payload["scope"] = "all", RefusalName.TokenInvalid },
        { "a confirmation more", payload => payload["cnf"]!["jkt"] = "x", RefusalName.TokenInvalid },
        { "sub and client_id differ", payload => payload["client_id"] = NetworkFolder.Bystander, RefusalName.TokenInvalid },
        { "sub of another form", payload => Asks(payload, "YOKOHAMA"), RefusalName.TokenInvalid },
        { "a jti that is no base64url", payload => payload["jti"] = "!!!!!!!!!!!!!!!!!!!!!!", RefusalName.TokenInvalid },
        { "a confirmation that is no base64url", payload => payload["cnf"]!["x5t#S256"] = new string('!', 43), RefusalName.TokenInvalid },
        { "a txn of another form", payload => payload["txn"] = "x", RefusalName.TokenInvalid },
        { "a number as text", payload => payload["iat"] = $"{Number(payload, "iat")}", RefusalName.TokenInvalid },
        { "a time with a fraction", payload => payload["iat"] = Number(payload, "iat") + 0.5, RefusalName.TokenInvalid },
        { "null for a claim", payload => payload["txn"] = null, RefusalName.TokenInvalid },
        { "kinds out of order", payload => Detail(payload)["kinds"] = new JsonArray("municipal-inhabitant-tax", "family-register"), RefusalName.TokenInvalid },
        { "a kind twice", payload => Detail(payload)["kinds"] = new JsonArray("municipal-inhabitant-tax", "municipal-inhabitant-tax"), RefusalName.TokenInvalid },
        { "no kind", payload => Detail(payload)["kinds"] = new JsonArray(), RefusalName.TokenInvalid },
        { "nobody", payload => Detail(payload)["count"] = 0, RefusalName.TokenInvalid },
        { "a thousand and one", payload => Detail(payload)["count"] = 1001, RefusalName.TokenInvalid },
        { "another requester", payload => Asks(payload, NetworkFolder.Bystander), RefusalName.TokenOtherCertificate },
        { "another certificate", payload => payload["cnf"]!["x5t#S256"] = Sha256Digest.Of([1]).ToString(), RefusalName.TokenOtherCertificate },
        { "another recipient key", payload => Detail(payload)["rek"] = Sha256Digest.Of([1]).ToString(), RefusalName.RecipientKeyMismatch },
        { "other conditions", payload => Detail(payload)["conditions"] = Sha256Digest.Of([1]).ToString(), RefusalName.ConditionsMismatch },
        { "another version of the catalog", payload => Detail(payload)["catalog"]!["version"] = 2, RefusalName.CatalogMismatch },
        { "another catalog of the same version", payload => Detail(payload)["catalog"]!["sha256"] = Sha256Digest.Of([1]).ToString(), RefusalName.CatalogMismatch },
        { "an entry that is not in the catalog", payload => Detail(payload)["entry"] = "999.municipality.1", RefusalName.EntryUnknown },
        { "an entry with another provider", payload => Detail(payload)["entry"] = "106.justice-minister.108-1-i", RefusalName.ProviderNotInEntry },
        { "a role that the entry does not have", payload => Detail(payload)["role"] = "neighbour", RefusalName.RoleNotInEntry },
        { "a kind that the entry does not have", payload => Detail(payload)["kinds"] = new JsonArray("public-assistance"), RefusalName.KindNotInEntry },
    };

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
    [MemberData(nameof(Payloads))]
    public async Task A_payload_that_is_not_a_tokens_is_refused_though_the_broker_signed_it(string what, Action<JsonObject> change, RefusalName name)
    {
        Assert.NotEmpty(what);
        var request = await provider.RequestAsync();
        TokenForge.Put(request, provider.Forge.Resign(request.Token, _ => { }, change));
        await provider.RefusedAsync(name, request);
    }

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
    public async Task Resigning_alone_harms_no_token()
    {
        // The tests above mean something only if a token that was merely signed again passes.
        var request = await provider.RequestAsync();
        var before = await provider.StateAsync();
        TokenForge.Put(request, provider.Forge.Resign(request.Token, _ => { }, _ => { }));
        var fault = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => provider.FetchAsync(request));
        Assert.Equal(RefusalName.TokenInvalid, Contracts.Refusals.RefusalWire.TryRead(fault)?.Name); // The broker's word: not the token of the grant.
        Assert.Equal((before.Spent + 1, before.AtBroker + 1), ((await provider.StateAsync()).Spent, (await provider.StateAsync()).AtBroker));
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
                    ["kty"] = "EC", ["crv"] = "P-256", ["kid"] = "t1",
                    ["x"] = System.Buffers.Text.Base64Url.EncodeToString(point.X), ["y"] = System.Buffers.Text.Base64Url.EncodeToString(point.Y),
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

    [Fact]
    public async Task A_claim_that_stands_twice_is_refused_though_the_broker_signed_it()
    {
        foreach (var claim in (string[])["aud", "sub", "jti", "exp", "cnf", "authorization_details"])
        {
            var request = await provider.RequestAsync();
            request.Token = provider.Forge.ResignText(request.Token, payload =>
            {
                var value = JsonNode.Parse(payload)![claim]!.ToJsonString();
                return payload[..^1] + $",\"{claim}\":{value}}}";
            });
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

    [Fact]
    public async Task A_payload_that_is_no_object_is_refused_though_the_broker_signed_it()
    {
        foreach (var payload in (string[])["[]", "\"x\"", "1", "null", "{", "", "{}", "{\"a\":" + new string('[', 200) + new string(']', 200) + "}"])
        {
            var request = await provider.RequestAsync();
            request.Token = provider.Forge.ResignText(request.Token, _ => payload);
            await provider.RefusedAsync(RefusalName.TokenInvalid, request);
        }
    }

    private static JsonNode Detail(JsonObject payload) => payload["authorization_details"]![0]!;

    private static long Number(JsonObject payload, string claim) => payload[claim]!.GetValue<long>();

    private static void Asks(JsonObject payload, string agency)
    {
        payload["sub"] = agency;
        payload["client_id"] = agency;
    }

    private static void Shift(JsonObject payload, long seconds)
    {
        payload["iat"] = Number(payload, "iat") + seconds;
        payload["exp"] = Number(payload, "exp") + seconds;
    }
}
