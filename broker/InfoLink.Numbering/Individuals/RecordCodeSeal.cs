using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Codes;

namespace InfoLink.Numbering.Individuals;

/// <summary>
/// Resident record codes at rest: found again by a keyed tag, readable only with the authority's own key. Who has the table alone has neither a code nor a way
/// to try codes against it; who has table and key has both (DECISIONS.md, "Numbers").
/// </summary>
internal sealed class RecordCodeSeal : IDisposable
{
    /// <summary>nonce(12) ‖ ten digits as a number(5) ‖ GCM tag(16).</summary>
    public const int SealedLength = NonceLength + CodeLength + GcmTagLength;

    private const int NonceLength = 12;
    private const int CodeLength = 5;
    private const int GcmTagLength = 16;

    private readonly byte[] _tagKey;
    private readonly byte[] _sealKey;

    /// <param name="key">32 bytes, which no other part of the platform has. The caller's to wipe.</param>
    public RecordCodeSeal(ReadOnlySpan<byte> key)
    {
        var tagKey = new byte[32];
        var sealKey = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, tagKey, [], "infolink/numbering/tag"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, sealKey, [], "infolink/numbering/seal"u8);
        (_tagKey, _sealKey) = (tagKey, sealKey);
    }

    /// <summary>Tells this key from another, and nothing else: a table under another key must not be gone on with, since everybody in it would be numbered anew.</summary>
    public byte[] KeyCheck() => HMACSHA256.HashData(_tagKey, "infolink/numbering/key-check"u8)[..RecordTag.ByteLength];

    public RecordTag TagOf(ResidentRecordCode code)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ToNumber(code));
        HMACSHA256.HashData(_tagKey, bytes, mac);
        CryptographicOperations.ZeroMemory(bytes);
        return RecordTag.FromBytes(mac[..RecordTag.ByteLength]);
    }

    /// <summary>The code, bound to its tag.</summary>
    public byte[] Seal(ResidentRecordCode code, RecordTag tag)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(number, ToNumber(code));
        var box = new byte[SealedLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        using var aes = new AesGcm(_sealKey, GcmTagLength);
        aes.Encrypt(
            box.AsSpan(0, NonceLength), number[^CodeLength..], box.AsSpan(NonceLength, CodeLength), box.AsSpan(NonceLength + CodeLength), tag.ToBytes());
        CryptographicOperations.ZeroMemory(number);
        return box;
    }

    /// <exception cref="CryptographicException">The row was changed, or is another's.</exception>
    public ResidentRecordCode Open(ReadOnlySpan<byte> box, RecordTag tag)
    {
        if (box.Length != SealedLength)
        {
            throw new CryptographicException("A sealed resident record code has another length.");
        }

        Span<byte> number = stackalloc byte[sizeof(ulong)];
        number.Clear();
        using var aes = new AesGcm(_sealKey, GcmTagLength);
        aes.Decrypt(box[..NonceLength], box.Slice(NonceLength, CodeLength), box[(NonceLength + CodeLength)..], number[^CodeLength..], tag.ToBytes());
        return ResidentRecordCode.FromBase(BinaryPrimitives.ReadUInt64BigEndian(number));
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_tagKey);
        CryptographicOperations.ZeroMemory(_sealKey);
    }

    private static ulong ToNumber(ResidentRecordCode code)
    {
        Span<byte> digits = stackalloc byte[ResidentRecordCode.BaseLength];
        code.CopyBaseDigitsTo(digits);
        ulong number = 0;
        foreach (var digit in digits)
        {
            number = (number * 10) + digit;
        }

        CryptographicOperations.ZeroMemory(digits);
        return number;
    }
}

/// <summary>A keyed tag of a resident record code: 16 bytes, the same for the same code. Never prints.</summary>
[DebuggerDisplay("RecordTag(redacted)")]
internal readonly record struct RecordTag
{
    public const int ByteLength = 16;

    private readonly ulong _high;
    private readonly ulong _low;

    private RecordTag(ulong high, ulong low) => (_high, _low) = (high, low);

    public static RecordTag FromBytes(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));

    public byte[] ToBytes()
    {
        var bytes = new byte[ByteLength];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(sizeof(ulong)), _low);
        return bytes;
    }

    /// <summary>One order for all who enter tags side by side, so that no two wait for each other.</summary>
    public static int Compare(RecordTag one, RecordTag other) =>
        one._high != other._high ? one._high.CompareTo(other._high) : one._low.CompareTo(other._low);

    public override string ToString() => "RecordTag(redacted)";
}
