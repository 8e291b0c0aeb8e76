using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Merkle;
using InfoLink.V1;

namespace InfoLink.Contracts.Records;

/// <summary>
/// The 65 bytes that a log commits to: <c>0x01 ‖ SHA-256(salt ‖ open part) ‖ private root</c>. They reveal nothing to those who only check.
/// </summary>
public static class AccessEntry
{
    /// <summary>Bytes in an entry.</summary>
    public const int Size = 65;

    /// <summary>Bytes in an entry's salt.</summary>
    public const int SaltSize = 32;

    /// <summary>Longest serialized open part that a party reads, in bytes.</summary>
    public const int MaxOpenPart = 16 * 1024;

    private const byte Version = 0x01;

    public static byte[] Make(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> openPart, Sha256Digest privateRoot)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltSize);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(openPart);
        return Make(Sha256Digest.FromBytes(hash.GetHashAndReset()), privateRoot);
    }

    /// <summary>From what is left of a record that has expired.</summary>
    public static byte[] Make(Sha256Digest openDigest, Sha256Digest privateRoot) => [Version, .. openDigest.Span, .. privateRoot.Span];

    /// <summary>SHA-256(salt ‖ open part), as the entry holds it.</summary>
    public static Sha256Digest OpenDigest(ReadOnlySpan<byte> entry) => Sha256Digest.FromBytes(entry.Slice(1, Sha256Digest.Size));

    /// <summary>RFC 6962 leaf hash of an entry: what receipts and request commitments name.</summary>
    public static Sha256Digest LeafHash(ReadOnlySpan<byte> entry) => MerkleTree.LeafHash(entry);

    /// <summary>
    /// Reads an open part strictly: known fields only, in the one form that serializing gives. Null where it is not in that form.
    /// </summary>
    public static OpenPart? TryParse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxOpenPart)
        {
            return null;
        }

        return OpenPart.Parser.WithDiscardUnknownFields(true).TryParse(bytes) is { } part && part.ToByteArray().AsSpan().SequenceEqual(bytes) ? part : null;
    }
}
