using System.Collections.Frozen;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Trust;

/// <summary>
/// The authority: its keys and how many of them must sign. Nothing of it runs anywhere; its private keys lie offline, with different people.
/// Keys and threshold change only by a next version that the old threshold <em>and</em> the new one have signed (as TUF's root role does).
/// </summary>
public sealed class Authority
{
    /// <exception cref="ArgumentException">No keys, or a threshold that they cannot reach.</exception>
    public Authority(DocumentHeader header, IEnumerable<P256PublicKey> keys, int threshold)
    {
        Header = header;
        Keys = keys.ToFrozenDictionary(DocumentSignature.KeyIdOf, StringComparer.Ordinal);
        Threshold = threshold >= 1 && threshold <= Keys.Count
            ? threshold
            : throw new ArgumentException($"{threshold} of {Keys.Count} keys cannot sign.", nameof(threshold));
    }

    public DocumentHeader Header { get; }

    public string Platform => Header.Platform;

    /// <summary>By key id (RFC 7638 thumbprint).</summary>
    public FrozenDictionary<string, P256PublicKey> Keys { get; }

    /// <summary>How many different keys must have signed.</summary>
    public int Threshold { get; }

    /// <summary>What people compare, and join codes carry.</summary>
    public Fingerprint Fingerprint => Fingerprint.OfDigest(Header.Sha256);

    /// <summary>How many of these keys have signed the document as one of this kind.</summary>
    public int Count(SignedDocument document, DocumentKind kind) => document.Signatures
        .Where(signature => Keys.TryGetValue(signature.KeyId, out var key) && signature.IsBy(key, document, kind))
        .Select(signature => signature.KeyId)
        .Distinct(StringComparer.Ordinal)
        .Count();

    /// <exception cref="DocumentException"><see cref="DocumentFault.SignaturesMissing"/>.</exception>
    public void Require(SignedDocument document, DocumentKind kind)
    {
        var count = Count(document, kind);
        if (count < Threshold)
        {
            throw new DocumentException(
                DocumentFault.SignaturesMissing,
                $"{count} of the authority's keys have signed this {kind.Name()}, and {Threshold} must (authority version {Header.Version}, fingerprint {Fingerprint}). "
                + "Have the other key holders sign it ('infolink authority sign'), or look whether it was signed under an older authority.");
        }
    }

    /// <summary>The next authority, where this one's threshold and its own have signed it.</summary>
    /// <exception cref="DocumentException">Not the next version, or not signed so.</exception>
    /// <exception cref="ArgumentException">The authority is not what the document says.</exception>
    public void RequireSuccessor(SignedDocument document, Authority next)
    {
        if (next.Header.Sha256 != document.Sha256)
        {
            throw new ArgumentException("The next authority was not read from this document.", nameof(next));
        }

        if (next.Header.Follows(Header) && next.Header.Version != Header.Version + 1)
        {
            throw new DocumentException(
                DocumentFault.Forked, $"Authority {next.Header.Version} cannot follow {Header.Version}: every change of keys in between is needed, one by one.");
        }

        Require(document, DocumentKind.Authority);
        next.Require(document, DocumentKind.Authority);
    }
}
