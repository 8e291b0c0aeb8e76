using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identity;

namespace InfoLink.Tests.Fixtures;

/// <summary>Leaf certificates as an attacker or a careless agency would make them: everything can be bent.</summary>
internal sealed record ForgedLeaf
{
    public const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    public const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    /// <summary>The key that signs it: a true identity's PEM, or null for an authority of the attacker's own.</summary>
    public string? SignedBy { get; init; }

    public required IReadOnlyList<string> UriNames { get; init; }

    public TimeSpan FromNow { get; init; } = -LeafCertificate.Backdating;

    public TimeSpan UntilNow { get; init; } = IdentityKey.LeafLifetime;

    public IReadOnlyList<string> Usages { get; init; } = [ServerAuth, ClientAuth];

    public bool IsAuthority { get; init; }

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public X509Certificate2 Make()
    {
        var now = TimeProvider.System.GetUtcNow();
        using var issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (SignedBy is not null)
        {
            issuer.ImportFromPem(SignedBy);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, Hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(IsAuthority, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        if (Usages.Count > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. Usages.Select(usage => new Oid(usage))], critical: true));
        }

        if (UriNames.Count > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in UriNames)
            {
                names.AddUri(new Uri(name));
            }

            request.CertificateExtensions.Add(names.Build(critical: true));
        }

        using var certificate = request.Create(
            new X500DistinguishedName("CN=identity"),
            X509SignatureGenerator.CreateForECDsa(issuer),
            now + FromNow,
            now + UntilNow,
            RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }
}
