using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Tool.Documents;

/// <summary>What was given on the command line, as values. Errors name what was expected.</summary>
internal static class Given
{
    public static DateOnly? Date(string? text) => text is null
        ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new FormatException($"'{text}' is no day: write it as 2026-04-01.");

    public static AgencyId Agency(string text) => AgencyId.TryParse(text, out var id)
        ? id
        : throw new FormatException($"'{text}' is no agency id: 1 to 32 characters of a-z, 0-9 and '-'.");

    /// <summary>A public key, or a file that holds one: base64 of its SubjectPublicKeyInfo, or PEM.</summary>
    public static P256PublicKey Key(string text)
    {
        var content = File.Exists(text) ? File.ReadAllText(text).Trim() : text;
        if (content.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            throw new FormatException($"'{text}' holds a private key, and its public half is needed. A private key stays with its owner.");
        }

        if (content.StartsWith("-----BEGIN", StringComparison.Ordinal))
        {
            using var pem = ECDsa.Create();
            pem.ImportFromPem(content);
            return P256PublicKey.Of(pem);
        }

        var spki = new byte[P256PublicKey.Size];
        return Convert.TryFromBase64String(content, spki, out var length) && P256PublicKey.TryParse(spki.AsSpan(0, length), out var key)
            ? key
            : throw new FormatException($"'{Shown(text)}' is no P-256 public key (base64 of its SubjectPublicKeyInfo, on one line) and no file that holds one.");
    }

    /// <summary>A private key that signs.</summary>
    public static ECDsa PrivateKey(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(KeyFile.Read(path));
            _ = P256PublicKey.Of(key);
            _ = key.SignHash(new byte[32]); // A public key's file would get this far.
            return key;
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new FormatException($"'{path}' holds no private key on P-256 (PKCS#8, PEM).", fault);
        }
    }

    public static NoteKey Note(string text, NoteKeyKind kind) => NoteKey.TryParse(text) is { } key && key.Kind == kind
        ? key
        : throw new FormatException($"'{Shown(text)}' is no {(kind == NoteKeyKind.Log ? "log's" : "witness's")} verifier key (name+key id+key). Its owner prints it.");

    /// <summary><c>category:from[:until]</c>, both days included.</summary>
    public static CategoryTerm Term(string text)
    {
        var parts = text.Split(':');
        return parts.Length is 2 or 3 && CategoryId.TryParse(parts[0], out var category)
            ? new CategoryTerm(category, Date(parts[1])!.Value, parts.Length == 3 ? Date(parts[2]) : null)
            : throw new FormatException($"'{text}' is no term of a category: write municipality:2026-04-01, or municipality:2026-04-01:2027-03-31 with its last day.");
    }

    public static byte Epoch(int epoch) => epoch is >= 1 and <= byte.MaxValue ? (byte)epoch : throw new FormatException($"{epoch} is no epoch of codes: 1 to 255.");

    private static string Shown(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
