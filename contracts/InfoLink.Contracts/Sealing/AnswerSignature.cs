using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// The provider's signature on one sealed answer, which the requester keeps as evidence. ES256 (ECDSA on P-256 with SHA-256, FIPS 186-5),
/// 64 bytes r ‖ s (IEEE P1363), over 179 bytes:
/// <c>"infolink/answer/v1"</c> ‖ SHA-256(token)(32) ‖ enc(65) ‖ SHA-256(ciphertext)(32) ‖ digest(32).
/// </summary>
/// <remarks>
/// Token, place and person are bound: the ciphertext opens only under this token and index, and the digest only matches its payload.
/// The fields are joined without lengths, so theirs are fixed and checked.
/// </remarks>
public static class AnswerSignature
{
    /// <summary>Bytes of a signature.</summary>
    public const int Length = 64;

    private const string P256 = "1.2.840.10045.3.1.7"; // RFC 5480 §2.1.1.1

    /// <summary>Signs with the provider's certified key.</summary>
    /// <param name="key">A P-256 private key.</param>
    /// <param name="tokenHash">SHA-256 of the token's ASCII bytes.</param>
    /// <param name="enc">The seal's encapsulated key.</param>
    /// <param name="ciphertext">The sealed answer.</param>
    /// <param name="digest">SHA-256(salt ‖ payload).</param>
    /// <returns>64 bytes.</returns>
    /// <exception cref="ArgumentException">The key is not on P-256, or a field has the wrong length.</exception>
    public static byte[] Sign(
        ECDsa key, ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> digest)
    {
        if (!IsP256(key))
            throw new ArgumentException("Answers are signed on P-256.", nameof(key));
        var message = BytesToSign(tokenHash, enc, SHA256.HashData(ciphertext), digest)
            ?? throw new ArgumentException("A token hash is 32 bytes, an encapsulated key 65, a digest 32.");
        return key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>True if the signature is this key's on exactly these fields; false for anything a peer may send instead.</summary>
    /// <param name="key">The public key of the signing certificate, once that is trusted.</param>
    /// <param name="signature">64 bytes.</param>
    /// <param name="tokenHash">SHA-256 of the requester's own token.</param>
    /// <param name="enc">As received.</param>
    /// <param name="ciphertext">As received.</param>
    /// <param name="digest">As received; compared with the opened answer's afterwards.</param>
    public static bool Verify(
        ECDsa key, ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> digest) =>
        VerifyHash(key, signature, tokenHash, enc, SHA256.HashData(ciphertext), digest);

    /// <summary>As above, by the key of a certificate. Whether the certificate is the provider's is checked elsewhere.</summary>
    /// <param name="certificate">The signing certificate; one without a P-256 key verifies nothing.</param>
    /// <param name="signature">64 bytes.</param>
    /// <param name="tokenHash">SHA-256 of the requester's own token.</param>
    /// <param name="enc">As received.</param>
    /// <param name="ciphertext">As received.</param>
    /// <param name="digest">As received; compared with the opened answer's afterwards.</param>
    public static bool Verify(
        X509Certificate2 certificate, ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> digest) =>
        VerifyEvidence(certificate, signature, tokenHash, enc, SHA256.HashData(ciphertext), digest);

    /// <summary>As above, from what is kept when the ciphertext itself is not: its hash.</summary>
    /// <param name="certificate">The signing certificate of then.</param>
    /// <param name="signature">64 bytes.</param>
    /// <param name="tokenHash">SHA-256 of the token.</param>
    /// <param name="enc">The seal's encapsulated key.</param>
    /// <param name="ciphertextHash">SHA-256 of the sealed answer.</param>
    /// <param name="digest">SHA-256(salt ‖ payload), as the record has it.</param>
    public static bool VerifyEvidence(
        X509Certificate2 certificate, ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertextHash, ReadOnlySpan<byte> digest)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        try
        {
            using var key = certificate.GetECDsaPublicKey();
            return key is not null && VerifyHash(key, signature, tokenHash, enc, ciphertextHash, digest);
        }
        catch (CryptographicException)
        {
            return false; // A key that is none.
        }
    }

    /// <summary>The 179 bytes; null when a field has the wrong length.</summary>
    internal static byte[]? BytesToSign(
        ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertextHash, ReadOnlySpan<byte> digest)
    {
        var fixedLengths = tokenHash.Length == AnswerSeal.TokenHashLength && enc.Length == P256Point.Length
            && ciphertextHash.Length == SHA256.HashSizeInBytes && digest.Length == AnswerSeal.DigestLength;
        return fixedLengths ? [.. "infolink/answer/v1"u8, .. tokenHash, .. enc, .. ciphertextHash, .. digest] : null;
    }

    private static bool VerifyHash(
        ECDsa key, ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> tokenHash, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> ciphertextHash, ReadOnlySpan<byte> digest) =>
        signature.Length == Length && IsP256(key) && BytesToSign(tokenHash, enc, ciphertextHash, digest) is { } message
        && key.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static bool IsP256(ECDsa key) =>
        string.Equals(key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, P256, StringComparison.Ordinal);
}
