using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Sealing;
using InfoLink.Contracts.Tokens;
using Xunit;

namespace InfoLink.Tests.Identity;

public sealed class LeafCertificateTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 9, 15, 1, 0, 0, TimeSpan.Zero);
    private static readonly SpiffeName Setagaya = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121"));
    private readonly IdentityKey _identity = IdentityKey.Create(Setagaya);

    public static TheoryData<LeafPurpose> Purposes => [LeafPurpose.Tls, LeafPurpose.Signing];

    public void Dispose() => _identity.Dispose();

    [Theory]
    [MemberData(nameof(Purposes))]
    public void A_leaf_keeps_the_profile(LeafPurpose purpose)
    {
        using var leaf = _identity.IssueLeaf(purpose, Now);
        Assert.Equal(Setagaya, LeafCertificate.NameOf(leaf));
        Assert.Equal(Now + TimeSpan.FromHours(72), Utc(leaf.NotAfter));
        Assert.Equal(Now - LeafCertificate.Backdating, Utc(leaf.NotBefore));
        Assert.False(Assert.Single(leaf.Extensions.OfType<X509BasicConstraintsExtension>()).CertificateAuthority);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, Assert.Single(leaf.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        Assert.Equal(
            purpose == LeafPurpose.Tls ? "1.3.6.1.5.5.7.3.1 1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.36",
            string.Join(' ', Assert.Single(leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages.Cast<Oid>().Select(usage => usage.Value)));
        Assert.Single(leaf.Extensions, extension => string.Equals(extension.Oid?.Value, "2.5.29.17", StringComparison.Ordinal));
        using var key = leaf.GetECDsaPrivateKey()!;
        Assert.Equal(ECCurve.NamedCurves.nistP256.Oid.Value, key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value);
        Assert.NotEqual(_identity.PublicKey, P256PublicKey.Of(key));
        Assert.True(LeafCertificate.IsUnder(leaf, _identity.PublicKey, purpose, Now));
    }

    [Fact]
    public void Two_leaves_never_share_a_serial_or_a_key()
    {
        using var one = _identity.IssueLeaf(LeafPurpose.Tls, Now);
        using var two = _identity.IssueLeaf(LeafPurpose.Tls, Now);
        Assert.NotEqual(one.SerialNumber, two.SerialNumber, StringComparer.Ordinal);
        Assert.NotEqual(one.PublicKey.EncodedKeyValue.RawData, two.PublicKey.EncodedKeyValue.RawData);
        Assert.NotEqual(LeafCertificate.Thumbprint(one), LeafCertificate.Thumbprint(two));
    }

    [Fact]
    public void A_leaf_is_under_its_own_identity_only()
    {
        using var other = IdentityKey.Create(Setagaya);
        using var leaf = other.IssueLeaf(LeafPurpose.Tls, Now);
        Assert.False(LeafCertificate.IsUnder(leaf, _identity.PublicKey, LeafPurpose.Tls, Now));
        Assert.True(LeafCertificate.IsUnder(leaf, other.PublicKey, LeafPurpose.Tls, Now));
    }

    [Fact]
    public void A_leaf_is_for_its_own_purpose_only()
    {
        using var tls = _identity.IssueLeaf(LeafPurpose.Tls, Now);
        using var signing = _identity.IssueLeaf(LeafPurpose.Signing, Now);
        Assert.False(LeafCertificate.IsUnder(tls, _identity.PublicKey, LeafPurpose.Signing, Now));
        Assert.False(LeafCertificate.IsUnder(signing, _identity.PublicKey, LeafPurpose.Tls, Now));
    }

    [Fact]
    public void The_identity_itself_is_no_leaf()
    {
        using var certificate = _identity.SelfSigned(Now);
        Assert.False(LeafCertificate.IsUnder(certificate, _identity.PublicKey, LeafPurpose.Tls, Now));
        Assert.False(LeafCertificate.IsUnder(certificate, _identity.PublicKey, LeafPurpose.Signing, Now));
    }

    [Fact]
    public void An_authority_is_no_leaf()
    {
        Assert.True(Under(new Leaves()));
        Assert.False(Under(new Leaves { Authority = true }));
    }

    [Fact]
    public void A_leaf_without_usages_or_with_more_than_its_own_is_refused()
    {
        Assert.False(Under(new Leaves { Usages = [] }));
        Assert.False(Under(new Leaves { Usages = [LeafCertificate.ClientAuth] }));
        Assert.False(Under(new Leaves { Usages = [LeafCertificate.ServerAuth, LeafCertificate.ClientAuth, LeafCertificate.DocumentSigning] }));
        Assert.False(Under(new Leaves { Usages = ["2.5.29.37.0"] }));
    }

    [Fact]
    public void A_leafs_own_key_is_on_P256()
    {
        Assert.False(Under(new Leaves { Curve = ECCurve.NamedCurves.nistP384 }));
        using var rsa = RSA.Create(2048);
        using var authority = ECDsa.Create();
        authority.ImportFromPem(_identity.RevealPem());
        var request = new CertificateRequest("CN=leaf", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(LeafCertificate.ServerAuth), new Oid(LeafCertificate.ClientAuth)], critical: true));
        using var leaf = request.Create(
            new X500DistinguishedName("CN=identity"), X509SignatureGenerator.CreateForECDsa(authority), Now, Now + TimeSpan.FromHours(1), [1, 2, 3]);
        Assert.False(LeafCertificate.IsUnder(leaf, _identity.PublicKey, LeafPurpose.Tls, Now));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(X509KeyUsageFlags.DigitalSignature, true)]
    [InlineData(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement, true)]
    [InlineData(X509KeyUsageFlags.KeyAgreement, false)]
    [InlineData(X509KeyUsageFlags.KeyCertSign, false)]
    public void A_leaf_that_says_what_its_key_may_do_lets_it_sign(X509KeyUsageFlags? usage, bool accepted) =>
        Assert.Equal(accepted, Under(new Leaves { KeyUsage = usage }));

    [Fact]
    public void During_a_change_a_leaf_under_either_identity_key_is_accepted_and_a_third_is_not()
    {
        using var retiring = IdentityKey.Create(Setagaya);
        using var third = IdentityKey.Create(Setagaya);
        var listed = new IdentityKeys(_identity.PublicKey, retiring.PublicKey);
        foreach (var purpose in Enum.GetValues<LeafPurpose>())
        {
            using var current = _identity.IssueLeaf(purpose, Now);
            using var old = retiring.IssueLeaf(purpose, Now);
            using var foreign = third.IssueLeaf(purpose, Now);
            Assert.Equal(_identity.PublicKey, LeafCertificate.IssuerOf(current, listed, purpose, Now));
            Assert.Equal(retiring.PublicKey, LeafCertificate.IssuerOf(old, listed, purpose, Now));
            Assert.Null(LeafCertificate.IssuerOf(foreign, listed, purpose, Now));
            Assert.Null(LeafCertificate.IssuerOf(old, _identity.PublicKey, purpose, Now));
        }
    }

    [Fact]
    public void A_leaf_that_lives_longer_than_72_hours_is_refused()
    {
        Assert.True(Under(new Leaves { Ends = IdentityKey.LeafLifetime + LeafCertificate.Backdating }));
        Assert.False(Under(new Leaves { Ends = IdentityKey.LeafLifetime + LeafCertificate.Backdating + TimeSpan.FromSeconds(1) }));
        Assert.False(Under(new Leaves { Ends = TimeSpan.FromDays(365) }));
    }

    [Fact]
    public void A_leaf_holds_from_its_beginning_to_its_end_with_the_clocks_skew_on_either_side()
    {
        using var leaf = new Leaves().Issue(_identity, Now);
        var skew = TokenRules.ClockSkew;
        var second = TimeSpan.FromSeconds(1);
        Assert.True(UnderAt(Now - LeafCertificate.Backdating - skew));
        Assert.False(UnderAt(Now - LeafCertificate.Backdating - skew - second));
        Assert.True(UnderAt(Now + IdentityKey.LeafLifetime + skew));
        Assert.False(UnderAt(Now + IdentityKey.LeafLifetime + skew + second));

        bool UnderAt(DateTimeOffset time) => LeafCertificate.IsUnder(leaf, _identity.PublicKey, LeafPurpose.Tls, time);
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void A_leaf_with_any_byte_changed_is_refused_and_breaks_nobody_who_looks_at_it(byte change)
    {
        using var leaf = _identity.IssueLeaf(LeafPurpose.Tls, Now);
        var good = leaf.RawData;
        for (var at = 0; at < good.Length; at++)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= change;
            X509Certificate2 changed;
            try
            {
                changed = X509CertificateLoader.LoadCertificate(bad);
            }
            catch (CryptographicException)
            {
                continue; // Not even a certificate any more.
            }

            using (changed)
            {
                Assert.False(
                    LeafCertificate.NameOf(changed) == Setagaya && LeafCertificate.IsUnder(changed, _identity.PublicKey, LeafPurpose.Tls, Now), $"Byte {at}");
                Assert.False(AnswerSignature.VerifyEvidence(changed, new byte[64], new byte[32], new byte[65], new byte[32], new byte[32]), $"Byte {at}");
                _ = LeafCertificate.IsUnder(changed, _identity.PublicKey, LeafPurpose.Signing, Now);
            }
        }
    }

    [Theory]
    [InlineData("https://infolink.example/agency/131121")]
    [InlineData("spiffe://infolink.example/agency/131121/x")]
    [InlineData("spiffe://infolink.example/agency/SETAGAYA")]
    [InlineData("spiffe://infolink.example:443/agency/131121")]
    [InlineData("spiffe://infolink.example/agency/131121?x")]
    public void A_name_of_another_form_is_no_name(string uri)
    {
        using var leaf = new Leaves { Uri = uri }.Issue(_identity, Now);
        Assert.Null(LeafCertificate.NameOf(leaf));
    }

    [Fact]
    public void More_than_one_name_is_no_name()
    {
        using var twoUris = new Leaves { MoreNames = names => names.AddUri(new Uri("spiffe://infolink.example/agency/141003")) }.Issue(_identity, Now);
        using var alsoDns = new Leaves { MoreNames = names => names.AddDnsName("localhost") }.Issue(_identity, Now);
        Assert.Null(LeafCertificate.NameOf(twoUris));
        Assert.Null(LeafCertificate.NameOf(alsoDns));
    }

    [Fact]
    public void The_brokers_name_and_an_agencys_are_two_names()
    {
        using var broker = IdentityKey.Create(SpiffeName.ForBroker("infolink.example"));
        using var leaf = broker.IssueLeaf(LeafPurpose.Tls, Now);
        Assert.True(LeafCertificate.NameOf(leaf)?.IsBroker);
        Assert.NotEqual(Setagaya, LeafCertificate.NameOf(leaf));
    }

    [Fact]
    public void An_identity_key_comes_back_from_its_file()
    {
        using var read = IdentityKey.FromPem(Setagaya, _identity.RevealPem());
        Assert.Equal(_identity.PublicKey, read.PublicKey);
    }

    [Fact]
    public void What_is_no_identity_key_is_refused_without_repeating_it()
    {
        using var otherCurve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<CryptographicException>(() => IdentityKey.FromPem(Setagaya, otherCurve.ExportPkcs8PrivateKeyPem()));
        var fault = Assert.Throws<CryptographicException>(() => IdentityKey.FromPem(Setagaya, "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----"));
        Assert.DoesNotContain("SECRET", fault.Message, StringComparison.Ordinal);
        Assert.Throws<CryptographicException>(() => IdentityKey.FromPem(Setagaya, ""));
    }

    private static DateTimeOffset Utc(DateTime time) => new(time.ToUniversalTime(), TimeSpan.Zero);

    private bool Under(Leaves leaves)
    {
        using var leaf = leaves.Issue(_identity, Now);
        return LeafCertificate.IsUnder(leaf, _identity.PublicKey, LeafPurpose.Tls, Now);
    }
}
