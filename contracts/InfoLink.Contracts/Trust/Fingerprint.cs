using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Trust;

/// <summary>
/// A key or document as people compare it over the telephone: the first 20 bytes of a SHA-256, in Crockford base32, eight groups of four.
/// 160 bits: nobody makes a second one that fits.
/// </summary>
public readonly record struct Fingerprint
{
    /// <summary>Bytes.</summary>
    public const int Size = 20;

    private const int Group = 4;
    private readonly string? _text;

    private Fingerprint(ReadOnlySpan<byte> bytes) => _text = Crockford.Encode(bytes);

    public static Fingerprint OfKey(P256PublicKey key) => new(SHA256.HashData(key.Spki.Span).AsSpan(0, Size));

    public static Fingerprint OfDigest(Sha256Digest digest) => new(digest.Span[..Size]);

    /// <exception cref="ArgumentException">Not 20 bytes.</exception>
    public static Fingerprint FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size ? new Fingerprint(bytes) : throw new ArgumentException("A fingerprint is 20 bytes.", nameof(bytes));

    /// <summary>Reads what was typed: hyphens and blanks are passed over, I and L are 1, O is 0.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Fingerprint fingerprint)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var good = text is not null && Crockford.TryDecode(text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal), bytes);
        fingerprint = good ? new Fingerprint(bytes) : default;
        return good;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        return _text is not null && Crockford.TryDecode(_text, bytes) ? bytes : [];
    }

    public override string ToString()
    {
        var text = _text ?? "";
        return string.Join('-', Enumerable.Range(0, text.Length / Group).Select(group => text.Substring(group * Group, Group)));
    }
}
