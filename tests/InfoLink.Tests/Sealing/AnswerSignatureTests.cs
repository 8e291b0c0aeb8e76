using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;
using Xunit;

namespace InfoLink.Tests.Sealing;

public sealed class AnswerSignatureTests : IDisposable
{
    private static readonly Signed Answer = new(
        SHA256.HashData("token"u8), RandomNumberGenerator.GetBytes(65), RandomNumberGenerator.GetBytes(1040), SHA256.HashData("digest"u8));

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TheoryData<int> Rows => VectorFile.Rows("answer_signature.json", "signatures");

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_signature_made_elsewhere_is_verified_over_the_same_bytes(int row)
    {
        var vector = VectorFile.Read("answer_signature.json").GetProperty("signatures")[row];
        var answer = new Signed(vector.Hex("tokenHash"), vector.Hex("enc"), vector.Hex("ciphertext"), vector.Hex("digest"));
        var message = AnswerSignature.BytesToSign(answer.TokenHash, answer.Enc, SHA256.HashData(answer.Ciphertext), answer.Digest)!;
        Assert.Equal(vector.Text("message"), Convert.ToHexStringLower(message));
        Assert.Equal(179, message.Length);
        using var key = ECDsa.Create(P256Point.Parse(vector.Hex("publicKey")));
        Assert.True(answer.IsVerified(key, vector.Hex("signature")));
    }

    [Fact]
    public void A_signature_is_verified_by_key_by_certificate_and_from_kept_evidence()
    {
        var signature = Answer.SignWith(_key);
        Assert.Equal(AnswerSignature.Length, signature.Length);
        Assert.True(Answer.IsVerified(_key, signature));
        using var certificate = Certificate(new CertificateRequest("CN=provider", _key, HashAlgorithmName.SHA256));
        Assert.True(Answer.IsVerified(certificate, signature));

        var ciphertextHash = SHA256.HashData(Answer.Ciphertext);
        Assert.True(IsVerified(ciphertextHash));
        Assert.False(IsVerified(Flipped(ciphertextHash)));
        Assert.False(IsVerified(Answer.Ciphertext));

        bool IsVerified(byte[] hash) =>
            AnswerSignature.VerifyEvidence(certificate, signature, Answer.TokenHash, Answer.Enc, hash, Answer.Digest);
    }

    [Fact]
    public void An_answer_changed_in_any_part_is_not_verified()
    {
        var signature = Answer.SignWith(_key);
        Signed[] others =
        [
            Answer with { TokenHash = Flipped(Answer.TokenHash) },
            Answer with { Enc = Flipped(Answer.Enc) },
            Answer with { Ciphertext = Flipped(Answer.Ciphertext) },
            Answer with { Ciphertext = Answer.Ciphertext[1..] },
            Answer with { Digest = Flipped(Answer.Digest) },
        ];
        Assert.All(others, other => Assert.False(other.IsVerified(_key, signature)));
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(Answer.IsVerified(otherKey, signature));
    }

    [Fact]
    public void Every_flip_of_one_bit_of_the_signature_is_refused()
    {
        var signature = Answer.SignWith(_key);
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Answer.IsVerified(_key, signature), $"bit {bit}");
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Signatures_of_other_forms_are_refused_without_a_fault()
    {
        var message = AnswerSignature.BytesToSign(Answer.TokenHash, Answer.Enc, SHA256.HashData(Answer.Ciphertext), Answer.Digest)!;
        var der = _key.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.False(Answer.IsVerified(_key, der));
        Assert.False(Answer.IsVerified(_key, []));
        Assert.False(Answer.IsVerified(_key, new byte[AnswerSignature.Length]));
    }

    [Fact]
    public void Fields_of_other_lengths_are_never_joined()
    {
        Signed[] shifted =
        [
            Answer with { TokenHash = Answer.TokenHash[1..], Enc = [0, .. Answer.Enc] },
            Answer with { Enc = Answer.Enc[1..] },
            Answer with { Digest = [.. Answer.Digest, 0] },
        ];
        Assert.All(shifted, answer =>
        {
            Assert.Throws<ArgumentException>(() => answer.SignWith(_key));
            Assert.False(answer.IsVerified(_key, new byte[AnswerSignature.Length]));
        });
    }

    [Fact]
    public void Keys_on_other_curves_and_of_other_kinds_sign_and_verify_nothing()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => Answer.SignWith(p384));
        Assert.False(Answer.IsVerified(p384, new byte[AnswerSignature.Length]));
        using var rsa = RSA.Create(2048);
        using var certificate = Certificate(new CertificateRequest("CN=provider", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.False(Answer.IsVerified(certificate, new byte[AnswerSignature.Length]));
    }

    [Fact]
    public void A_genuine_signature_on_another_curve_of_256_bits_is_refused()
    {
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        var message = AnswerSignature.BytesToSign(Answer.TokenHash, Answer.Enc, SHA256.HashData(Answer.Ciphertext), Answer.Digest)!;
        var signature = brainpool.SignData(message, HashAlgorithmName.SHA256);
        Assert.True(brainpool.VerifyData(message, signature, HashAlgorithmName.SHA256));
        Assert.False(Answer.IsVerified(brainpool, signature));
    }

    public void Dispose() => _key.Dispose();

    private static X509Certificate2 Certificate(CertificateRequest request) =>
        request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

    private static byte[] Flipped(byte[] bytes) => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)];

    private sealed record Signed(byte[] TokenHash, byte[] Enc, byte[] Ciphertext, byte[] Digest)
    {
        public byte[] SignWith(ECDsa key) => AnswerSignature.Sign(key, TokenHash, Enc, Ciphertext, Digest);

        public bool IsVerified(ECDsa key, byte[] signature) =>
            AnswerSignature.Verify(key, signature, TokenHash, Enc, Ciphertext, Digest);

        public bool IsVerified(X509Certificate2 certificate, byte[] signature) =>
            AnswerSignature.Verify(certificate, signature, TokenHash, Enc, Ciphertext, Digest);
    }
}
