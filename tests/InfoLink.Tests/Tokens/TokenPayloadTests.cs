using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>A token's payload is read strictly: what it must hold, and nothing else.</summary>
public sealed class TokenPayloadTests
{
    private static readonly string Good = Encoding.UTF8.GetString(TokenPayload.Write(SomeClaims.Make() with { Continues = ExchangeId.New() }));

    /// <summary>Every member of the payload, as a path.</summary>
    public static TheoryData<string> Members => [.. Paths(JsonNode.Parse(Good)!, "")];

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(SomeClaims.Any, claims =>
    {
        var bytes = TokenPayload.Write(claims);
        return TokenPayload.TryRead(bytes, out var read)
            && bytes.SequenceEqual(TokenPayload.Write(read))
            && read with { Kinds = claims.Kinds } == claims
            && read.Kinds.SequenceEqual(claims.Kinds);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Members))]
    public void A_missing_member_is_refused(string path)
    {
        if (path is "authorization_details/0/continues")
        {
            Assert.True(Reads(Bend(path, (parent, name) => parent.Remove(name)))); // The one that may be absent.
            return;
        }

        Assert.False(Reads(Bend(path, (parent, name) => parent.Remove(name))));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void A_member_of_another_type_is_refused(string path)
    {
        foreach (var other in (Func<JsonNode?>[])[() => true, () => new JsonObject(), () => 1.5, () => "?", () => new JsonArray(), () => 1e300])
        {
            Assert.False(Reads(Bend(path, (parent, name) => parent[name] = other())) && path is not "iss");
        }

        Assert.False(Reads(Bend(path, (parent, name) => parent[name] = null)) && path is not "authorization_details/0/continues");
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void A_member_twice_is_refused(string path)
    {
        var name = path.Split('/')[^1];
        var at = Good.IndexOf($"\"{name}\":", StringComparison.Ordinal);
        Assert.False(Reads(Good.Insert(at, $"\"{name}\":0,")));
        Assert.False(Reads(Good.Insert(at, Good[at..NextComma(at)] + ",")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cnf")]
    [InlineData("authorization_details/0")]
    [InlineData("authorization_details/0/catalog")]
    public void A_member_that_nobody_knows_is_refused(string path)
    {
        var payload = JsonNode.Parse(Good)!;
        var parent = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(payload, Step);
        parent.AsObject().Add("nobody-knows", "x");
        Assert.False(Reads(payload.ToJsonString()));
    }

    [Theory]
    [InlineData("""{"jti":"x"}""")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void What_is_no_payload_is_refused(string payload) => Assert.False(Reads(payload));

    [Theory]
    [InlineData("sub", "\"141305\"")] // Not the client_id.
    [InlineData("client_id", "\"141305\"")]
    [InlineData("aud", "[\"131121\"]")]
    [InlineData("aud", "\"Setagaya\"")]
    [InlineData("exp", "\"1789450060\"")]
    [InlineData("exp", "1789450060.0")]
    [InlineData("exp", "99999999999999")]
    [InlineData("iat", "-99999999999999")]
    [InlineData("authorization_details", "[]")]
    [InlineData("authorization_details/0/type", "\"urn:infolink:exchange:v2\"")]
    [InlineData("authorization_details/0/kinds", "[]")]
    [InlineData("authorization_details/0/kinds", "[\"b\",\"a\"]")]
    [InlineData("authorization_details/0/kinds", "[\"a\",\"a\"]")]
    [InlineData("authorization_details/0/count", "0")]
    [InlineData("authorization_details/0/count", "1001")]
    [InlineData("authorization_details/0/count", "4294967297")]
    [InlineData("authorization_details/0/rek", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"")] // Fill bits that are not zero.
    [InlineData("authorization_details/0/rek", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"")]
    [InlineData("authorization_details/0/continues", "\"\"")]
    [InlineData("txn", "\"01234567890123456789012345\\u0000\"")]
    [InlineData("jti", "\"AAAAAAAAAAAAAAAAAAAAAB\"")]
    [InlineData("jti", "\"!!!!!!!!!!!!!!!!!!!!!!\"")]
    [InlineData("jti", "\"AAAAAAAAAAAAAAAAAAAA  \"")]
    public void A_value_outside_its_rules_is_refused(string path, string value) =>
        Assert.False(Reads(Bend(path, (parent, name) => parent[name] = JsonNode.Parse(value))));

    [Fact]
    public void Two_details_are_refused() => Assert.False(Reads(Bend("authorization_details", (parent, name) =>
        parent[name]!.AsArray().Add(parent[name]![0]!.DeepClone()))));

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_a_fault()
    {
        var good = Encoding.UTF8.GetBytes(Good);
        Prop.ForAll(Gen.Choose(0, good.Length - 1).ListOf(4).ToArbitrary(), Gen.Choose(0, 255).ListOf(4).ToArbitrary(), (places, values) =>
        {
            var bent = (byte[])good.Clone();
            foreach (var (place, value) in places.Zip(values))
            {
                bent[place] = (byte)value;
            }

            TokenPayload.TryRead(bent, out _);
            Assert.True(ExchangeToken.TryParse($"e30.{Base64Url.EncodeToString(bent)}.x", out var token));
            TokenPayload.TryPeekTokenId(token, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_text_is_peeked_at_without_a_fault() => Prop.ForAll<string>(text =>
    {
        if (ExchangeToken.TryParse(text ?? "", out var token))
        {
            TokenPayload.TryPeekTokenId(token, out _);
        }

        if (ExchangeToken.TryParse($".{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"jti":{{text}}}"""))}.", out var inside))
        {
            TokenPayload.TryPeekTokenId(inside, out _);
        }
    }).QuickCheckThrowOnFailure();

    private static bool Reads(string payload) => TokenPayload.TryRead(Encoding.UTF8.GetBytes(payload), out _);

    private static string Bend(string path, Action<JsonObject, string> bend)
    {
        var payload = JsonNode.Parse(Good)!;
        Assert.True(Reads(payload.ToJsonString()), "The control is not read.");
        var steps = path.Split('/');
        bend(steps[..^1].Aggregate(payload, Step).AsObject(), steps[^1]);
        return payload.ToJsonString();
    }

    private static JsonNode Step(JsonNode node, string step) =>
        node is JsonArray array ? array[int.Parse(step, CultureInfo.InvariantCulture)]! : node[step]!;

    private static IEnumerable<string> Paths(JsonNode node, string prefix) => node switch
    {
        JsonObject members => members.SelectMany(member => Paths(member.Value!, prefix + member.Key + "/").Prepend(prefix + member.Key)),
        JsonArray array when array[0] is JsonObject => Paths(array[0]!, prefix + "0/"),
        _ => [],
    };

    /// <summary>The end of the member that begins here: good enough for this payload, whose texts hold no comma.</summary>
    private static int NextComma(int at)
    {
        var depth = 0;
        for (var i = at; ; i++)
        {
            depth += Good[i] switch { '{' or '[' => 1, '}' or ']' => -1, _ => 0 };
            if (depth < 0 || (depth == 0 && Good[i] == ','))
            {
                return i;
            }
        }
    }
}
