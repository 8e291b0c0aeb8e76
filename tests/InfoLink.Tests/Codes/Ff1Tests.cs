using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.CodeAuthority.Derivation;
using Xunit;

namespace InfoLink.Tests.Codes;

public class Ff1Tests
{
    private const string File = "ff1_nist_samples.json";
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

    public static TheoryData<int> Samples => VectorFile.Rows(File, "samples");

    public static TheoryData<int> More => VectorFile.Rows(File, "more");

    [Theory]
    [MemberData(nameof(Samples))]
    public void NIST_samples_hold_both_ways(int row)
    {
        var sample = VectorFile.Read(File).GetProperty("samples")[row];
        Check(sample, Numerals(sample.Text("plaintext")), Numerals(sample.Text("ciphertext")));
    }

    [Theory]
    [MemberData(nameof(More))]
    public void Other_lengths_radices_and_tweaks_agree_with_an_independent_implementation(int row)
    {
        var vector = VectorFile.Read(File).GetProperty("more")[row];
        Check(vector, vector.Hex("plaintext"), vector.Hex("ciphertext"));
    }

    [Fact]
    public void Ten_digits_come_back_from_their_ciphertext()
    {
        using var ff1 = new Ff1(new byte[32], radix: 10);
        Prop.ForAll(Gen.Choose(0, 9).Select(digit => (byte)digit).ArrayOf(10).ToArbitrary(), digits =>
        {
            var numerals = (byte[])digits.Clone();
            ff1.Encrypt(numerals, []);
            var valid = numerals.All(numeral => numeral < 10);
            ff1.Decrypt(numerals, []);
            return valid && numerals.AsSpan().SequenceEqual(digits);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(10, 5, "below one million")]
    [InlineData(10, 0, "nothing")]
    [InlineData(10, 39, "half of it beyond 64 bits")]
    [InlineData(2, 19, "below one million")]
    [InlineData(16, 32, "half of it beyond 64 bits by one")]
    [InlineData(36, 25, "half of it beyond 64 bits")]
    public void Lengths_outside_the_limits_are_refused(int radix, int length, string reason)
    {
        using var ff1 = new Ff1(new byte[32], radix);
        Assert.True(Record.Exception(() => ff1.Encrypt(new byte[length], [])) is ArgumentException, reason);
    }

    [Fact]
    public void A_numeral_that_is_not_below_the_radix_is_refused()
    {
        using var ff1 = new Ff1(new byte[32], radix: 10);
        Assert.Throws<ArgumentException>(() => ff1.Encrypt([0, 1, 2, 3, 4, 5, 6, 7, 8, 10], []));
        Assert.Throws<ArgumentException>(() => ff1.Decrypt([10, 1, 2, 3, 4, 5, 6, 7, 8, 9], []));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(257)]
    public void Other_radices_are_refused(int radix) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ff1(new byte[32], radix));

    [Fact]
    public async Task Threads_do_not_disturb_one_another()
    {
        using var ff1 = new Ff1(new byte[32], radix: 10);
        byte[] expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        ff1.Encrypt(expected, []);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 500; i++)
            {
                byte[] numerals = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
                ff1.Encrypt(numerals, []);
                Assert.Equal(expected, numerals);
            }
        })));
    }

    private static void Check(JsonElement vector, byte[] plaintext, byte[] ciphertext)
    {
        using var ff1 = new Ff1(vector.Hex("key"), vector.Int("radix"));
        var numerals = (byte[])plaintext.Clone();
        ff1.Encrypt(numerals, vector.Hex("tweak"));
        Assert.Equal(ciphertext, numerals);
        ff1.Decrypt(numerals, vector.Hex("tweak"));
        Assert.Equal(plaintext, numerals);
    }

    private static byte[] Numerals(string text) => [.. text.Select(c => (byte)Alphabet.IndexOf(c, StringComparison.Ordinal))];
}
