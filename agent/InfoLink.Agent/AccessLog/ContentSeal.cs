using System.Buffers.Binary;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.AccessLog;

/// <summary>
/// Item ⑪, the content, at rest (SPEC §6.14): what was answered or received, with the salt that proves its digest, readable under the agency's
/// content key alone. <c>0x01 ‖ salt(32) ‖ AES-256-GCM</c> with a key of its own for each record, HKDF-SHA256(content key, salt,
/// "infolink/content/v1"), so that no nonce is ever used twice; bound to its exchange, person and event.
/// </summary>
internal sealed class ContentSeal(byte[] contentKey)
{
    private const byte Version = 1;
    private const int SaltSize = 32;
    private const int TagSize = 16;
    private static readonly byte[] Nonce = new byte[12];

    /// <param name="exchange">Whose record it stands beside.</param>
    /// <param name="what">ANSWERED or RECEIVED.</param>
    /// <param name="index">The subject's.</param>
    /// <param name="answerSalt">32 bytes: with the payload it makes the digest on record.</param>
    /// <param name="payload">A serialized <see cref="Answer"/>.</param>
    public byte[] Seal(ExchangeId exchange, AccessEvent what, uint index, ReadOnlySpan<byte> answerSalt, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(answerSalt.Length, SaltSize);
        var content = new byte[1 + SaltSize + SaltSize + payload.Length + TagSize];
        content[0] = Version;
        var salt = content.AsSpan(1, SaltSize);
        RandomNumberGenerator.Fill(salt);
        byte[] plaintext = [.. answerSalt, .. payload];
        try
        {
            using var cipher = Cipher(salt);
            cipher.Encrypt(Nonce, plaintext, content.AsSpan(1 + SaltSize, plaintext.Length), content.AsSpan(^TagSize..), Aad(exchange, what, index));
            return content;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <returns>The answer's salt and payload; null where the content is not this record's, or was changed.</returns>
    public (byte[] AnswerSalt, byte[] Payload)? TryOpen(ExchangeId exchange, AccessEvent what, uint index, ReadOnlySpan<byte> content)
    {
        if (content.Length < 1 + SaltSize + SaltSize + TagSize || content[0] != Version)
        {
            return null;
        }

        var plaintext = new byte[content.Length - 1 - SaltSize - TagSize];
        try
        {
            using var cipher = Cipher(content.Slice(1, SaltSize));
            cipher.Decrypt(Nonce, content.Slice(1 + SaltSize, plaintext.Length), content[^TagSize..], plaintext, Aad(exchange, what, index));
            return (plaintext[..SaltSize], plaintext[SaltSize..]);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    private AesGcm Cipher(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, contentKey, key, salt, "infolink/content/v1"u8);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private static byte[] Aad(ExchangeId exchange, AccessEvent what, uint index)
    {
        var aad = new byte[ExchangeId.Size + 1 + sizeof(uint)];
        exchange.ToArray().CopyTo(aad, 0);
        aad[ExchangeId.Size] = (byte)what;
        BinaryPrimitives.WriteUInt32BigEndian(aad.AsSpan(ExchangeId.Size + 1), index);
        return aad;
    }
}
