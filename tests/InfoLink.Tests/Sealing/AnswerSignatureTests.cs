using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;
using Xunit;

namespace InfoLink.Tests.Sealing;

public sealed class AnswerSignatureTests : IDisposable
{
    private static readonly AnswerEvidence Evidence = new(
        SHA256.HashData("token"u8), RandomNumberGenerator.GetBytes(65), RandomNumberGenerator.GetBytes(1040), SHA256.HashData("digest"u8));

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static TheoryData<int> Rows => VectorFile.Rows("answer_signature.json", "signatures");

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_signature_made_elsewhere_is_verified_over_the_same_bytes(int row)
    {
        var vector = VectorFile.Read("answer_signature.json").GetProperty("signatures")[row];
        var evidence = new AnswerEvidence(vector.Hex("tokenHash"), vector.Hex("enc"), vector.Hex("ciphertext"), vector.Hex("digest"));
        Assert.Equal(vector.Text("message"), Convert.ToHexStringLower(evidence.ToSign()));
        Assert.Equal(179, evidence.ToSign().Length);
        using var key = ECDsa.Create(P256Point.Parse(vector.Hex("publicKey")));
        Assert.True(AnswerSignature.Verify(key, evidence, vector.Hex("signature")));
    }

    [Fact]
    public void A_signature_is_verified_by_key_and_by_certificate()
    {
        var signature = AnswerSignature.Sign(_key, Evidence);
        Assert.Equal(AnswerSignature.Length, signature.Length);
        Assert.True(AnswerSignature.Verify(_key, Evidence, signature));
        using var certificate = Certificate(new CertificateRequest("CN=provider", _key, HashAlgorithmName.SHA256));
        Assert.True(AnswerSignature.Verify(certificate, Evidence, signature));
    }

    [Fact]
    public void Evidence_changed_in_any_part_is_not_verified()
    {
        var signature = AnswerSignature.Sign(_key, Evidence);
        AnswerEvidence[] others =
        [
            Evidence with { TokenHash = Flipped(Evidence.TokenHash) },
            Evidence with { Enc = Flipped(Evidence.Enc) },
            Evidence with { Ciphertext = Flipped(Evidence.Ciphertext) },
            Evidence with { Ciphertext = Evidence.Ciphertext[1..] },
            Evidence with { Digest = Flipped(Evidence.Digest) },
        ];
        Assert.All(others, other => Assert.False(AnswerSignature.Verify(_key, other, signature)));
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(AnswerSignature.Verify(otherKey, Evidence, signature));
    }

    [Fact]
    public void Every_flip_of_one_bit_of_the_signature_is_refused()
    {
        var signature = AnswerSignature.Sign(_key, Evidence);
        for (var bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(AnswerSignature.Verify(_key, Evidence, signature), $"bit {bit}");
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Signatures_of_other_forms_are_refused_without_a_fault()
    {
        var der = _key.SignData(Evidence.ToSign(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.False(AnswerSignature.Verify(_key, Evidence, der));
        Assert.False(AnswerSignature.Verify(_key, Evidence, []));
        Assert.False(AnswerSignature.Verify(_key, Evidence, new byte[AnswerSignature.Length]));
    }

    [Fact]
    public void Fields_of_other_lengths_are_never_joined()
    {
        var shifted = Evidence with { TokenHash = Evidence.TokenHash[..31] };
        Assert.Throws<ArgumentException>(() => AnswerSignature.Sign(_key, shifted));
        Assert.False(AnswerSignature.Verify(_key, shifted, new byte[AnswerSignature.Length]));
    }

    [Fact]
    public void Keys_on_other_curves_and_of_other_kinds_sign_and_verify_nothing()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => AnswerSignature.Sign(p384, Evidence));
        Assert.False(AnswerSignature.Verify(p384, Evidence, new byte[AnswerSignature.Length]));
        using var rsa = RSA.Create(2048);
        using var certificate = Certificate(new CertificateRequest("CN=provider", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.False(AnswerSignature.Verify(certificate, Evidence, new byte[AnswerSignature.Length]));
    }

    public void Dispose() => _key.Dispose();

    private static X509Certificate2 Certificate(CertificateRequest request) =>
        request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));

    private static byte[] Flipped(ReadOnlyMemory<byte> bytes)
    {
        var flipped = bytes.ToArray();
        flipped[^1] ^= 1;
        return flipped;
    }
}
