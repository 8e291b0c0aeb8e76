using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Providing;

/// <summary>
/// Verifies a token as RFC 9068 and RFC 8725 ask: type, algorithm, key, issuer and audience are the verifier's, never the token's. The
/// library verifies; its replay hook stays off, since a token is spent in the ledger, last, by whoever it is bound to.
/// </summary>
internal sealed class TokenVerification(AgencyId self, Func<MemberList> members, TimeProvider time)
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = ExchangeToken.MaxLength };

    // To read a key costs twice what verifying with it does. A key serves one verification at a time; there are as many as ever ran side by side.
    private readonly ConcurrentBag<Rules> _kept = [];

    public async Task<Outcome<TokenClaims>> VerifyAsync(ExchangeToken token)
    {
        var rules = Take(members());
        try
        {
            var result = await _handler.ValidateTokenAsync(token.Reveal(), rules.Parameters);
            return result.IsValid ? Read((JsonWebToken)result.SecurityToken) : WhyNot(result.Exception);
        }
        finally
        {
            _kept.Add(rules);
        }
    }

    /// <summary>The rules of this member list; those of another one go.</summary>
    private Rules Take(MemberList list)
    {
        while (_kept.TryTake(out var rules))
        {
            if (ReferenceEquals(rules.List, list))
            {
                return rules;
            }

            rules.Dispose();
        }

        ECDsaSecurityKey[] keys = [.. list.Broker.TokenKeys.Select(key => new ECDsaSecurityKey(key.Value.CreateVerifier()) { KeyId = key.Key })];
        return new Rules(list, keys, ParametersOf(list, keys));
    }

    private TokenValidationParameters ParametersOf(MemberList list, IEnumerable<SecurityKey> keys) => new()
    {
        ValidAlgorithms = [TokenRules.Algorithm],
        ValidTypes = [TokenRules.Type],
        ValidIssuer = list.BrokerName.ToString(),
        ValidAudience = self.Value,
        IssuerSigningKeys = keys,
        TryAllIssuerSigningKeys = false,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        RequireAudience = true,
        ValidateTokenReplay = false,
        LifetimeValidator = IsAlive,
        CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
    };

    /// <summary>The library reads the machine's clock; ours is the one that tests and operators can set.</summary>
    private bool IsAlive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters rules) =>
        expires is not { } end ? throw new SecurityTokenNoExpirationException("The token does not expire.")
        : time.GetUtcNow().UtcDateTime - TokenRules.ClockSkew <= end ? true
        : throw new SecurityTokenExpiredException("The token has expired.");

    private Outcome<TokenClaims> Read(JsonWebToken verified)
    {
        // RFC 7515 §4.1.11: a critical extension that is not understood must refuse the token, and the library lets it pass.
        if (!HasOnly(verified, "alg", "kid", "typ"))
        {
            return new Refusal(RefusalName.TokenInvalid, "header");
        }

        if (!TokenPayload.TryRead(Base64UrlEncoder.DecodeBytes(verified.EncodedPayload), out var claims))
        {
            return new Refusal(RefusalName.TokenInvalid, "claims");
        }

        if (claims.Expires - claims.IssuedAt > TokenRules.MaxLifetime || claims.Expires <= claims.IssuedAt)
        {
            return new Refusal(RefusalName.TokenInvalid, "lifetime");
        }

        return claims.IssuedAt > time.GetUtcNow() + TokenRules.ClockSkew ? new Refusal(RefusalName.TokenInvalid, "iat") : claims;
    }

    /// <summary>Each of these members once, and nothing else. The library reads more than JSON is: blanks of other alphabets behind the end, a member twice.</summary>
    private static bool HasOnly(JsonWebToken token, params string[] names)
    {
        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedHeader));
            return header.RootElement.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal).SequenceEqual(names, StringComparer.Ordinal);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static Refusal WhyNot(Exception fault) => fault switch
    {
        SecurityTokenExpiredException => new Refusal(RefusalName.TokenExpired),
        SecurityTokenInvalidAudienceException => new Refusal(RefusalName.TokenNotForCaller, "aud"),
        SecurityTokenInvalidIssuerException => new Refusal(RefusalName.TokenInvalid, "iss"),
        SecurityTokenInvalidTypeException => new Refusal(RefusalName.TokenInvalid, "typ"),
        SecurityTokenInvalidAlgorithmException => new Refusal(RefusalName.TokenInvalid, "alg"),
        SecurityTokenSignatureKeyNotFoundException => new Refusal(RefusalName.TokenInvalid, "kid"),
        SecurityTokenInvalidSignatureException => new Refusal(RefusalName.TokenInvalid, "signature"),
        SecurityTokenException or ArgumentException or FormatException or CryptographicException => new Refusal(RefusalName.TokenInvalid),
        _ => throw new InvalidOperationException("The token could not be verified.", fault),
    };

    /// <summary>What a token must be by one member list.</summary>
    private sealed record Rules(MemberList List, ECDsaSecurityKey[] Keys, TokenValidationParameters Parameters) : IDisposable
    {
        public void Dispose()
        {
            foreach (var key in Keys)
            {
                key.ECDsa.Dispose();
            }
        }
    }
}
