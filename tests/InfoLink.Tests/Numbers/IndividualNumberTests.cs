using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Numbers;

public sealed class IndividualNumberTests
{
    private const string Published = "889654457031"; // From the vectors: test data, nobody's.

    public static TheoryData<string> Valid => CheckDigitVectors.Of("individual_number", "valid");

    public static TheoryData<string> Invalid => CheckDigitVectors.Of("individual_number", "invalid");

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_right_check_digit_is_read(string text)
    {
        Assert.True(IndividualNumber.TryParse(text, out var number));
        Assert.Equal(text, number.Reveal());
        Assert.Equal(number, IndividualNumber.FromBase(number.ToBase()));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    [InlineData("")]
    [InlineData("88965445703")]
    [InlineData("8896544570311")]
    [InlineData(" 89654457031")]
    [InlineData("8896-5445703")]
    [InlineData("８89654457031")]
    [InlineData("+88965445703")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(IndividualNumber.TryParse(text, out var number));
        Assert.Null(number);
        Assert.Throws<FormatException>(() => IndividualNumber.Parse(text));
    }

    [Fact]
    public void What_was_refused_is_not_repeated() =>
        Assert.DoesNotContain("889654457032", Assert.Throws<FormatException>(() => IndividualNumber.Parse("889654457032")).ToString(), StringComparison.Ordinal);

    [Fact]
    public void Eleven_digits_get_the_one_check_digit_that_is_accepted() =>
        Prop.ForAll(ElevenDigits, digits =>
        {
            var text = IndividualNumber.FromBase(digits).Reveal();
            return Enumerable.Range(0, 10).Count(check => IndividualNumber.TryParse($"{text[..11]}{check}", out _)) == 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Its_check_digit_is_what_the_order_says_digit_by_digit() =>
        Prop.ForAll(ElevenDigits, digits =>
        {
            // Article 5: P_n is the digit at place n from the right, n from 1; Q_n is n + 1 for n up to 6, and n - 5 from there.
            var text = $"{digits:D11}";
            var sum = Enumerable.Range(1, 11).Sum(n => (text[11 - n] - '0') * (n <= 6 ? n + 1 : n - 5));
            var check = sum % 11 <= 1 ? 0 : 11 - (sum % 11);
            return IndividualNumber.FromBase(digits).Reveal()[^1] - '0' == check;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_never_prints_and_never_travels_as_JSON()
    {
        var number = IndividualNumber.Parse(Published);
        Assert.Equal("IndividualNumber(redacted)", $"{number}");
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { number }));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<IndividualNumber>($"\"{Published}\""));
    }

    [Theory]
    [InlineData("889654457031")]
    [InlineData("８８９６５４４５７０３１")]
    [InlineData("8896-5445-7031")]
    [InlineData("8896 5445 7031")]
    [InlineData("　8896　5445　7031\t")]
    [InlineData("８８９６ー５４４５ー７０３１")]
    [InlineData("8896\u200B54457031")]
    [InlineData("٨٨٩٦٥٤٤٥٧٠٣١")]
    public void It_is_seen_however_it_is_typed(string text) => Assert.True(IndividualNumber.IsWrittenIn(text));

    [Theory]
    [InlineData("")]
    [InlineData("889654457032")] // The check digit is wrong: an agency's own identifier may look so.
    [InlineData("Y-889654457031")] // A prefix makes an identifier of it.
    [InlineData("88965445703")]
    [InlineData("8896544570310")]
    public void What_only_resembles_one_is_none(string text) => Assert.False(IndividualNumber.IsWrittenIn(text));

    private static Arbitrary<ulong> ElevenDigits { get; } =
        Gen.Choose(0, 999_999).Two().Select(halves => (((ulong)halves.Item1 * 1_000_000) + (ulong)halves.Item2) % IndividualNumber.BaseLimit).ToArbitrary();
}
