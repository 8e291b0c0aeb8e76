using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>One subject's answer, opened.</summary>
/// <param name="Payload">What the provider answered.</param>
/// <param name="Digest">SHA-256(salt ‖ payload), computed here: compare it with the signed one.</param>
/// <param name="Salt">Kept with the payload: it proves the digest later.</param>
public sealed record OpenedAnswer(ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Digest, ReadOnlyMemory<byte> Salt) : IDisposable
{
    /// <summary>Always "OpenedAnswer(redacted)".</summary>
    public override string ToString() => "OpenedAnswer(redacted)";

    /// <summary>Wipes the payload and its salt, where the values have been read.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(Payload).Span);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(Salt).Span);
    }
}

/// <summary>The requester's side of one exchange: opens what an <see cref="AnswerSealer"/> sealed to its recipient key.</summary>
/// <remarks>Safe for several threads, answers in any order; disposing wipes the keys but leaves the recipient key to its owner.</remarks>
public sealed class AnswerOpener : IDisposable
{
    private readonly HpkeRecipient _recipient;
    private readonly byte[] _tokenHash;

    /// <param name="key">The key whose thumbprint the token names.</param>
    /// <param name="enc">The provider's encapsulated key, 65 bytes.</param>
    /// <param name="context">What the seal must be bound to: built from the requester's own token, not from the reply.</param>
    /// <param name="tokenHash">SHA-256 of the token's ASCII bytes, 32 bytes.</param>
    /// <exception cref="SealingException"><paramref name="enc"/> is not a point on P-256.</exception>
    /// <exception cref="ArgumentException">A field of the wrong length.</exception>
    public AnswerOpener(RecipientKey key, ReadOnlySpan<byte> enc, in SealContext context, ReadOnlySpan<byte> tokenHash)
    {
        ArgumentNullException.ThrowIfNull(key);
        _tokenHash = AnswerSeal.CheckedTokenHash(tokenHash);
        _recipient = HpkeRecipient.Setup(key.PrivateKey, enc, context.ToInfo());
    }

    /// <summary>Opens one subject's answer and checks its layout: smallest bucket, length within it, nothing but zeros behind.</summary>
    /// <param name="ordinal">The subject's position among the token's subjects, from 0.</param>
    /// <param name="index">The subject's index.</param>
    /// <param name="ciphertext">As received; its signature has been verified before.</param>
    /// <exception cref="SealingException"><see cref="SealingFault.NotAuthentic"/> or <see cref="SealingFault.WrongLayout"/>.</exception>
    public OpenedAnswer Open(int ordinal, uint index, ReadOnlySpan<byte> ciphertext)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        var bucket = ciphertext.Length - HpkeSender.Overhead;
        if (bucket < AnswerSeal.HeaderLength || AnswerSeal.HeaderLength + AnswerSeal.MaxPayloadLength < bucket)
            throw new SealingException(SealingFault.WrongLayout, "The ciphertext is shorter or longer than any answer.");

        var rented = ArrayPool<byte>.Shared.Rent(bucket);
        var plaintext = rented.AsSpan(0, bucket);
        try
        {
            if (!_recipient.TryOpen((ulong)ordinal, AnswerSeal.Aad(_tokenHash, index), ciphertext, plaintext))
                throw new SealingException(SealingFault.NotAuthentic, "The answer is not what was sealed for this token and subject.");
            return Read(plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _recipient.Dispose();

    private static OpenedAnswer Read(ReadOnlySpan<byte> plaintext)
    {
        var length = BinaryPrimitives.ReadUInt32BigEndian(plaintext);
        var rest = plaintext[AnswerSeal.HeaderLength..];
        // One payload has one plaintext: a larger bucket than needed, or anything in the padding, would be a hidden channel.
        if (length > rest.Length || AnswerSeal.BucketFor((int)length) != plaintext.Length
            || rest[(int)length..].ContainsAnyExcept((byte)0))
        {
            throw new SealingException(SealingFault.WrongLayout, "The answer's length, bucket or padding is not as agreed.");
        }
        var salt = plaintext.Slice(sizeof(uint), AnswerSeal.SaltLength).ToArray();
        var payload = rest[..(int)length].ToArray();
        return new OpenedAnswer(payload, AnswerSeal.Digest(salt, payload), salt);
    }
}
