using System.Security.Cryptography;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// Seals grants for a store: AES-256-GCM under HKDF-SHA256(broker's grant key, salt = token id), so that whoever steals the store opens nothing
/// without the tokens, and whoever has a token opens nothing without the broker's key.
/// </summary>
internal sealed class GrantSeal(byte[] grantKey) : IDisposable
{
    private const int NonceSize = 12;
    private const int TagSize = 16;

    public byte[] Seal(Grant grant, TokenId token)
    {
        var plain = grant.ToBytes();
        var sealedGrant = new byte[NonceSize + TagSize + plain.Length];
        RandomNumberGenerator.Fill(sealedGrant.AsSpan(0, NonceSize));
        try
        {
            using var cipher = CipherFor(token);
            cipher.Encrypt(
                sealedGrant.AsSpan(0, NonceSize),
                plain,
                sealedGrant.AsSpan(NonceSize + TagSize),
                sealedGrant.AsSpan(NonceSize, TagSize),
                token.StoreKey());
            return sealedGrant;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Null where the store's bytes are not this broker's seal for this token.</summary>
    public Grant? TryOpen(ReadOnlySpan<byte> sealedGrant, TokenId token)
    {
        if (sealedGrant.Length <= NonceSize + TagSize)
        {
            return null;
        }

        var plain = new byte[sealedGrant.Length - NonceSize - TagSize];
        try
        {
            using var cipher = CipherFor(token);
            cipher.Decrypt(
                sealedGrant[..NonceSize],
                sealedGrant[(NonceSize + TagSize)..],
                sealedGrant.Slice(NonceSize, TagSize),
                plain,
                token.StoreKey());
            return Grant.FromBytes(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(grantKey);

    private AesGcm CipherFor(TokenId token)
    {
        Span<byte> key = stackalloc byte[32];
        var salt = token.Reveal();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, grantKey, key, salt, "infolink/grant/v1"u8);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(salt);
        return cipher;
    }
}
