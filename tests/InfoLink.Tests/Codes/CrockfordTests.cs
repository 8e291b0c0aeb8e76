using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

public class CrockfordTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("00", "00")]
    [InlineData("ff", "ZW")]
    [InlineData("f800", "Z000")]
    [InlineData("0123456789abcdef0123456789abcdef", "04HMASW9NF6YY0938NKRKAYDXW")]
    [InlineData("07ce29f36b6fe7fdd8ec9d1bc5fef65270", "0Z72KWVBDZKZVP7CKMDWBZQPA9R0")]
    public void Bytes_have_one_text(string hex, string text)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Equal(text, Crockford.Encode(bytes));
        Assert.True(Crockford.TryDecode(text, bytes));
        Assert.Equal(hex, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void An_exchange_id_takes_26_characters_and_a_link_code_28()
    {
        Assert.Equal(26, Crockford.TextLength(16));
        Assert.Equal(28, Crockford.TextLength(17));
        Assert.Equal(LinkCode.TextLength, Crockford.TextLength(LinkCode.ByteLength));
    }

    [Theory]
    [InlineData("0z72kwvbdzkzvp7ckmdwbzqpa9r0", "0Z72KWVBDZKZVP7CKMDWBZQPA9R0")]
    [InlineData("OZ72KWVBDZKZVP7CKMDWBZQPA9Ro", "0Z72KWVBDZKZVP7CKMDWBZQPA9R0")]
    [InlineData("IiLl1111111111111111111111R0", "11111111111111111111111111R0")]
    public void Lower_case_and_letters_that_look_like_digits_are_read(string written, string meant)
    {
        var bytes = new byte[17];
        Assert.True(Crockford.TryDecode(written, bytes));
        Assert.Equal(meant, Crockford.Encode(bytes));
    }

    [Theory]
    [InlineData("0Z72KWVBDZKZVP7CKMDWBZQPA9R1", "fill bits are not zero")]
    [InlineData("0Z72KWVBDZKZVP7CKMDWBZQPA9R8", "the highest of the four fill bits is set")]
    [InlineData("0Z72KWVBDZKZVP7CKMDWBZQPA9R", "too short")]
    [InlineData("0Z72KWVBDZKZVP7CKMDWBZQPA9R00", "too long")]
    [InlineData("0Z72-KWVBDZKZVP7CKMDWBZQPA9R", "a hyphen")]
    [InlineData("UZ72KWVBDZKZVP7CKMDWBZQPA9R0", "a U")]
    [InlineData("uZ72KWVBDZKZVP7CKMDWBZQPA9R0", "a lower-case U")]
    [InlineData(" Z72KWVBDZKZVP7CKMDWBZQPA9R0", "a space")]
    [InlineData("０Z72KWVBDZKZVP7CKMDWBZQPA9R0", "a full-width digit")]
    [InlineData("\0Z72KWVBDZKZVP7CKMDWBZQPA9R0", "a control character")]
    [InlineData("", "nothing")]
    public void Other_texts_are_refused_and_leave_zeros(string text, string reason)
    {
        var bytes = new byte[17];
        Array.Fill(bytes, (byte)0xAA);
        Assert.False(Crockford.TryDecode(text, bytes), reason);
        Assert.All(bytes, b => Assert.Equal(0, b));
    }

    [Fact]
    public void Any_bytes_are_read_back_from_their_text_in_either_case() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            var text = Crockford.Encode(bytes);
            byte[] upper = new byte[bytes.Length], lower = new byte[bytes.Length];
            return Crockford.TryDecode(text, upper) && upper.AsSpan().SequenceEqual(bytes)
                && Crockford.TryDecode(text.ToLowerInvariant(), lower) && lower.AsSpan().SequenceEqual(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_buffer_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => Crockford.Encode(new byte[17], new char[27]));
}
