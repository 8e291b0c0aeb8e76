using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Identity;

/// <summary>What a leaf certificate is for. A signing leaf never authenticates a connection, nor the other way round.</summary>
public enum LeafPurpose
{
    /// <summary>Both ends of mTLS.</summary>
    Tls,

    /// <summary>Signs answers.</summary>
    Signing,
}

/// <summary>
/// Reads and verifies a party's leaf certificate (P-256, one URI name in SPIFFE form) under the identity key that the member list
/// names, or the one that it names as retiring. No chain engine and no network: the identity key is the whole chain, so no certificate authority and no broker can make
/// a certificate for an agency.
/// </summary>
public static class LeafCertificate
{
    /// <summary>Longest validity that is accepted.</summary>
    public static readonly TimeSpan MaxValidity = TimeSpan.FromHours(72) + 2 * Backdating;

    /// <summary>How far before its making a leaf begins, so that a peer whose clock lags accepts it.</summary>
    public static TimeSpan Backdating => TimeSpan.FromMinutes(5);

    private const string SubjectAlternativeName = "2.5.29.17";
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";

    /// <summary>Extended key usage of signing leaves: id-kp-documentSigning (RFC 9336).</summary>
    internal const string DocumentSigning = "1.3.6.1.5.5.7.3.36";
    internal const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    internal const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    /// <summary>The one SPIFFE name in the certificate; null where there is none, or more than one alternative name.</summary>
    public static SpiffeName? NameOf(X509Certificate2 certificate)
    {
        try
        {
            var extensions = certificate.Extensions
                .Where(extension => string.Equals(extension.Oid?.Value, SubjectAlternativeName, StringComparison.Ordinal))
                .ToArray();
            if (extensions is not [var extension])
            {
                return null;
            }

            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var uri = names.ReadCharacterString(UniversalTagNumber.IA5String, new Asn1Tag(TagClass.ContextSpecific, 6));
            return !names.HasData && SpiffeName.TryParse(uri, out var name) ? name : null;
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Does the certificate stand under this identity, for this purpose, now?</summary>
    /// <param name="certificate">The leaf.</param>
    /// <param name="identity">The party's identity keys, from the member list.</param>
    /// <param name="purpose">What it is presented for.</param>
    /// <param name="now">The verifier's time; a skew of <see cref="Tokens.TokenRules.ClockSkew"/> is granted.</param>
    public static bool IsUnder(X509Certificate2 certificate, IdentityKeys identity, LeafPurpose purpose, DateTimeOffset now) =>
        IssuerOf(certificate, identity, purpose, now) is not null;

    /// <summary>Which of the party's identity keys the certificate stands under; null: none, or it is not good for this purpose now.</summary>
    /// <param name="certificate">The leaf.</param>
    /// <param name="identity">The party's identity keys, from the member list.</param>
    /// <param name="purpose">What it is presented for.</param>
    /// <param name="now">As for <see cref="IsUnder"/>.</param>
    public static P256PublicKey? IssuerOf(X509Certificate2 certificate, IdentityKeys identity, LeafPurpose purpose, DateTimeOffset now)
    {
        try
        {
            var good = Utc(certificate.NotAfter) - Utc(certificate.NotBefore) <= MaxValidity
                && IsInTime(certificate, now)
                && Serves(certificate, purpose)
                && P256PublicKey.TryParse(certificate.PublicKey.ExportSubjectPublicKeyInfo(), out _);
            return good ? SignerOf(certificate, identity) : null;
        }
        catch (Exception exception) when (exception is AsnContentException or CryptographicException)
        {
            return null; // Parts are read when they are asked for: a certificate that loads may still hold a date that is none.
        }
    }

    /// <summary>Is it the certificate's time, by a clock that may be off by <see cref="Tokens.TokenRules.ClockSkew"/>?</summary>
    /// <exception cref="CryptographicException">It holds a date that is none.</exception>
    public static bool IsInTime(X509Certificate2 certificate, DateTimeOffset now)
    {
        var skew = Tokens.TokenRules.ClockSkew;
        return Utc(certificate.NotBefore) <= now + skew && now - skew <= Utc(certificate.NotAfter); // Never the other way round: a stranger's date may lie at the end of the calendar.
    }

    /// <summary>SHA-256 of the certificate's DER: the <c>x5t#S256</c> of RFC 8705.</summary>
    public static Sha256Digest Thumbprint(X509Certificate2 certificate) => Sha256Digest.Of(certificate.RawDataMemory.Span);

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);

    private static bool Serves(X509Certificate2 certificate, LeafPurpose purpose)
    {
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraint => constraint.CertificateAuthority))
        {
            return false;
        }

        if (certificate.Extensions.OfType<X509KeyUsageExtension>().Any(usage => !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)))
        {
            return false;
        }

        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>())
            .Select(usage => usage.Value)
            .ToHashSet(StringComparer.Ordinal);
        return purpose switch
        {
            LeafPurpose.Tls => usages.SetEquals([ServerAuth, ClientAuth]),
            LeafPurpose.Signing => usages.SetEquals([DocumentSigning]),
            _ => false,
        };
    }

    private static P256PublicKey? SignerOf(X509Certificate2 certificate, IdentityKeys identity)
    {
        var parts = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        var signedPart = parts.ReadEncodedValue();
        if (!string.Equals(parts.ReadSequence().ReadObjectIdentifier(), EcdsaWithSha256, StringComparison.Ordinal))
        {
            return null;
        }

        var signature = parts.ReadBitString(out var unusedBits);
        if (unusedBits != 0)
        {
            return null;
        }

        return IsSignedBy(identity.Current) ? identity.Current
            : identity.Retiring is { } retiring && IsSignedBy(retiring) ? retiring
            : null;

        bool IsSignedBy(P256PublicKey identityKey)
        {
            using var key = identityKey.CreateVerifier();
            return key.VerifyData(signedPart.Span, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
    }
}
