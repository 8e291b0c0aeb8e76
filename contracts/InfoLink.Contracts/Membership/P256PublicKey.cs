using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Membership;

/// <summary>
/// A public key on P-256, held as its SubjectPublicKeyInfo (RFC 5280, DER). Other curves, explicit parameters, compressed points and
/// any other encoding of the same key are refused: a key has one text, so comparing bytes compares keys.
/// </summary>
public sealed class P256PublicKey : IEquatable<P256PublicKey>
{
    /// <summary>Bytes of the DER form.</summary>
    public const int Size = 91;

    private readonly byte[] _spki;

    private P256PublicKey(byte[] spki) => _spki = spki;

    /// <summary>SubjectPublicKeyInfo, DER, 91 bytes.</summary>
    public ReadOnlyMemory<byte> Spki => _spki;

    public static bool TryParse(ReadOnlySpan<byte> spki, [NotNullWhen(true)] out P256PublicKey? key)
    {
        key = null;
        if (spki.Length != Size)
        {
            return false;
        }

        try
        {
            using var point = ECDsa.Create();
            point.ImportSubjectPublicKeyInfo(spki, out var read);
            var canonical = read == Size
                && string.Equals(point.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, P256Oid, StringComparison.Ordinal)
                && spki.SequenceEqual(point.ExportSubjectPublicKeyInfo());
            key = canonical ? new P256PublicKey(spki.ToArray()) : null;
            return canonical;
        }
        catch (Exception fault) when (fault is CryptographicException or AsnContentException or PlatformNotSupportedException)
        {
            return false; // Not a key, not on the curve, or on a curve this platform does not know.
        }
    }

    /// <summary>From a key pair or certificate.</summary>
    /// <exception cref="ArgumentException">The key is not on P-256.</exception>
    public static P256PublicKey Of(ECDsa key) =>
        TryParse(key.ExportSubjectPublicKeyInfo(), out var own) ? own : throw new ArgumentException("The key is not on P-256.", nameof(key));

    /// <summary>A new verifier; the caller disposes of it.</summary>
    public ECDsa CreateVerifier()
    {
        var verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(_spki, out _);
        return verifier;
    }

    public bool Equals(P256PublicKey? other) => other is not null && _spki.AsSpan().SequenceEqual(other._spki);

    public override bool Equals(object? obj) => Equals(obj as P256PublicKey);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_spki);
        return hash.ToHashCode();
    }

    /// <summary>The DER form in base64, as member files write it.</summary>
    public override string ToString() => Convert.ToBase64String(_spki);

    private const string P256Oid = "1.2.840.10045.3.1.7";
}
