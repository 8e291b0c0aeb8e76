using System.Text.Json.Nodes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>What a token says is what a token says and no more, or it is refused by name (RFC 8725; design §4 step 6).</summary>
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

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_payload_that_is_not_a_tokens_is_refused_though_the_broker_signed_it(string what, Action<JsonObject> change, RefusalName name)
    {
        Assert.NotEmpty(what);
        var request = await provider.RequestAsync();
        TokenForge.Put(request, provider.Forge.Resign(request.Token, _ => { }, change));
        await provider.RefusedAsync(name, request);
    }

    [Fact]
    public async Task Resigning_alone_harms_no_token()
    {
        // The tests above mean something only if a token that was merely signed again passes them: it is stopped later, since no approval
        // of it stands in the broker's log.
        var request = await provider.RequestAsync();
        TokenForge.Put(request, provider.Forge.Resign(request.Token, _ => { }, _ => { }));
        await provider.RefusedAsync(RefusalName.ReceiptInvalid, request, "inclusion");
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
