using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.V1;

namespace InfoLink.Contracts.Identity;

/// <summary>Who is at the other end of a connection.</summary>
public abstract record PeerDecision
{
    private PeerDecision()
    {
    }

    /// <param name="Member">The member whose identity the certificate stands under.</param>
    /// <param name="Thumbprint">SHA-256 of the certificate: what tokens are bound to.</param>
    public sealed record Known(Member Member, Sha256Digest Thumbprint) : PeerDecision;

    public sealed record Refused(Refusals.Refusal Refusal) : PeerDecision;
}

/// <summary>
/// Decides who a peer is by its TLS certificate and the member list alone. TLS has proved that the peer holds the certificate's key;
/// whether the certificate means anything is decided here, so that a foreign one gets a refusal that says so and not a broken handshake.
/// </summary>
public sealed class PeerCertificates(TimeProvider time)
{
    // Verifying costs a signature check; a connection's certificate is one object for as long as the connection lives.
    private readonly ConditionalWeakTable<X509Certificate2, Verified> _verified = [];

    public PeerDecision Decide(MemberList members, X509Certificate2? certificate) => DecideWhoever(members, certificate) switch
    {
        PeerDecision.Known { Member.Suspended: true } => new PeerDecision.Refused(RefusalName.MemberSuspended),
        var decision => decision,
    };

    /// <summary>The same, for what suspended members may ask too: whether they still are.</summary>
    public PeerDecision DecideWhoever(MemberList members, X509Certificate2? certificate)
    {
        if (certificate is null)
        {
            return new PeerDecision.Refused(RefusalName.CertificateRequired);
        }

        if (NameOf(certificate) is not { Agency: { } agency } name
            || !string.Equals(name.Platform, members.Platform, StringComparison.Ordinal))
        {
            return new PeerDecision.Refused(RefusalName.CertificateUntrusted);
        }

        if (!members.TryFind(agency, out var member))
        {
            return new PeerDecision.Refused(RefusalName.MemberUnknown);
        }

        if (Current(certificate, member.IdentityKeys) is not { } verified)
        {
            return new PeerDecision.Refused(RefusalName.CertificateUntrusted);
        }

        return JapanTime.Today(time) > members.Expires
            ? new PeerDecision.Refused(RefusalName.MembersExpired)
            : new PeerDecision.Known(member, verified.Thumbprint);
    }

    /// <summary>
    /// Is it the broker? To <see cref="Decide"/> the broker is a stranger: what agencies may ask of one another it may not.
    /// </summary>
    public bool IsBroker(MemberList members, X509Certificate2? certificate) =>
        certificate is not null
        && NameOf(certificate) is { } name
        && name == members.BrokerName
        && Current(certificate, members.Broker.IdentityKeys) is not null;

    private SpiffeName? NameOf(X509Certificate2 certificate) =>
        _verified.TryGetValue(certificate, out var known) ? known.Name : LeafCertificate.NameOf(certificate);

    private Verified? Current(X509Certificate2 certificate, IdentityKeys identity)
    {
        var now = time.GetUtcNow();
        return _verified.TryGetValue(certificate, out var known) && known.Covers(identity, now) ? known : Verify(certificate, identity, now);
    }

    private Verified? Verify(X509Certificate2 certificate, IdentityKeys identity, DateTimeOffset now)
    {
        if (LeafCertificate.IssuerOf(certificate, identity, LeafPurpose.Tls, now) is not { } issuer || LeafCertificate.NameOf(certificate) is not { } name)
        {
            return null;
        }

        var until = new DateTimeOffset(certificate.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        var verified = new Verified(name, issuer, until, LeafCertificate.Thumbprint(certificate));
        _verified.AddOrUpdate(certificate, verified);
        return verified;
    }

    private sealed record Verified(SpiffeName Name, P256PublicKey Issuer, DateTimeOffset Until, Sha256Digest Thumbprint)
    {
        /// <summary>A key that the member list no longer names takes its certificates with it, in the middle of a connection too.</summary>
        public bool Covers(IdentityKeys identity, DateTimeOffset now) => now <= Until && identity.Contains(Issuer);
    }
}
