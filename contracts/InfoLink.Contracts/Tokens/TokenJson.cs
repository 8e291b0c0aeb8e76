using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tokens;

/// <summary>The payload's shape as JSON has it; <see cref="ToClaims"/> makes values of it or says no.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the JSON reader.")]
internal sealed record PayloadJson(
    [property: JsonPropertyName("iss"), JsonRequired] string Iss,
    [property: JsonPropertyName("aud"), JsonRequired] string Aud,
    [property: JsonPropertyName("sub"), JsonRequired] string Sub,
    [property: JsonPropertyName("client_id"), JsonRequired] string ClientId,
    [property: JsonPropertyName("jti"), JsonRequired] string Jti,
    [property: JsonPropertyName("txn"), JsonRequired] string Txn,
    [property: JsonPropertyName("iat"), JsonRequired] long Iat,
    [property: JsonPropertyName("exp"), JsonRequired] long Exp,
    [property: JsonPropertyName("cnf"), JsonRequired] ConfirmationJson Cnf,
    [property: JsonPropertyName("authorization_details"), JsonRequired] DetailJson[] Details)
{
    public override string ToString() => "PayloadJson(redacted)";

    public TokenClaims? ToClaims()
    {
        if (Details is not [{ Type: TokenRules.DetailType } detail]
            || !string.Equals(Sub, ClientId, StringComparison.Ordinal)
            || !AgencyId.TryParse(Aud, out var provider)
            || !AgencyId.TryParse(Sub, out var requester)
            || !TokenId.TryParse(Jti, out var tokenId)
            || !ExchangeId.TryParse(Txn, out var exchangeId)
            || !TryDigest(Cnf.Thumbprint, out var confirmation)
            || !EntryId.TryParse(detail.Entry, out var entry)
            || !SubjectRole.TryParse(detail.Role, out var role)
            || !TryDigest(detail.Conditions, out var conditions)
            || !TryDigest(detail.Catalog.Sha256, out var catalog)
            || !TryDigest(detail.Rek, out var recipientKey)
            || detail.Count is < 1 or > TokenRules.MaxSubjects
            || detail.TryKinds() is not { } kinds)
        {
            return null;
        }

        ExchangeId? continues = null;
        if (detail.Continues is not null)
        {
            if (!ExchangeId.TryParse(detail.Continues, out var pending))
            {
                return null;
            }

            continues = pending;
        }

        return new TokenClaims
        {
            Issuer = Iss,
            Provider = provider,
            Requester = requester,
            TokenId = tokenId,
            ExchangeId = exchangeId,
            IssuedAt = DateTimeOffset.FromUnixTimeSeconds(Iat),
            Expires = DateTimeOffset.FromUnixTimeSeconds(Exp),
            Confirmation = confirmation,
            Entry = entry,
            Role = role,
            Kinds = kinds,
            Conditions = conditions,
            CatalogVersion = detail.Catalog.Version,
            Catalog = catalog,
            Count = detail.Count,
            RecipientKey = recipientKey,
            Continues = continues,
        };
    }

    private static bool TryDigest(string? text, [NotNullWhen(true)] out Sha256Digest? digest)
    {
        Span<byte> bytes = stackalloc byte[Sha256Digest.Size];
        digest = Base64UrlText.TryDecode(text, bytes) ? Sha256Digest.FromBytes(bytes) : null;
        return digest is not null;
    }
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by the JSON reader.")]
internal sealed record ConfirmationJson([property: JsonPropertyName("x5t#S256"), JsonRequired] string Thumbprint);

[SuppressMessage("Performance", "CA1812", Justification = "Made by the JSON reader.")]
internal sealed record CatalogJson(
    [property: JsonPropertyName("version"), JsonRequired] int Version,
    [property: JsonPropertyName("sha256"), JsonRequired] string Sha256);

[SuppressMessage("Performance", "CA1812", Justification = "Made by the JSON reader.")]
internal sealed record DetailJson(
    [property: JsonPropertyName("type"), JsonRequired] string Type,
    [property: JsonPropertyName("entry"), JsonRequired] string Entry,
    [property: JsonPropertyName("role"), JsonRequired] string Role,
    [property: JsonPropertyName("kinds"), JsonRequired] string[] Kinds,
    [property: JsonPropertyName("conditions"), JsonRequired] string Conditions,
    [property: JsonPropertyName("catalog"), JsonRequired] CatalogJson Catalog,
    [property: JsonPropertyName("count"), JsonRequired] int Count,
    [property: JsonPropertyName("rek"), JsonRequired] string Rek,
    [property: JsonPropertyName("continues")] string? Continues = null)
{
    /// <summary>The kinds, strictly ascending; null where one is malformed or out of order.</summary>
    public IReadOnlyList<KindId>? TryKinds()
    {
        var kinds = new List<KindId>(Kinds.Length);
        foreach (var text in Kinds)
        {
            if (!KindId.TryParse(text, out var kind) || (kinds.Count > 0 && string.CompareOrdinal(kinds[^1].Value, text) >= 0))
            {
                return null;
            }

            kinds.Add(kind);
        }

        return kinds.Count == 0 ? null : kinds;
    }
}

[JsonSourceGenerationOptions(
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    MaxDepth = 8,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(PayloadJson))]
internal sealed partial class TokenJson : JsonSerializerContext;
