using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>One event on its way into a custodian's log, with its subjects and, at agencies, its particulars (items ⑦–⑩, ⑫).</summary>
public sealed class NewEntry
{
    public NewEntry(OpenPart open, IReadOnlyList<NewSubject> subjects, Particulars? particulars = null)
    {
        Open = open;
        Subjects = subjects;
        OpenPart = open.ToByteArray();
        Salt = RandomNumberGenerator.GetBytes(AccessEntry.SaltSize);
        if (particulars is not null)
        {
            Particulars = particulars.ToByteArray();
            ParticularsSalt = RandomNumberGenerator.GetBytes(Commitment.SaltSize);
        }

        var commitment = Particulars is null ? null : Commitment.OfParticulars(ParticularsSalt, Particulars);
        PrivateRoot = Contracts.Records.PrivateRoot.Of(subjects.Select(subject => subject.Leaf), commitment);
        Bytes = AccessEntry.Make(Salt, OpenPart, PrivateRoot);
        LeafHash = AccessEntry.LeafHash(Bytes);
        PackedSubjects = Pack(); // Here, on the caller's thread: the log's one writer has enough to do.
    }

    public OpenPart Open { get; }

    public IReadOnlyList<NewSubject> Subjects { get; }

    /// <summary>The serialized open part: exactly these bytes are hashed, stored and sent.</summary>
    public byte[] OpenPart { get; }

    public byte[] Salt { get; }

    public byte[]? Particulars { get; }

    public byte[]? ParticularsSalt { get; }

    public Sha256Digest PrivateRoot { get; }

    /// <summary>The 65 bytes that the log commits to.</summary>
    public byte[] Bytes { get; }

    public Sha256Digest LeafHash { get; }

    /// <summary>The subjects' records as one value; null where there are none.</summary>
    internal byte[]? PackedSubjects { get; }

    private byte[]? Pack()
    {
        if (Subjects.Count == 0)
        {
            return null;
        }

        var packed = new SubjectRecords();
        packed.Subjects.Add(Subjects.Select(subject => subject.ToRecord()));
        return packed.ToByteArray();
    }
}

/// <summary>One person's record in an event.</summary>
/// <param name="Leaf">What the private root commits to.</param>
public sealed record NewSubject(SubjectLeaf Leaf)
{
    /// <summary>Opens the leaf's commitments (32 bytes); it goes when the record expires.</summary>
    public byte[]? Seed { get; init; }

    /// <summary>The person's index tag (16 bytes), broker only.</summary>
    public byte[]? Tag { get; init; }

    /// <summary>The citizen's view waits until this is released.</summary>
    public bool DisplayHold { get; init; }

    /// <summary>What the provider signed, requesters only.</summary>
    public AnswerProof? Evidence { get; init; }

    /// <summary>The agency's own link code (17 bytes), agencies only.</summary>
    public byte[]? OwnLinkCode { get; init; }

    /// <summary>What was answered or received (item ⑪), sealed under a key of the agency; kept beside the record.</summary>
    public byte[]? SealedContent { get; init; }

    public override string ToString() => $"NewSubject({Leaf.Index}, redacted)";

    internal SubjectRecord ToRecord() => new()
    {
        Leaf = Leaf.ToBytes().ToByteString(),
        Seed = Bytes(Seed),
        Tag = Bytes(Tag),
        DisplayHold = DisplayHold,
        OwnLinkCode = Bytes(OwnLinkCode),
        Evidence = Evidence,
    };

    private static ByteString Bytes(byte[]? value) => value is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(value);
}
