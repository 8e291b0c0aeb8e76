using FsCheck;
using FsCheck.Fluent;
using InfoLink.Codes;
using Xunit;

namespace InfoLink.Tests.Codes;

public class IdCodeTests
{
    [Fact]
    public void Kind_serial_and_generation_stand_in_seven_bytes()
    {
        var bytes = new byte[IdCode.ByteLength];
        IdCode.Create(IdCodeKind.Test, 7136161710, 2).CopyTo(bytes);
        Assert.Equal("0f01a9592fae02", Convert.ToHexStringLower(bytes));
        Assert.True(IdCode.TryFromBytes(bytes, out var code));
        Assert.Equal((IdCodeKind.Test, (byte)2), (code.Kind, code.Generation));
        Assert.Equal(IdCode.Create(IdCodeKind.Test, 7136161710, 2), code);
    }

    [Theory]
    [InlineData("00000000000000", "kind 0 is nobody")]
    [InlineData("03000000000000", "no such kind")]
    [InlineData("0e000000000000", "no such kind")]
    [InlineData("10000000000000", "no such kind")]
    [InlineData("ff000000000000", "no such kind")]
    [InlineData("0102540be40000", "a serial of eleven digits")]
    [InlineData("01ffffffffff00", "the largest serial five bytes hold")]
    [InlineData("010000000000", "six bytes")]
    [InlineData("0100000000000000", "eight bytes")]
    public void Other_bytes_are_no_ID_code(string hex, string reason)
    {
        Assert.False(IdCode.TryFromBytes(Convert.FromHexString(hex), out var code), reason);
        Assert.True(code.IsNone);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    public void The_last_serial_of_every_kind_is_read(byte kind)
    {
        var bytes = new byte[IdCode.ByteLength];
        IdCode.Create((IdCodeKind)kind, 9_999_999_999, 255).CopyTo(bytes);
        Assert.True(IdCode.TryFromBytes(bytes, out var code));
        Assert.Equal(kind, (byte)code.Kind);
    }

    [Fact]
    public void Raising_the_generation_keeps_the_person()
    {
        var first = IdCode.Create(IdCodeKind.Resident, 1234567890, 0);
        var second = first.WithGeneration(1);
        byte[] before = new byte[IdCode.PersonLength], after = new byte[IdCode.PersonLength];
        first.CopyPersonTo(before);
        second.CopyPersonTo(after);
        Assert.Equal(before, after);
        Assert.True(first != second);
        Assert.Equal(1, second.Generation);
    }

    [Fact]
    public void Unknown_kinds_are_not_created() =>
        Assert.All(
            Enumerable.Range(0, 256).Select(kind => (IdCodeKind)kind).Where(kind => !Enum.IsDefined(kind) || kind == IdCodeKind.None),
            kind => Assert.Throws<ArgumentOutOfRangeException>(() => IdCode.Create(kind, 0, 0)));

    [Fact]
    public void Any_ID_code_is_read_back_from_its_bytes() =>
        Prop.ForAll(AnyIdCode, id =>
        {
            var bytes = new byte[IdCode.ByteLength];
            id.CopyTo(bytes);
            return IdCode.TryFromBytes(bytes, out var read) && read == id && !read.IsNone;
        }).QuickCheckThrowOnFailure();

    internal static Arbitrary<IdCode> AnyIdCode { get; } = (
        from kind in Gen.Elements(IdCodeKind.Resident, IdCodeKind.Provisional, IdCodeKind.Test)
        from high in Gen.Choose(0, 99_999)
        from low in Gen.Choose(0, 99_999)
        from generation in Gen.Choose(0, 255)
        select IdCode.Create(kind, ((ulong)high * 100_000) + (ulong)low, (byte)generation)).ToArbitrary();
}
