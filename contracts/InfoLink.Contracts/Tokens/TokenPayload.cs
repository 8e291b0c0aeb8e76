using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace InfoLink.Contracts.Tokens;

/// <summary>
/// The token's JSON payload, written and read strictly: as RFC 9396 asks, an authorization detail with an unknown, missing or
/// wrongly typed field is refused.
/// </summary>
public static class TokenPayload
{
    public static byte[] Write(TokenClaims claims)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("iss", claims.Issuer);
        json.WriteString("aud", claims.Provider.Value);
        json.WriteString("sub", claims.Requester.Value);
        json.WriteString("client_id", claims.Requester.Value);
        json.WriteString("jti", Base64Url.EncodeToString(claims.TokenId.Reveal()));
        json.WriteString("txn", claims.ExchangeId.ToString());
        json.WriteNumber("iat", claims.IssuedAt.ToUnixTimeSeconds());
        json.WriteNumber("exp", claims.Expires.ToUnixTimeSeconds());
        json.WriteStartObject("cnf");
        json.WriteString("x5t#S256", claims.Confirmation.ToString());
        json.WriteEndObject();
        json.WriteStartArray("authorization_details");
        WriteDetail(json, claims);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a payload whose signature has been verified; false where any part is missing, unknown or malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out TokenClaims? claims)
    {
        claims = null;
        try
        {
            var document = JsonSerializer.Deserialize(payload, TokenJson.Default.PayloadJson);
            claims = document?.ToClaims();
        }
        catch (JsonException)
        {
            return false;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false; // A time outside what a date can hold.
        }

        return claims is not null;
    }

    /// <summary>
    /// The token's id, read without verifying anything: the broker looks its grant up by it and compares the whole token's hash.
    /// </summary>
    public static bool TryPeekTokenId(ExchangeToken token, out TokenId id)
    {
        id = default;
        var parts = token.Reveal().Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1]))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("jti", out var jti)
                && jti.ValueKind == JsonValueKind.String
                && TokenId.TryParse(jti.GetString(), out id);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false; // Not JSON, or text in it that is no Unicode.
        }
    }

    private static void WriteDetail(Utf8JsonWriter json, TokenClaims claims)
    {
        json.WriteStartObject();
        json.WriteString("type", TokenRules.DetailType);
        json.WriteString("entry", claims.Entry.Value);
        json.WriteString("role", claims.Role.Value);
        json.WriteStartArray("kinds");
        foreach (var kind in claims.Kinds)
        {
            json.WriteStringValue(kind.Value);
        }

        json.WriteEndArray();
        json.WriteString("conditions", claims.Conditions.ToString());
        json.WriteStartObject("catalog");
        json.WriteNumber("version", claims.CatalogVersion);
        json.WriteString("sha256", claims.Catalog.ToString());
        json.WriteEndObject();
        json.WriteNumber("count", claims.Count);
        json.WriteString("rek", claims.RecipientKey.ToString());
        if (claims.Continues is { } continues)
        {
            json.WriteString("continues", continues.ToString());
        }

        json.WriteEndObject();
    }
}
