using System.Buffers.Binary;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.V1;

namespace InfoLink.Contracts.Records;

/// <summary>
/// One subject in an entry: 133 bytes, <c>index(4) ‖ outcome(1) ‖ tag ‖ requester's code ‖ provider's code ‖ digest</c>, the first three
/// 32-byte commitments, the last the salted digest of what was answered; zeros where the custodian has none.
/// </summary>
public sealed record SubjectLeaf(uint Index, SubjectOutcome Outcome)
{
    /// <summary>Bytes in a subject leaf.</summary>
    public const int Size = 4 + 1 + (4 * Sha256Digest.Size);

    public Sha256Digest Tag { get; init; } = Sha256Digest.Zero;

    public Sha256Digest RequesterCode { get; init; } = Sha256Digest.Zero;

    public Sha256Digest ProviderCode { get; init; } = Sha256Digest.Zero;

    public Sha256Digest Digest { get; init; } = Sha256Digest.Zero;

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="ArgumentException">Not 133 bytes.</exception>
    public static SubjectLeaf FromBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        return new SubjectLeaf(BinaryPrimitives.ReadUInt32BigEndian(bytes), (SubjectOutcome)bytes[4])
        {
            Tag = Sha256Digest.FromBytes(bytes.Slice(5, Sha256Digest.Size)),
            RequesterCode = Sha256Digest.FromBytes(bytes.Slice(37, Sha256Digest.Size)),
            ProviderCode = Sha256Digest.FromBytes(bytes.Slice(69, Sha256Digest.Size)),
            Digest = Sha256Digest.FromBytes(bytes.Slice(101, Sha256Digest.Size)),
        };
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Index);
        bytes[4] = (byte)Outcome;
        Tag.Span.CopyTo(bytes.AsSpan(5));
        RequesterCode.Span.CopyTo(bytes.AsSpan(37));
        ProviderCode.Span.CopyTo(bytes.AsSpan(69));
        Digest.Span.CopyTo(bytes.AsSpan(101));
        return bytes;
    }
}

/// <summary>The Merkle root over an entry's subjects and, last, its custodian's particulars.</summary>
public static class PrivateRoot
{
    public static Sha256Digest Of(IEnumerable<SubjectLeaf> subjects, Sha256Digest? particulars = null)
    {
        var leaves = subjects.Select(subject => subject.ToBytes()).ToList();
        if (particulars is not null)
        {
            leaves.Add(particulars.ToArray());
        }

        return MerkleTree.Root(leaves);
    }
}
