using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Sealing;
using Xunit;

namespace InfoLink.Tests.Sealing;

public sealed class AnswerSealTests : IDisposable
{
    private static readonly byte[] TokenHash = SHA256.HashData("token"u8);
    private static readonly SealContext Context = new(
        ExchangeId.New(), RandomNumberGenerator.GetBytes(16),
        AgencyId.Parse("141003"), AgencyId.Parse("131121"), SHA256.HashData("catalog"u8));

    private readonly RecipientKey _key = RecipientKey.Create();

    [Fact]
    public void Any_payload_comes_back_with_its_digest()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, AnswerSeal.MaxSubjects);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        var ordinal = 0;
        Prop.ForAll<byte[]>(payload =>
        {
            var index = (uint)ordinal * 7;
            var answer = sealer.Seal(ordinal, index, payload);
            var opened = opener.Open(ordinal++, index, answer.Ciphertext.Span);
            return opened.Payload.Span.SequenceEqual(payload)
                && opened.Digest.Span.SequenceEqual(answer.Digest.Span)
                && opened.Digest.Span.SequenceEqual(SHA256.HashData([.. answer.Salt.Span, .. payload]));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_was_opened_and_what_was_sealed_is_wiped_when_it_is_done_with()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        var answer = sealer.Seal(0, 0, "a person's values"u8);
        var opened = opener.Open(0, 0, answer.Ciphertext.Span);
        Assert.Equal("a person's values"u8, opened.Payload.Span);

        answer.Dispose();
        opened.Dispose();

        Assert.All([answer.Salt, opened.Salt, opened.Payload], wiped => Assert.Equal(new byte[wiped.Length], wiped.ToArray()));
        Assert.True(answer.Ciphertext.Span.ContainsAnyExcept((byte)0)); // It is on its way to the requester.
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1024 - 36, 1)]
    [InlineData(1024 - 35, 4)]
    [InlineData((4 * 1024) - 36, 4)]
    [InlineData((4 * 1024) - 35, 16)]
    [InlineData((16 * 1024) - 35, 64)]
    [InlineData((64 * 1024) - 35, 256)]
    [InlineData((256 * 1024) - 36, 256)]
    [InlineData((256 * 1024) - 35, 512)]
    [InlineData((512 * 1024) - 35, 768)]
    [InlineData(AnswerSeal.MaxPayloadLength, 16 * 1024)]
    public void A_payload_goes_into_the_smallest_bucket(int payloadLength, int kib) =>
        Assert.Equal(kib * 1024, AnswerSeal.BucketFor(payloadLength));

    [Fact]
    public void A_payload_beyond_the_limit_is_refused_and_leaves_its_place_open()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        AssertFault(SealingFault.TooLarge, () => sealer.Seal(0, 0, new byte[AnswerSeal.MaxPayloadLength + 1]));
        sealer.Seal(0, 0, "small"u8);
    }

    [Fact]
    public void Answers_of_equal_buckets_have_equal_lengths_and_salts_of_their_own()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 3);
        var answers = new[] { sealer.Seal(0, 0, []), sealer.Seal(1, 1, new byte[900]), sealer.Seal(2, 2, []) };
        Assert.All(answers, answer => Assert.Equal(1024 + 16, answer.Ciphertext.Length));
        Assert.NotEqual(answers[0].Digest.ToArray(), answers[2].Digest.ToArray());
    }

    [Fact]
    public void An_ordinal_is_sealed_once()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 2);
        sealer.Seal(1, 1, "one"u8);
        AssertFault(SealingFault.AlreadySealed, () => sealer.Seal(1, 1, "another"u8));
        sealer.Seal(0, 0, "one"u8);
    }

    [Fact]
    public async Task Of_many_who_seal_one_ordinal_one_succeeds()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        var attempts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() =>
            Record.Exception(() => sealer.Seal(0, 0, [(byte)i])))));
        Assert.Single(attempts, attempt => attempt is null);
        Assert.All(attempts.OfType<Exception>(), attempt => Assert.IsType<SealingException>(attempt));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void An_ordinal_that_is_no_subjects_is_refused(int ordinal)
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => sealer.Seal(ordinal, 0, []));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public void An_exchange_has_one_to_a_thousand_subjects(int subjects) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, subjects));

    [Fact]
    public void A_thousand_subjects_are_sealed_by_several_threads_and_all_open()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1_000);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        Parallel.For(0, 1_000, ordinal =>
        {
            var payload = BitConverter.GetBytes(ordinal);
            var answer = sealer.Seal(ordinal, (uint)ordinal, payload);
            Assert.Equal(payload, opener.Open(ordinal, (uint)ordinal, answer.Ciphertext.Span).Payload.ToArray());
        });
    }

    [Fact]
    public void An_answer_opens_for_its_subject_only()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 2);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        var answer = sealer.Seal(0, 10, "answer"u8);
        AssertFault(SealingFault.NotAuthentic, () => opener.Open(1, 10, answer.Ciphertext.Span));
        AssertFault(SealingFault.NotAuthentic, () => opener.Open(0, 11, answer.Ciphertext.Span));
    }

    [Fact]
    public void An_answer_opens_for_its_exchange_token_agencies_and_catalog_only()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        var ciphertext = sealer.Seal(0, 0, "answer"u8).Ciphertext;
        SealContext[] others =
        [
            Context with { ExchangeId = ExchangeId.New() },
            Context with { Jti = RandomNumberGenerator.GetBytes(16) },
            Context with { Requester = Context.Provider, Provider = Context.Requester },
            Context with { Provider = AgencyId.Parse("pension") },
            Context with { CatalogHash = SHA256.HashData("another catalog"u8) },
        ];
        foreach (var other in others)
        {
            using var opener = new AnswerOpener(_key, sealer.Enc.Span, other, TokenHash);
            AssertFault(SealingFault.NotAuthentic, () => opener.Open(0, 0, ciphertext.Span));
        }
        using var otherToken = new AnswerOpener(_key, sealer.Enc.Span, Context, SHA256.HashData("another token"u8));
        AssertFault(SealingFault.NotAuthentic, () => otherToken.Open(0, 0, ciphertext.Span));
        using var otherKey = RecipientKey.Create();
        using var stranger = new AnswerOpener(otherKey, sealer.Enc.Span, Context, TokenHash);
        AssertFault(SealingFault.NotAuthentic, () => stranger.Open(0, 0, ciphertext.Span));
    }

    [Theory]
    [InlineData(1024, 5, 1000, true, "something in the padding")]
    [InlineData(1024, 5, 41, true, "something right behind the payload")]
    [InlineData(4096, 5, null, false, "a larger bucket than needed")]
    [InlineData(1024, 989, null, false, "a length beyond the bucket")]
    [InlineData(1024, uint.MaxValue, null, false, "a length beyond everything")]
    [InlineData(1024, 0x8000_0000, null, false, "a length that is negative as an int")]
    [InlineData(1023, 5, null, false, "no bucket")]
    [InlineData(36, 0, null, false, "no padding at all")]
    public void A_plaintext_that_is_not_laid_out_as_agreed_is_refused(
        int size, uint length, int? nonZeroAt, bool otherwiseGood, string reason)
    {
        using var sender = HpkeSender.Setup(_key.PublicKey.Span, Context.ToInfo());
        using var opener = new AnswerOpener(_key, sender.Enc.Span, Context, TokenHash);
        var plaintext = new byte[size];
        BinaryPrimitives.WriteUInt32BigEndian(plaintext, length);
        if (otherwiseGood)
            opener.Open(0, 0, sender.Seal(AnswerSeal.Aad(TokenHash, 0), plaintext));
        else
            sender.Seal([], []);
        if (nonZeroAt is { } at)
            plaintext[at] = 1;
        var ciphertext = sender.Seal(AnswerSeal.Aad(TokenHash, 0), plaintext);
        var refused = Assert.Throws<SealingException>(() => opener.Open(1, 0, ciphertext));
        Assert.True(refused.Fault == SealingFault.WrongLayout, reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(51)]
    [InlineData((16 * 1024 * 1024) + 17)]
    public void Ciphertexts_that_no_answer_has_are_refused_unopened(int length)
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        AssertFault(SealingFault.WrongLayout, () => opener.Open(0, 0, new byte[length]));
    }

    [Fact]
    public void Fields_of_other_lengths_are_faults_of_the_caller()
    {
        SealContext[] contexts =
        [
            Context with { Jti = new byte[15] }, Context with { CatalogHash = new byte[31] },
            Context with { Provider = default }, Context with { Requester = default },
        ];
        Assert.All(contexts, context =>
            Assert.Throws<ArgumentException>(() => new AnswerSealer(_key.PublicKey.Span, context, TokenHash, 1)));
        Assert.Throws<ArgumentException>(() => new AnswerSealer(_key.PublicKey.Span, Context, TokenHash.AsSpan(1), 1));
    }

    [Fact]
    public void Answers_do_not_print()
    {
        using var sealer = new AnswerSealer(_key.PublicKey.Span, Context, TokenHash, 1);
        using var opener = new AnswerOpener(_key, sealer.Enc.Span, Context, TokenHash);
        var answer = sealer.Seal(0, 0, "answer"u8);
        Assert.Equal("SealedAnswer(redacted)", answer.ToString());
        Assert.Equal("OpenedAnswer(redacted)", opener.Open(0, 0, answer.Ciphertext.Span).ToString());
    }

    public void Dispose() => _key.Dispose();

    private static void AssertFault(SealingFault fault, Action act) => Assert.Equal(fault, Assert.Throws<SealingException>(act).Fault);
}
