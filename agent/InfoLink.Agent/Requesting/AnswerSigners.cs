using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// The certificates that answers are signed with. To read one and to verify who issued it costs more than all else that is done to an answer, and a
/// provider shows the same one for as long as it lives: good ones are kept.
/// </summary>
internal sealed class AnswerSigners(TimeProvider time)
{
    /// <summary>Certificates that are kept; beyond it all are forgotten and verified again.</summary>
    private const int MaxKept = 1000;

    private readonly ConcurrentDictionary<Sha256Digest, Verified> _verified = new();

    /// <summary>The signing certificate of this party in these bytes; it stays open.</summary>
    /// <param name="name">The party's, by the member list of now.</param>
    /// <param name="identity">Its identity keys, by the same list.</param>
    /// <param name="der">As received.</param>
    /// <returns>Null where they hold no certificate, or one of another party, issuer, purpose or time.</returns>
    public X509Certificate2? Find(SpiffeName name, IdentityKeys identity, ReadOnlySpan<byte> der)
    {
        var now = time.GetUtcNow();
        var digest = Sha256Digest.Of(der);
        if (_verified.TryGetValue(digest, out var known))
        {
            return known.Covers(name, identity, now) ? known.Certificate : null;
        }

        if (TryLoad(der) is not { } certificate)
        {
            return null;
        }

        if (LeafCertificate.NameOf(certificate) != name
            || LeafCertificate.IssuerOf(certificate, identity, LeafPurpose.Signing, now) is not { } issuer)
        {
            certificate.Dispose();
            return null;
        }

        if (_verified.Count >= MaxKept)
        {
            _verified.Clear(); // Not disposed: another answer may be held against one of them at this moment.
        }

        _verified[digest] = new Verified(certificate, name, issuer);
        return certificate;
    }

    private static X509Certificate2? TryLoad(ReadOnlySpan<byte> der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed record Verified(X509Certificate2 Certificate, SpiffeName Name, P256PublicKey Issuer)
    {
        /// <summary>What the member list and the clock may have changed since; the bytes have not.</summary>
        public bool Covers(SpiffeName name, IdentityKeys identity, DateTimeOffset now) =>
            Name == name && identity.Contains(Issuer) && LeafCertificate.IsInTime(Certificate, now);
    }
}
