using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>One subject's answer as it travels and as the provider keeps it.</summary>
/// <param name="Ciphertext">HPKE ciphertext: the bucket and 16 bytes.</param>
/// <param name="Digest">SHA-256(salt ‖ payload), 32 bytes: goes to the peer, into logs and to the broker.</param>
/// <param name="Salt">32 bytes: stays with the payload on either side; whoever has both can prove the digest.</param>
public sealed record SealedAnswer(ReadOnlyMemory<byte> Ciphertext, ReadOnlyMemory<byte> Digest, ReadOnlyMemory<byte> Salt) : IDisposable
{
    /// <summary>Always "SealedAnswer(redacted)".</summary>
    public override string ToString() => "SealedAnswer(redacted)";

    /// <summary>Wipes the salt, once it lies sealed beside the payload.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(Salt).Span);
}

/// <summary>
/// The provider's side of one exchange: seals each subject's answer to the requester's recipient key (layout: <see cref="AnswerSeal"/>).
/// </summary>
/// <remarks>
/// One HPKE context for the whole exchange; a subject's ordinal (its position among the token's subjects, from 0) is the sequence
/// number, so each ordinal can be sealed once and no more. Safe for several threads; disposing wipes the keys.
/// </remarks>
public sealed class AnswerSealer : IDisposable
{
    private readonly HpkeSender _sender;
    private readonly byte[] _tokenHash;
    private readonly int[] _sealed;

    /// <param name="recipientPublicKey">The requester's key, 65 bytes, already compared with the token's <c>rek</c>.</param>
    /// <param name="context">What the seal is bound to.</param>
    /// <param name="tokenHash">SHA-256 of the token's ASCII bytes, 32 bytes.</param>
    /// <param name="subjects">How many subjects the token is for, 1 to 1,000.</param>
    /// <exception cref="SealingException">The key is not a point on P-256.</exception>
    /// <exception cref="ArgumentException">A field of the wrong length.</exception>
    public AnswerSealer(ReadOnlySpan<byte> recipientPublicKey, in SealContext context, ReadOnlySpan<byte> tokenHash, int subjects)
        : this(HpkeSender.Setup(recipientPublicKey, context.ToInfo()), tokenHash, subjects)
    {
    }

    internal AnswerSealer(HpkeSender sender, ReadOnlySpan<byte> tokenHash, int subjects)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(subjects, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(subjects, AnswerSeal.MaxSubjects);
        _sender = sender;
        _tokenHash = AnswerSeal.CheckedTokenHash(tokenHash);
        _sealed = new int[subjects];
    }

    /// <summary>The encapsulated key (65 bytes), sent once before the answers.</summary>
    public ReadOnlyMemory<byte> Enc => _sender.Enc;

    /// <summary>Seals one subject's payload.</summary>
    /// <param name="ordinal">The subject's position among the token's subjects, from 0.</param>
    /// <param name="index">The subject's index from the requester's call, kept from end to end.</param>
    /// <param name="payload">At most <see cref="AnswerSeal.MaxPayloadLength"/> bytes.</param>
    /// <exception cref="SealingException">The payload is too large, or the ordinal was sealed before.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The ordinal is not below the number of subjects.</exception>
    public SealedAnswer Seal(int ordinal, uint index, ReadOnlySpan<byte> payload) =>
        Seal(ordinal, index, payload, RandomNumberGenerator.GetBytes(AnswerSeal.SaltLength));

    /// <summary>Seals under a given salt, for vectors.</summary>
    internal SealedAnswer Seal(int ordinal, uint index, ReadOnlySpan<byte> payload, byte[] salt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(ordinal, _sealed.Length);
        var bucket = AnswerSeal.BucketFor(payload.Length);
        if (Interlocked.Exchange(ref _sealed[ordinal], 1) != 0)
            throw new SealingException(SealingFault.AlreadySealed, $"The subject at ordinal {ordinal} was sealed before.");

        var ciphertext = new byte[bucket + HpkeSender.Overhead];
        var rented = ArrayPool<byte>.Shared.Rent(bucket);
        var plaintext = rented.AsSpan(0, bucket);
        try
        {
            BinaryPrimitives.WriteUInt32BigEndian(plaintext, (uint)payload.Length);
            salt.CopyTo(plaintext[sizeof(uint)..]);
            payload.CopyTo(plaintext[AnswerSeal.HeaderLength..]);
            plaintext[(AnswerSeal.HeaderLength + payload.Length)..].Clear();
            _sender.SealAt((ulong)ordinal, AnswerSeal.Aad(_tokenHash, index), plaintext, ciphertext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
            ArrayPool<byte>.Shared.Return(rented);
        }
        return new SealedAnswer(ciphertext, AnswerSeal.Digest(salt, payload), salt);
    }

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _sender.Dispose();
}
