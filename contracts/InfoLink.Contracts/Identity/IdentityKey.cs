using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Identity;

/// <summary>
/// A party's identity key (P-256): its own small certificate authority. It issues the party's leaf certificates on the spot,
/// with no network, and never leaves the host; where it is in a PKCS#11 token, it never leaves that.
/// </summary>
public sealed class IdentityKey : IDisposable
{
    /// <summary>How long a leaf lives, where nothing shorter is asked for.</summary>
    public static readonly TimeSpan LeafLifetime = TimeSpan.FromHours(72);

    private readonly ECDsa _key;
    private readonly bool _inToken;
    private readonly X500DistinguishedName _issuer;

    private IdentityKey(SpiffeName name, ECDsa key, bool inToken = false)
    {
        Name = name;
        _key = key;
        _inToken = inToken;
        _issuer = DistinguishedName(name, "identity");
        PublicKey = P256PublicKey.Of(key);
    }

    public SpiffeName Name { get; }

    /// <summary>What the member list holds.</summary>
    public P256PublicKey PublicKey { get; }

    public static IdentityKey Create(SpiffeName name) => new(name, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Opens what a host's configuration names: a file, or a key that stays in a PKCS#11 token (<see cref="Pkcs11Uri"/>).</summary>
    /// <param name="name">Whose key it is.</param>
    /// <param name="folder">Where relative paths start from.</param>
    /// <param name="source">A PKCS#8 key in PEM that its owner alone reads, or an URI that begins with <c>pkcs11:</c>.</param>
    /// <exception cref="InvalidOperationException">It cannot be opened; the message names the cause and the way out.</exception>
    public static IdentityKey Open(SpiffeName name, string folder, string source)
    {
        if (Pkcs11Uri.Is(source))
        {
            return new IdentityKey(name, Pkcs11Key.Open(Pkcs11Uri.Parse(source, folder)), inToken: true);
        }

        var path = Path.Combine(folder, source);
        try
        {
            return FromPem(name, KeyFile.Read(path));
        }
        catch (CryptographicException exception)
        {
            throw new InvalidOperationException($"The key file '{path}' does not hold a P-256 key as PKCS#8 PEM.", exception);
        }
    }

    /// <summary>Takes a key as it is: tests give one that fails.</summary>
    internal static IdentityKey Of(SpiffeName name, ECDsa key) => new(name, key);

    /// <summary>Reads a PKCS#8 key in PEM.</summary>
    /// <exception cref="CryptographicException">Not a P-256 key; the message does not repeat the file.</exception>
    public static IdentityKey FromPem(SpiffeName name, string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new CryptographicException("The identity key is not a readable PKCS#8 PEM of a P-256 key.", exception);
        }

        var curve = key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value;
        if (!string.Equals(curve, ECCurve.NamedCurves.nistP256.Oid.Value, StringComparison.Ordinal))
        {
            key.Dispose();
            throw new CryptographicException("The identity key is not on the curve P-256.");
        }

        return new IdentityKey(name, key);
    }

    /// <summary>PKCS#8 in PEM, for a file that only its owner reads.</summary>
    /// <exception cref="InvalidOperationException">The key is in a token, which it does not leave.</exception>
    public string RevealPem() =>
        _inToken ? throw new InvalidOperationException("The identity key is in a PKCS#11 token and does not leave it.") : _key.ExportPkcs8PrivateKeyPem();

    /// <summary>
    /// The identity as a self-signed CA certificate, for other TLS stacks that want to build a chain. InfoLink itself compares the key.
    /// </summary>
    public X509Certificate2 SelfSigned(DateTimeOffset now)
    {
        var request = new CertificateRequest(_issuer, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(AlternativeName());
        return request.CreateSelfSigned(now - LeafCertificate.Backdating, now.AddYears(10));
    }

    /// <summary>Issues a leaf with a fresh key. The caller disposes it.</summary>
    /// <param name="purpose">What it is for.</param>
    /// <param name="now">The issuer's time.</param>
    /// <param name="lifetime">How long it lives from now; by default <see cref="LeafLifetime"/>, and not longer.</param>
    /// <exception cref="CryptographicException">The key does not sign: a token that is away.</exception>
    public X509Certificate2 IssueLeaf(LeafPurpose purpose, DateTimeOffset now, TimeSpan? lifetime = null)
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(DistinguishedName(Name, purpose.ToString()), leafKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(Usages(purpose), critical: true));
        request.CertificateExtensions.Add(AlternativeName());
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40); // Positive, and of the same length always.
        using var certificate = request.Create(
            _issuer,
            X509SignatureGenerator.CreateForECDsa(_key),
            now - LeafCertificate.Backdating,
            now + (lifetime ?? LeafLifetime),
            serial);
        var leaf = certificate.CopyWithPrivateKey(leafKey);

        // The framework decodes an extension when it is first read, into a list that others may be reading already: of two handshakes at once on a new leaf
        // one may find it without its purpose. So it is read here, before anybody has it.
        foreach (var usage in leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>())
        {
            _ = usage.EnhancedKeyUsages;
        }

        return leaf;
    }

    public void Dispose() => _key.Dispose();

    private static OidCollection Usages(LeafPurpose purpose) => purpose == LeafPurpose.Tls
        ? [new Oid(LeafCertificate.ServerAuth), new Oid(LeafCertificate.ClientAuth)]
        : [new Oid(LeafCertificate.DocumentSigning)];

    private X509Extension AlternativeName()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(Name.ToString()));
        return names.Build(critical: true);
    }

    private static X500DistinguishedName DistinguishedName(SpiffeName name, string part)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddOrganizationName(name.Platform);
        builder.AddCommonName($"{name.Agency?.Value ?? "broker"} {part}");
        return builder.Build();
    }
}
