using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Audit.Reconciling;

/// <summary>What must be equal between custodians, as hashes: two records agree, or are read again to say in what they do not.</summary>
internal static class Fingerprint
{
    /// <summary>All fields of an open part but those that are the event's and the custodian's own.</summary>
    public static OpenPart Common(OpenPart open)
    {
        var common = open.Clone();
        (common.Event, common.Custodian, common.TimeMs, common.Count) = (AccessEvent.Unspecified, "", 0, 0);
        (common.Refusal, common.RepeatedRefusals, common.Caller, common.Correction) = (RefusalName.Unspecified, 0, "", null);
        return common;
    }

    /// <summary>What the requester asked, before there was a token: approval and ASKED have it alike.</summary>
    public static OpenPart Question(OpenPart open)
    {
        var question = new OpenPart
        {
            Entry = open.Entry,
            Role = open.Role,
            Requester = open.Requester,
            Provider = open.Provider,
            ConditionsSha256 = open.ConditionsSha256,
            Cnf = open.Cnf,
            Rek = open.Rek,
            Continues = open.Continues,
        };
        question.Kinds.Add(open.Kinds);
        return question;
    }

    public static byte[] Of(OpenPart part) => SHA256.HashData(part.ToByteArray());

    /// <summary>Index, outcome and, where it was answered, digest of each subject.</summary>
    public static byte[] Of(IReadOnlyList<SubjectLeaf> subjects)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[5];
        foreach (var subject in subjects)
        {
            BinaryPrimitives.WriteUInt32BigEndian(head, subject.Index);
            head[4] = (byte)subject.Outcome;
            hash.AppendData(head);
            hash.AppendData(DigestOf(subject).Span);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The fields in which two parts differ, by their names in the proto.</summary>
    public static IEnumerable<string> Differing(OpenPart one, OpenPart other) => OpenPart.Descriptor.Fields.InDeclarationOrder()
        .Where(field => !Equals(field.Accessor.GetValue(one), field.Accessor.GetValue(other)))
        .Select(field => field.Name);

    /// <summary>In what two answers differ: the first subject, and whether by outcome or digest.</summary>
    public static string Differing(IReadOnlyList<SubjectLeaf> one, IReadOnlyList<SubjectLeaf> other)
    {
        foreach (var (mine, theirs) in one.Zip(other))
        {
            if (mine.Index != theirs.Index)
            {
                return $"subject {mine.Index} stands beside subject {theirs.Index}";
            }

            if (mine.Outcome != theirs.Outcome)
            {
                return $"outcome of subject {mine.Index}: {NameOf(mine.Outcome)} and {NameOf(theirs.Outcome)}";
            }

            if (DigestOf(mine) != DigestOf(theirs))
            {
                return $"digest of subject {mine.Index}";
            }
        }

        return $"{one.Count} subjects and {other.Count}";
    }

    private static Sha256Digest DigestOf(SubjectLeaf subject) =>
        subject.Outcome == SubjectOutcome.AnsweredOutcome ? subject.Digest : Sha256Digest.Zero;

    private static string NameOf(SubjectOutcome outcome) => outcome.ToString().Replace("Outcome", "", StringComparison.Ordinal).ToLowerInvariant();
}
