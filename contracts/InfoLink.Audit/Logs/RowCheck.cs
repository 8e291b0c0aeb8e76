using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Merkle;
using InfoLink.Contracts.Records;
using InfoLink.Contracts.Sealing;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Audit.Logs;

/// <summary>
/// One database row against itself: its 65 bytes are made again from salt, open part, subjects and particulars; the columns beside them must say
/// the same; what a subject keeps must open the commitments in its leaf.
/// </summary>
internal static class RowCheck
{
    public static RowVerdict Of(EntryRow row, KnownLog log)
    {
        var byColumns = Sha256Digest.TryFromBytes(row.OpenDigest, out var openDigest) && Sha256Digest.TryFromBytes(row.PrivateRoot, out var privateRoot)
            ? MerkleTree.LeafHash(AccessEntry.Make(openDigest, privateRoot))
            : null;
        if (row is { Salt: null, OpenPart: null, Particulars: null, ParticularsSalt: null, Subjects: null })
        {
            return new RowVerdict(byColumns, null, null, byColumns is null ? "open_digest or private_root" : null) { Expired = true };
        }

        if (row.Salt is not { Length: AccessEntry.SaltSize })
        {
            return new RowVerdict(byColumns, null, null, "salt");
        }

        if (row.OpenPart is null || AccessEntry.TryParse(row.OpenPart) is not { } open)
        {
            return new RowVerdict(byColumns, null, null, "open_part");
        }

        if (TryReadSubjects(row) is not { } subjects)
        {
            return new RowVerdict(byColumns, null, open, "subjects");
        }

        if (!TryReadParticulars(row, out var particulars))
        {
            return new RowVerdict(byColumns, null, open, "particulars");
        }

        var root = PrivateRoot.Of(subjects.Select(subject => subject.Leaf), particulars);
        var entry = AccessEntry.Make(row.Salt, row.OpenPart, root);
        var wrong = WhatDiffers(row, open, entry, root) ?? WhatDoesNotOpen(subjects, open);
        return new RowVerdict(byColumns, MerkleTree.LeafHash(entry), open, wrong) { OtherKey = wrong is null && !IsProvidersKey(subjects, open, log) };
    }

    private static string? WhatDiffers(EntryRow row, OpenPart open, byte[] entry, Sha256Digest root) =>
        !AccessEntry.OpenDigest(entry).Span.SequenceEqual(row.OpenDigest) ? "open_digest, salt or open_part"
        : !root.Span.SequenceEqual(row.PrivateRoot) ? "private_root, subjects or particulars"
        : row.Event != (long)open.Event ? "event"
        : row.TimeMs != open.TimeMs ? "time_ms"
        : !open.ExchangeId.Span.SequenceEqual(row.ExchangeId) ? "exchange_id"
        : null;

    private static List<StoredSubject>? TryReadSubjects(EntryRow row)
    {
        if (row.Subjects is null)
        {
            return [];
        }

        return SubjectRecords.Parser.WithDiscardUnknownFields(true).TryParse(row.Subjects) is { } records
            && records.Subjects.All(record => record.Leaf.Length == SubjectLeaf.Size) && records.ToByteArray().AsSpan().SequenceEqual(row.Subjects)
            ? [.. records.Subjects.Select(record => new StoredSubject(record))]
            : null;
    }

    private static bool TryReadParticulars(EntryRow row, out Sha256Digest? commitment)
    {
        commitment = null;
        if (row.Particulars is null && row.ParticularsSalt is null)
        {
            return true;
        }

        if (row is not { Particulars: { } bytes, ParticularsSalt: { Length: Commitment.SaltSize } salt })
        {
            return false;
        }

        commitment = Commitment.OfParticulars(salt, bytes);
        return true;
    }

    /// <summary>Seeds, tags, own codes and kept evidence are in no hash themselves; they must fit what is.</summary>
    private static string? WhatDoesNotOpen(List<StoredSubject> subjects, OpenPart open)
    {
        foreach (var subject in subjects)
        {
            if (!Opens(subject, open))
            {
                return $"seed, tag or own code of subject {subject.Index}";
            }

            if (subject.Evidence is { } evidence && !Holds(evidence, subject, open))
            {
                return $"evidence of subject {subject.Index}";
            }
        }

        return null;
    }

    private static bool Opens(StoredSubject subject, OpenPart open)
    {
        var leaf = subject.Leaf;
        if (subject.Tag is null && subject.OwnLinkCode is null)
        {
            return leaf.Tag == Sha256Digest.Zero && leaf.RequesterCode == Sha256Digest.Zero && leaf.ProviderCode == Sha256Digest.Zero;
        }

        if (subject.Seed is not { Length: Commitment.SaltSize } seed)
        {
            return false;
        }

        var tagOpens = subject.Tag is not { } tag || leaf.Tag == Commitment.OfTag(Commitment.Salt(seed, CommitmentSide.IndexTag), tag);
        return tagOpens && (subject.OwnLinkCode is not { } bytes || OpensCode(seed, bytes, leaf, open));
    }

    private static bool OpensCode(byte[] seed, byte[] bytes, SubjectLeaf leaf, OpenPart open)
    {
        if (!LinkCode.TryFromBytes(bytes, out var code) || !AgencyId.TryParse(open.Custodian, out var own))
        {
            return false;
        }

        return leaf.RequesterCode == Commitment.OfLinkCode(Commitment.Salt(seed, CommitmentSide.RequesterCode), own, code)
            || leaf.ProviderCode == Commitment.OfLinkCode(Commitment.Salt(seed, CommitmentSide.ProviderCode), own, code);
    }

    private static bool Holds(AnswerProof evidence, StoredSubject subject, OpenPart open)
    {
        try
        {
            using var certificate = TryLoad(evidence);
            return certificate is not null && AnswerSignature.VerifyEvidence(
                certificate, evidence.Signature.Span, open.TokenSha256.Span, evidence.Enc.Span, evidence.CiphertextSha256.Span, subject.Digest.Span);
        }
        catch (CryptographicException)
        {
            return false; // Its public key is none.
        }
    }

    private static bool IsProvidersKey(List<StoredSubject> subjects, OpenPart open, KnownLog log)
    {
        if (log.Members is not { } members || !AgencyId.TryParse(open.Provider, out var id) || !members.TryFind(id, out var provider))
        {
            return true;
        }

        var when = DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(open.TimeMs, 0, 253_402_300_799_999));
        return subjects.Select(subject => subject.Evidence).OfType<AnswerProof>().All(evidence => IsUnder(evidence, provider.IdentityKeys, when));
    }

    private static bool IsUnder(AnswerProof evidence, IdentityKeys identity, DateTimeOffset when)
    {
        try
        {
            using var certificate = TryLoad(evidence);
            return certificate is not null && LeafCertificate.IsUnder(certificate, identity, LeafPurpose.Signing, when);
        }
        catch (CryptographicException)
        {
            return false; // A part of it, its dates say, cannot be read.
        }
    }

    private static X509Certificate2? TryLoad(AnswerProof evidence)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(evidence.SigningCertificate.Span);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>What came of a row.</summary>
/// <param name="ByColumns">The leaf hash of the 65 bytes in its columns; null where they are not 65 bytes.</param>
/// <param name="ByContent">The same, made again from the record; null where that cannot be.</param>
/// <param name="Open">Null where it does not read.</param>
/// <param name="Wrong">The column at fault; null where the row agrees with itself.</param>
internal sealed record RowVerdict(Sha256Digest? ByColumns, Sha256Digest? ByContent, OpenPart? Open, string? Wrong)
{
    /// <summary>The content is gone; the entry stays.</summary>
    public bool Expired { get; init; }

    /// <summary>Kept evidence is not under the identity key that the member list names for the provider now.</summary>
    public bool OtherKey { get; init; }

    /// <summary>What the tree should have, as far as the row alone can tell.</summary>
    public Sha256Digest? Leaf => ByColumns ?? ByContent;
}
