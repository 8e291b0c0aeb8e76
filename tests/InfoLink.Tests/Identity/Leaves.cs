using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identity;

namespace InfoLink.Tests.Identity;

/// <summary>Certificates under an identity's key that <see cref="IdentityKey.IssueLeaf"/> would never make.</summary>
internal sealed record Leaves
{
    public string Uri { get; init; } = "spiffe://infolink.example/agency/131121";

    public TimeSpan Begins { get; init; } = -LeafCertificate.Backdating;

    public TimeSpan Ends { get; init; } = IdentityKey.LeafLifetime;

    public bool Authority { get; init; }

    public string[] Usages { get; init; } = [LeafCertificate.ServerAuth, LeafCertificate.ClientAuth];

    /// <summary>Null: without the extension.</summary>
    public X509KeyUsageFlags? KeyUsage { get; init; }

    /// <summary>The leaf's own key.</summary>
    public ECCurve Curve { get; init; } = ECCurve.NamedCurves.nistP256;

    public Action<SubjectAlternativeNameBuilder>? MoreNames { get; init; }

    public X509Certificate2 Issue(IdentityKey identity, DateTimeOffset now)
    {
        using var authority = ECDsa.Create();
        authority.ImportFromPem(identity.RevealPem());
        using var key = ECDsa.Create(Curve);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(Authority, hasPathLengthConstraint: false, 0, critical: true));
        if (KeyUsage is { } keyUsage)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(keyUsage, critical: true));
        }

        if (Usages.Length > 0)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. Usages.Select(usage => new Oid(usage))], critical: true));
        }

        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(Uri));
        MoreNames?.Invoke(names);
        request.CertificateExtensions.Add(names.Build(critical: true));
        using var certificate = request.Create(
            new X500DistinguishedName("CN=identity"), X509SignatureGenerator.CreateForECDsa(authority), now + Begins, now + Ends, RandomNumberGenerator.GetBytes(8));
        return X509CertificateLoader.LoadCertificate(certificate.RawData);
    }
}
