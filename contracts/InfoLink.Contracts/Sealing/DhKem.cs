using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>DHKEM(P-256, HKDF-SHA256) of RFC 9180 §4.1: a shared secret of 32 bytes between a fresh key and a recipient's.</summary>
internal static class DhKem
{
    private const int SecretLength = 32;
    private static ReadOnlySpan<byte> SuiteId => "KEM\x00\x10"u8;

    /// <summary>Encap with the ephemeral key given. Returns the shared secret; the caller wipes it.</summary>
    /// <exception cref="SealingException">The recipient's key is not a point.</exception>
    public static byte[] Encapsulate(ReadOnlySpan<byte> recipientPublicKey, ECDiffieHellman ephemeral, out byte[] enc)
    {
        enc = P256Point.Of(ephemeral);
        return Agree(ephemeral, recipientPublicKey, enc, recipientPublicKey);
    }

    /// <summary>Decap. Returns the shared secret; the caller wipes it.</summary>
    /// <exception cref="SealingException"><paramref name="enc"/> is not a point.</exception>
    public static byte[] Decapsulate(ReadOnlySpan<byte> enc, ECDiffieHellman recipient) =>
        Agree(recipient, enc, enc, P256Point.Of(recipient));

    private static byte[] Agree(
        ECDiffieHellman own, ReadOnlySpan<byte> peerPoint, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> recipientPublicKey)
    {
        using var peer = ECDiffieHellman.Create(P256Point.Parse(peerPoint));
        using var peerPublic = peer.PublicKey;
        var dh = own.DeriveRawSecretAgreement(peerPublic);
        var prk = HpkeSuite.LabeledExtract(HashAlgorithmName.SHA256, SecretLength, SuiteId, [], "eae_prk"u8, dh);
        try
        {
            return HpkeSuite.LabeledExpand(
                HashAlgorithmName.SHA256, SuiteId, prk, "shared_secret"u8, [.. enc, .. recipientPublicKey], SecretLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
            CryptographicOperations.ZeroMemory(prk);
        }
    }
}
