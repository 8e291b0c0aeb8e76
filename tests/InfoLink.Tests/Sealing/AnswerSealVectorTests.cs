using System.Security.Cryptography;
using InfoLink.Contracts.Sealing;
using InfoLink.Tests.Codes;
using Xunit;

namespace InfoLink.Tests.Sealing;

public class AnswerSealVectorTests
{
    public static TheoryData<int> Rows => [.. Enumerable.Range(0, SealVectors.Exchanges.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_info_agrees(int row)
    {
        var exchange = SealVectors.Exchanges[row];
        Assert.Equal(exchange.Text("info"), Convert.ToHexStringLower(exchange.Context().ToInfo()));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Answers_are_sealed_to_the_byte(int row)
    {
        var exchange = SealVectors.Exchanges[row];
        using var sealer = exchange.Sealer();
        Assert.Equal(exchange.Hex("enc"), sealer.Enc.ToArray());
        foreach (var answer in exchange.Answers())
        {
            var payload = answer.Payload();
            var result = sealer.Seal(answer.Int("ordinal"), answer.Index(), payload, answer.Hex("salt"));
            Assert.Equal(answer.Hex("aad"), AnswerSeal.Aad(exchange.Hex("tokenHash"), answer.Index()));
            Assert.Equal(answer.Int("bucket") + HpkeSender.Overhead, result.Ciphertext.Length);
            Assert.Equal(answer.Hex("digest"), result.Digest.ToArray());
            Assert.Equal(answer.Hex("salt"), result.Salt.ToArray());
            Assert.Equal(answer.Hex("ciphertextSha256"), SHA256.HashData(result.Ciphertext.Span));
            if (answer.TryGetProperty("ciphertext", out _))
            {
                Assert.Equal(answer.Hex("payload"), payload);
                Assert.Equal(answer.Hex("ciphertext"), result.Ciphertext.ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Answers_sealed_elsewhere_are_opened_in_any_order(int row)
    {
        var exchange = SealVectors.Exchanges[row];
        using var opener = exchange.Opener();
        foreach (var answer in exchange.Answers().Where(answer => answer.TryGetProperty("ciphertext", out _)).Reverse())
        {
            var opened = opener.Open(answer.Int("ordinal"), answer.Index(), answer.Hex("ciphertext"));
            Assert.Equal(answer.Hex("payload"), opened.Payload.ToArray());
            Assert.Equal(answer.Hex("digest"), opened.Digest.ToArray());
            Assert.Equal(answer.Hex("salt"), opened.Salt.ToArray());
        }
    }

    [Fact]
    public void Every_step_of_the_buckets_is_among_the_vectors()
    {
        var buckets = SealVectors.Exchanges.SelectMany(exchange => exchange.Answers()).Select(answer => answer.Int("bucket") / 1024).Distinct().Order();
        Assert.Equal([1, 4, 16, 64, 256, 512, 768], buckets);
    }
}
