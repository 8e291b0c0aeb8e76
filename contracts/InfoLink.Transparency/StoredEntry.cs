using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>An entry as it lies in the store, with its record.</summary>
public sealed record StoredEntry(
    string Origin,
    long Serial,
    byte[] OpenPartBytes,
    byte[] Salt,
    Sha256Digest PrivateRoot,
    byte[]? ParticularsBytes,
    byte[]? ParticularsSalt,
    IReadOnlyList<StoredSubject> Subjects)
{
    public OpenPart Open { get; } = OpenPart.Parser.ParseFrom(OpenPartBytes);

    /// <summary>Items ⑦–⑩ and ⑫, at agencies.</summary>
    public Particulars? Particulars { get; } = ParticularsBytes is null ? null : V1.Particulars.Parser.ParseFrom(ParticularsBytes);

    /// <summary>What the private root commits to in place of the particulars.</summary>
    public Sha256Digest? ParticularsCommitment =>
        ParticularsBytes is null ? null : Commitment.OfParticulars(ParticularsSalt, ParticularsBytes);

    /// <summary>The 65 bytes, made again from the record.</summary>
    public byte[] Bytes => AccessEntry.Make(Salt, OpenPartBytes, PrivateRoot);

    public override string ToString() => $"StoredEntry({Origin}, {Serial}, redacted)";
}

/// <summary>A subject's record as it lies in the store.</summary>
public sealed record StoredSubject(SubjectRecord Record)
{
    public SubjectLeaf Leaf { get; } = SubjectLeaf.FromBytes(Record.Leaf.Span);

    public uint Index => Leaf.Index;

    public SubjectOutcome Outcome => Leaf.Outcome;

    /// <summary>The salted digest of what was answered; zeros where nothing was.</summary>
    public Sha256Digest Digest => Leaf.Digest;

    public bool DisplayHold => Record.DisplayHold;

    /// <summary>Opens the leaf's commitments; null where there is nothing to open.</summary>
    public byte[]? Seed => OrNull(Record.Seed);

    public byte[]? Tag => OrNull(Record.Tag);

    public byte[]? OwnLinkCode => OrNull(Record.OwnLinkCode);

    public AnswerProof? Evidence => Record.Evidence;

    public override string ToString() => $"StoredSubject({Index}, redacted)";

    private static byte[]? OrNull(Google.Protobuf.ByteString bytes) => bytes.IsEmpty ? null : bytes.ToByteArray();
}
