using System.Buffers.Binary;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// The layout of a sealed answer. Plaintext = payload length(4, big-endian) ‖ salt(32) ‖ payload ‖ zeros up to the smallest bucket
/// that holds it; aad = SHA-256(token) ‖ subject index(4, big-endian); HPKE sequence number = the subject's ordinal.
/// </summary>
/// <remarks>
/// Buckets (of the whole plaintext) keep the ciphertext's length from telling what was answered. The salt makes the digest
/// SHA-256(salt ‖ payload) safe to keep in logs: without the salt nothing can be guessed from it.
/// </remarks>
public static class AnswerSeal
{
    /// <summary>Subjects of one exchange, at most.</summary>
    public const int MaxSubjects = 1_000;

    /// <summary>Bytes of a payload, at most: with its header it fits 16 MiB.</summary>
    public const int MaxPayloadLength = (16 * 1024 * KiB) - HeaderLength;

    /// <summary>Bytes of a salt.</summary>
    public const int SaltLength = 32;

    /// <summary>Bytes of a digest: SHA-256(salt ‖ payload).</summary>
    public const int DigestLength = 32;

    /// <summary>Bytes of SHA-256(token).</summary>
    public const int TokenHashLength = 32;

    internal const int HeaderLength = sizeof(uint) + SaltLength;
    internal const int LargestBucketStep = 256 * KiB;
    private const int KiB = 1024;

    /// <summary>Bytes of the plaintext that holds a payload of this length: 1, 4, 16, 64, 256 KiB, then multiples of 256 KiB.</summary>
    /// <exception cref="SealingException"><see cref="SealingFault.TooLarge"/>: beyond <see cref="MaxPayloadLength"/>.</exception>
    public static int BucketFor(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        if (payloadLength > MaxPayloadLength)
            throw new SealingException(SealingFault.TooLarge, $"A payload is at most {MaxPayloadLength} bytes.");
        var needed = payloadLength + HeaderLength;
        for (var bucket = KiB; bucket <= LargestBucketStep; bucket *= 4)
        {
            if (needed <= bucket)
                return bucket;
        }
        return (needed + LargestBucketStep - 1) / LargestBucketStep * LargestBucketStep;
    }

    /// <summary>SHA-256(salt ‖ payload): what logs and signatures say of an answer.</summary>
    public static byte[] Digest(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> payload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(salt);
        hash.AppendData(payload);
        return hash.GetHashAndReset();
    }

    internal static byte[] Aad(ReadOnlySpan<byte> tokenHash, uint index)
    {
        var aad = new byte[TokenHashLength + sizeof(uint)];
        tokenHash.CopyTo(aad);
        BinaryPrimitives.WriteUInt32BigEndian(aad.AsSpan(TokenHashLength), index);
        return aad;
    }

    internal static byte[] CheckedTokenHash(ReadOnlySpan<byte> tokenHash) => tokenHash.Length == TokenHashLength
        ? tokenHash.ToArray()
        : throw new ArgumentException("The hash of a token is 32 bytes.", nameof(tokenHash));
}
