using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Sealing;
using InfoLink.V1;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Agent.IdentityChecks;

/// <summary>
/// An identity check on its way (SPEC §13): HPKE to the provider's checking key, info = <c>"infolink/identity/v1"</c>, aad = SHA-256(token) ‖ index(4);
/// plaintext = flags(1: 1 birth, 2 kana) ‖ key(32) ‖ birth tag(1) ‖ kana tag(1), zero where it is absent.
/// </summary>
internal static class IdentityCheckSeal
{
    private const int PlainLength = 1 + IdentityTags.KeyLength + 2;

    private static ReadOnlySpan<byte> Info => "infolink/identity/v1"u8;

    /// <summary>Computes and seals one person's check, under a key of its own.</summary>
    /// <exception cref="SealingException">The provider's key is not a point.</exception>
    public static SealedIdentityCheck Seal(ReadOnlySpan<byte> providerKey, ReadOnlySpan<byte> tokenHash, uint index, BasicAttributes? attributes)
    {
        Span<byte> plain = stackalloc byte[PlainLength];
        RandomNumberGenerator.Fill(plain.Slice(1, IdentityTags.KeyLength));
        var tags = IdentityTags.Of(plain.Slice(1, IdentityTags.KeyLength), attributes);
        plain[0] = (byte)((tags.Birth is null ? 0 : 1) | (tags.Kana is null ? 0 : 2));
        plain[^2] = tags.Birth ?? 0;
        plain[^1] = tags.Kana ?? 0;
        using var sender = HpkeSender.Setup(providerKey, Info);
        var message = new SealedIdentityCheck
        {
            Index = index,
            Enc = ByteString.CopyFrom(sender.Enc.Span),
            Ciphertext = UnsafeByteOperations.UnsafeWrap(sender.Seal(Aad(tokenHash, index), plain)),
        };
        CryptographicOperations.ZeroMemory(plain);
        return message;
    }

    /// <summary>What the requester says, for comparing.</summary>
    /// <returns>Null where it was not sealed to this key for this token and index.</returns>
    public static IdentityClaim? TryOpen(ECDiffieHellman key, ReadOnlySpan<byte> tokenHash, SealedIdentityCheck check)
    {
        if (check.Ciphertext.Length != PlainLength + HpkeSender.Overhead)
        {
            return null;
        }

        Span<byte> plain = stackalloc byte[PlainLength];
        try
        {
            using var recipient = HpkeRecipient.Setup(key, check.Enc.Span, Info);
            return recipient.TryOpen(0, Aad(tokenHash, check.Index), check.Ciphertext.Span, plain) && plain[0] <= 3
                ? new IdentityClaim(
                    plain.Slice(1, IdentityTags.KeyLength).ToArray(),
                    new IdentityTags((plain[0] & 1) != 0 ? plain[^2] : null, (plain[0] & 2) != 0 ? plain[^1] : null))
                : null;
        }
        catch (SealingException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Aad(ReadOnlySpan<byte> tokenHash, uint index)
    {
        var aad = new byte[tokenHash.Length + sizeof(uint)];
        tokenHash.CopyTo(aad);
        BinaryPrimitives.WriteUInt32BigEndian(aad.AsSpan(tokenHash.Length), index);
        return aad;
    }
}

/// <summary>The requester's tags, and the key to make the provider's own with.</summary>
internal sealed class IdentityClaim(byte[] key, IdentityTags tags)
{
    public IdentityVerdict HeldAgainst(BasicAttributes? attributes) => tags.Compare(IdentityTags.Of(key, attributes));

    public override string ToString() => "IdentityClaim(redacted)";
}
