using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InfoLink.Agent.Providing;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Trust;
using InfoLink.Tests.Providing;

namespace InfoLink.Tests.Fuzzing;

/// <summary>The token, as a stranger bends it and as a bent broker would sign it, and the grant that lies in Redis.</summary>
internal static class TokenTargets
{
    public static IEnumerable<FuzzTarget> Of(RealExchanges real, TrustBase provider, TimeProvider then, TokenForge forge)
    {
        var verification = new TokenVerification(provider.Self, () => provider.Members, then);
        var parts = real.Token.Reveal().Split('.');
        var (header, payload) = (Base64Url.DecodeFromChars(parts[0]), Base64Url.DecodeFromChars(parts[1]));
        var sign = TokenForge.Es256(forge.BrokersKey);

        yield return new FuzzTarget("token", Form.Text, [Encoding.ASCII.GetBytes(real.Token.Reveal())], Token) { IsSecret = true, Weight = 2 };
        yield return new FuzzTarget("token-payload", Form.Json, [payload, TokenPayload.Write(Tokens.SomeClaims.Make() with { Continues = ExchangeId.New() })], Payload) { IsSecret = true };
        yield return new FuzzTarget("token-signed-payload", Form.Json, [payload], bytes => Signed(header, bytes) is not null) { IsSecret = true, Weight = 2 };
        yield return new FuzzTarget("token-signed-header", Form.Json, [header], SignedHeader) { IsSecret = true, Weight = 2 };

        var grant = real.Grant().ToBytes();
        yield return new FuzzTarget("grant", Form.Bytes, [grant], Grant, typeof(CryptographicException));
        var seal = new GrantSeal(RandomNumberGenerator.GetBytes(32));
        var id = TokenId.New();
        var closed = seal.Seal(real.Grant(), id);
        yield return new FuzzTarget("grant-sealed", Form.Bytes, [closed], bytes => Sealed(seal, id, bytes, closed));

        bool Token(byte[] bytes)
        {
            if (!ExchangeToken.TryParse(Encoding.UTF8.GetString(bytes), out var token))
            {
                return false;
            }

            _ = TokenPayload.TryPeekTokenId(token, out _);
            var claims = Verified(token);
            Readers.Require(claims is null || TokenPayload.Write(claims).AsSpan().SequenceEqual(payload), "a token that nobody signed is taken");
            return claims is not null;
        }

        TokenClaims? Verified(ExchangeToken token) => verification.VerifyAsync(token).GetAwaiter().GetResult() is Outcome<TokenClaims>.Done verified ? verified.Value : null;

        TokenClaims? Signed(byte[] head, byte[] body)
        {
            var text = $"{Base64Url.EncodeToString(head)}.{Base64Url.EncodeToString(body)}";
            return ExchangeToken.TryParse($"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}", out var token) ? Verified(token) : null;
        }

        bool SignedHeader(byte[] bytes)
        {
            if (Signed(bytes, payload) is null)
            {
                return false;
            }

            using var read = JsonDocument.Parse(bytes);
            var members = read.RootElement.EnumerateObject().Select(member => $"{member.Name}={member.Value}").Order(StringComparer.Ordinal);
            using var good = JsonDocument.Parse(header);
            Readers.Require(
                members.SequenceEqual(good.RootElement.EnumerateObject().Select(member => $"{member.Name}={member.Value}").Order(StringComparer.Ordinal), StringComparer.Ordinal),
                "a token with another header is taken");
            return true;
        }
    }

    private static bool Payload(byte[] bytes)
    {
        if (!TokenPayload.TryRead(bytes, out var claims))
        {
            return false;
        }

        var written = TokenPayload.Write(claims);
        Readers.Require(TokenPayload.TryRead(written, out var again) && TokenPayload.Write(again).AsSpan().SequenceEqual(written), "claims that are others when they are written and read again");
        return true;
    }

    private static bool Grant(byte[] bytes)
    {
        using var grant = Broker.Tokens.Grant.FromBytes(bytes);
        Readers.Require(grant.ToBytes().AsSpan().SequenceEqual(bytes), "a grant with two forms");
        return true;
    }

    private static bool Sealed(GrantSeal seal, TokenId id, byte[] bytes, byte[] closed)
    {
        using var grant = seal.TryOpen(bytes, id);
        Readers.Require(grant is null || bytes.AsSpan().SequenceEqual(closed), "a seal that was changed opens");
        return grant is not null;
    }
}
