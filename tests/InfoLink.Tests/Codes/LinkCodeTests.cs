using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Codes;

public class LinkCodeTests
{
    private static readonly byte[] Bytes = Convert.FromHexString("07ce29f36b6fe7fdd8ec9d1bc5fef65270");

    [Fact]
    public void The_first_byte_is_the_epoch_and_the_rest_the_block()
    {
        var code = LinkCode.FromBytes(Bytes);
        var block = new byte[LinkCode.BlockLength];
        code.CopyBlockTo(block);
        Assert.Equal(7, code.Epoch);
        Assert.Equal(Bytes[1..], block);
        Assert.Equal(code, new LinkCode(7, block));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(18)]
    public void Other_lengths_are_refused(int length)
    {
        Assert.False(LinkCode.TryFromBytes(new byte[length], out _));
        Assert.Throws<FormatException>(() => LinkCode.FromBytes(new byte[length]));
    }

    [Fact]
    public void Text_is_read_back_and_bad_text_is_not()
    {
        Assert.True(LinkCode.TryParse("oz72kwvbdzkzvp7ckmdwbzqpa9r0", out var code));
        Assert.Equal("0Z72KWVBDZKZVP7CKMDWBZQPA9R0", code.Reveal());
        Assert.False(LinkCode.TryParse("0Z72KWVBDZKZVP7CKMDWBZQPA9R1", out code));
        Assert.Equal(default, code);
    }

    [Fact]
    public void Any_17_bytes_survive_bytes_and_text() =>
        Prop.ForAll<byte[]>(any =>
        {
            var bytes = any.Concat(new byte[LinkCode.ByteLength]).Take(LinkCode.ByteLength).ToArray();
            var code = LinkCode.FromBytes(bytes);
            var copy = new byte[LinkCode.ByteLength];
            code.CopyTo(copy);
            return copy.AsSpan().SequenceEqual(bytes) && LinkCode.TryParse(code.Reveal(), out var read) && read == code;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Codes_that_differ_in_one_bit_are_not_equal()
    {
        var code = LinkCode.FromBytes(Bytes);
        for (var bit = 0; bit < Bytes.Length * 8; bit++)
        {
            var other = (byte[])Bytes.Clone();
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(code != LinkCode.FromBytes(other), $"bit {bit}");
        }
        Assert.True(code == LinkCode.FromBytes(Bytes));
        Assert.Equal(code.GetHashCode(), LinkCode.FromBytes(Bytes).GetHashCode());
    }
}
