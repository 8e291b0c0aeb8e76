using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Authoring;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Hosting.Trust;

/// <summary>The broker signs its directory with its signing leaf, which goes along and stands under the identity key of the member list.</summary>
public static class DirectorySignature
{
    public static SignedDocument Sign(BrokerDirectory directory, LeafGeneration own)
    {
        var draft = DirectoryFile.Draft(directory);
        using var key = own.Signing.GetECDsaPrivateKey()!;
        return draft.With(DocumentSignature.ByLeaf(draft, DocumentKind.Directory, own.Signing.RawData, key));
    }

    /// <summary>What the directory says, where the broker of this list signed it at the time it names.</summary>
    /// <exception cref="DocumentException">It is not believed: why.</exception>
    /// <param name="document">The directory.</param>
    /// <param name="members">Whose broker it must be.</param>
    /// <param name="now">This party's clock.</param>
    /// <param name="isTold">It is being told now, so its signer's certificate must be good now too: a leaf that was stolen and has expired signs no directory of its own days.</param>
    public static BrokerDirectory Verify(SignedDocument document, MemberList members, DateTimeOffset now, bool isTold = false)
    {
        var directory = Documents.Directory(document);
        if (!string.Equals(directory.Platform, members.Platform, StringComparison.Ordinal))
        {
            throw new DocumentException(DocumentFault.OtherPlatform, $"The directory is of the platform {directory.Platform}, and the member list's is {members.Platform}.");
        }

        if (directory.Issued > now + DocumentHeader.AheadAllowed)
        {
            throw new DocumentException(
                DocumentFault.FromTheFuture, $"The directory was issued at {directory.Issued:yyyy-MM-dd HH:mm:ss} UTC, and this clock shows {now:yyyy-MM-dd HH:mm:ss}. Set whichever clock is wrong.");
        }

        if (!document.Signatures.Any(signature => IsBroker(signature, document, members, directory.Issued)
            && (!isTold || IsBroker(signature, document, members, now))))
        {
            throw new DocumentException(DocumentFault.SignaturesMissing, "The directory is not signed by a certificate under the broker's identity key of the member list.");
        }

        return directory;
    }

    /// <summary>The certificate is looked at as of the directory's own time: one that is kept on disk outlives it by its grace, not by its leaf's life.</summary>
    private static bool IsBroker(DocumentSignature signature, SignedDocument document, MemberList members, DateTimeOffset issued)
    {
        if (signature.Certificate.IsEmpty)
        {
            return false;
        }

        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(signature.Certificate.Span);
            using var key = leaf.GetECDsaPublicKey();
            return key is not null
                && LeafCertificate.NameOf(leaf) == members.BrokerName
                && LeafCertificate.IsUnder(leaf, members.Broker.IdentityKeys, LeafPurpose.Signing, issued)
                && signature.IsBy(P256PublicKey.Of(key), document, DocumentKind.Directory);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            return false; // Not a certificate, or not of a key on P-256.
        }
    }
}
