using System.Globalization;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>The fields that every document of the authority begins with.</summary>
internal static class HeaderReader
{
    public static readonly string[] Names = ["type", "platform", "version", "previous", "issued", "expires"];

    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static DocumentHeader? Read(Fields fields, DocumentKind kind, Sha256Digest sha256)
    {
        _ = fields.Required("type")?.OneOf((kind.Name(), kind));
        var platform = Platform(fields.Required("platform"));
        var version = fields.Required("version")?.Integer(1, int.MaxValue);
        var previousAt = fields.Optional("previous");
        var previous = previousAt is { } spot ? Digest(spot) : null;
        var issued = Time(fields.Required("issued"));
        var expires = fields.Required("expires")?.Date();
        if (version is { } number && number == 1 != previousAt is null)
        {
            fields.Required("version")?.Fail("Version 1 names no previous version, and every other names the hash of the one before.");
        }

        return platform is null || version is null || issued is null || expires is null
            ? null
            : new DocumentHeader(kind, platform, version.Value, sha256, previous, issued.Value, expires.Value);
    }

    /// <summary>A mapping with these header fields before the given ones.</summary>
    public static DocumentNode.Mapping Write(DocumentNode.Mapping body, DocumentKind kind, string platform, DocumentHeader? previous, DateTimeOffset issued, DateOnly expires)
    {
        var header = DocumentNode.Mapping.Containing(
            ("type", DocumentNode.Of(kind.Name())),
            ("platform", DocumentNode.Of(platform)),
            ("version", DocumentNode.Of(((previous?.Version ?? 0) + 1).ToString(CultureInfo.InvariantCulture))),
            ("previous", previous is null ? null : DocumentNode.Of(previous.Sha256.ToString())),
            ("issued", DocumentNode.Of(Text(issued))),
            ("expires", DocumentNode.Of(expires.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))));
        return header with { Fields = [.. header.Fields, .. body.Without(Names).Fields] };
    }

    public static string? Platform(Spot? spot)
    {
        var platform = spot?.Text();
        if (platform is null || SpiffeName.IsPlatform(platform))
        {
            return platform;
        }

        spot?.Fail("Not a SPIFFE trust domain: 1 to 255 characters of a-z, 0-9, '.', '-' and '_'.");
        return null;
    }

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture);

    public static DateTimeOffset? Time(Spot? spot) => spot?.Value<DateTimeOffset>(
        (text, out value) => DateTimeOffset.TryParseExact(
            text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out value)
            && value.Year is >= 2000 and < 9999, // At the ends of the calendar there is no day in Japan.
        "a time in UTC as 2026-01-31T12:00:00Z");

    private static Sha256Digest? Digest(Spot spot)
    {
        if (spot.Text() is not { } text)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[Sha256Digest.Size];
        if (System.Buffers.Text.Base64Url.IsValid(text)
            && System.Buffers.Text.Base64Url.TryDecodeFromChars(text, bytes, out var length)
            && Sha256Digest.TryFromBytes(bytes[..length], out var digest)
            && string.Equals(digest.ToString(), text, StringComparison.Ordinal)) // One hash, one text: no padding, zero fill bits.
        {
            return digest;
        }

        spot.Fail("Expected a SHA-256 in base64url, 43 characters.");
        return null;
    }
}
