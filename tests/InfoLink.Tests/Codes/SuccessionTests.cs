using System.Security.Cryptography;
using System.Text;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using Xunit;

namespace InfoLink.Tests.Codes;

/// <summary>A changed serial is walked in both directions, and by nobody who has neither of the two codes.</summary>
public sealed class SuccessionTests : IDisposable
{
    private static readonly IdCode Former = IdCode.Create(IdCodeKind.Resident, 1_234_567_890, 2);
    private static readonly IdCode Next = IdCode.Create(IdCodeKind.Resident, 9_876_543_210, 1);
    private static readonly byte[] KeyBytes = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private readonly RegisterKey _key = new(KeyBytes);

    [Fact]
    public void Whoever_has_one_code_is_led_to_the_other_and_a_second_sealing_is_the_same()
    {
        var succession = _key.Succeed(Former, Next);
        Assert.Equal(Next.WithGeneration(0), _key.SuccessorOf(Former, succession));
        Assert.Equal(Former.WithGeneration(0), _key.PredecessorOf(Next, _key.TagOf(Former), succession.Predecessor));
        Assert.Equal(succession, _key.Succeed(Former.WithGeneration(0), Next.WithGeneration(9)));
        Assert.NotEqual(succession.Successor, succession.Predecessor);
    }

    [Fact]
    public void The_seal_is_one_AES_block_under_a_key_of_the_other_person()
    {
        byte[] former = new byte[IdCode.PersonLength], next = new byte[16];
        Former.CopyPersonTo(former);
        Next.CopyPersonTo(next);
        using var aes = Aes.Create();
        aes.Key = HKDF.DeriveKey(HashAlgorithmName.SHA256, KeyBytes, 32, info: [.. Encoding.ASCII.GetBytes("infolink/succession/onward/"), .. former]);
        Assert.Equal(aes.EncryptEcb(next, PaddingMode.None), _key.Succeed(Former, Next).Successor.ToArray());
    }

    [Fact]
    public void A_row_that_was_changed_or_is_anothers_does_not_open()
    {
        var succession = _key.Succeed(Former, Next);
        var third = IdCode.Create(IdCodeKind.Resident, 5, 0);
        Assert.Throws<InvalidDataException>(() => _key.SuccessorOf(third, succession));
        Assert.Throws<InvalidDataException>(() => _key.SuccessorOf(Former, succession with { By = _key.TagOf(third) }));
        Assert.Throws<InvalidDataException>(() => _key.PredecessorOf(Next, _key.TagOf(third), succession.Predecessor));
        Assert.Throws<InvalidDataException>(() => _key.PredecessorOf(third, _key.TagOf(Former), succession.Predecessor));
        using var another = new RegisterKey(new byte[RegisterKey.Length]);
        Assert.Throws<InvalidDataException>(() => another.SuccessorOf(Former, succession));
    }

    [Fact]
    public void Nothing_of_it_prints() => Assert.DoesNotMatch("[0-9]{3}", _key.Succeed(Former, Next).ToString());

    public void Dispose() => _key.Dispose();
}
