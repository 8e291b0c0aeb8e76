using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace InfoLink.Contracts.Sealing;

/// <summary>What a provider's signature on one sealed answer is about, and what the requester keeps with it as evidence.</summary>
/// <param name="TokenHash">SHA-256 of the token's ASCII bytes, 32 bytes.</param>
/// <param name="Enc">The seal's encapsulated key, 65 bytes.</param>
/// <param name="Ciphertext">The sealed answer as it travelled.</param>
/// <param name="Digest">SHA-256(salt ‖ payload), 32 bytes.</param>
public readonly record struct AnswerEvidence(
    ReadOnlyMemory<byte> TokenHash, ReadOnlyMemory<byte> Enc, ReadOnlyMemory<byte> Ciphertext, ReadOnlyMemory<byte> Digest)
{
    /// <summary>The fields are joined without lengths, so theirs must be fixed.</summary>
    internal bool IsWellFormed =>
        TokenHash.Length == AnswerSeal.TokenHashLength && Enc.Length == P256Point.Length && Digest.Length == AnswerSeal.DigestLength;

    /// <summary>
    /// The 179 bytes that are signed: <c>"infolink/answer/v1"</c> ‖ SHA-256(token) ‖ enc ‖ SHA-256(ciphertext) ‖ digest.
    /// </summary>
    /// <exception cref="ArgumentException">A field of the wrong length.</exception>
    public byte[] ToSign() => IsWellFormed
        ? [.. "infolink/answer/v1"u8, .. TokenHash.Span, .. Enc.Span, .. SHA256.HashData(Ciphertext.Span), .. Digest.Span]
        : throw new ArgumentException("A token hash is 32 bytes, an encapsulated key 65, a digest 32.");
}

/// <summary>
/// The provider's signature on one sealed answer: ES256 (ECDSA on P-256 with SHA-256, FIPS 186-5), 64 bytes r ‖ s (IEEE P1363).
/// </summary>
/// <remarks>
/// Token, place and person are bound: the ciphertext opens only under this token and index, and the digest only matches its payload.
/// </remarks>
public static class AnswerSignature
{
    /// <summary>Bytes of a signature.</summary>
    public const int Length = 64;

    private const string P256 = "1.2.840.10045.3.1.7"; // RFC 5480 §2.1.1.1

    /// <summary>Signs with the provider's certified key.</summary>
    /// <param name="key">A P-256 private key.</param>
    /// <param name="evidence">What is signed.</param>
    /// <returns>64 bytes.</returns>
    /// <exception cref="ArgumentException">The key is not on P-256, or a field has the wrong length.</exception>
    public static byte[] Sign(ECDsa key, in AnswerEvidence evidence)
    {
        if (!IsP256(key))
            throw new ArgumentException("Answers are signed on P-256.", nameof(key));
        return key.SignData(evidence.ToSign(), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>True if the signature is this key's on exactly this evidence; false for anything a peer may send instead.</summary>
    /// <param name="key">The public key of the signing certificate, once that is trusted.</param>
    /// <param name="evidence">As received, the token hash from the requester's own token.</param>
    /// <param name="signature">64 bytes.</param>
    public static bool Verify(ECDsa key, in AnswerEvidence evidence, ReadOnlySpan<byte> signature) =>
        signature.Length == Length && evidence.IsWellFormed && IsP256(key)
        && key.VerifyData(evidence.ToSign(), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <summary>As above, by the key of a certificate. Whether the certificate is the provider's is checked elsewhere.</summary>
    /// <param name="certificate">The signing certificate; one without an EC key verifies nothing.</param>
    /// <param name="evidence">As received, the token hash from the requester's own token.</param>
    /// <param name="signature">64 bytes.</param>
    public static bool Verify(X509Certificate2 certificate, in AnswerEvidence evidence, ReadOnlySpan<byte> signature)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var key = certificate.GetECDsaPublicKey();
        return key is not null && Verify(key, evidence, signature);
    }

    private static bool IsP256(ECDsa key) =>
        string.Equals(key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, P256, StringComparison.Ordinal);
}
