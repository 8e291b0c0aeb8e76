using InfoLink.CodeAuthority.Derivation;
using InfoLink.Codes;
using Xunit;

namespace InfoLink.Tests.Codes;

public class IdCodeDerivationTests
{
    private static readonly ResidentRecordCode Someone = ResidentRecordCode.Parse("24727059608");

    [Fact]
    public void Two_keys_give_two_codes()
    {
        using var one = new IdCodeDerivation(new byte[32]);
        using var other = new IdCodeDerivation([.. new byte[31], 1]);
        Assert.NotEqual(one.Derive(Someone, IdCodeKind.Resident, 0), other.Derive(Someone, IdCodeKind.Resident, 0));
    }

    [Fact]
    public void No_two_residents_share_a_serial()
    {
        using var authority = new IdCodeDerivation(new byte[32]);
        var codes = Enumerable.Range(0, 5_000)
            .Select(i => authority.Derive(ResidentRecordCode.FromBase((ulong)i), IdCodeKind.Resident, 0))
            .ToHashSet();
        Assert.Equal(5_000, codes.Count);
    }

    [Fact]
    public void Provisional_codes_are_drawn_not_derived()
    {
        using var authority = new IdCodeDerivation(new byte[32]);
        Assert.Throws<ArgumentOutOfRangeException>(() => authority.Derive(Someone, IdCodeKind.Provisional, 0));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(33)]
    public void Keys_of_other_lengths_are_refused(int length) =>
        Assert.Throws<ArgumentException>(() => new IdCodeDerivation(new byte[length]));

    [Fact]
    public void After_disposal_nothing_is_derived()
    {
        var authority = new IdCodeDerivation(new byte[32]);
        authority.Dispose();
        Assert.ThrowsAny<ObjectDisposedException>(() => authority.Derive(Someone, IdCodeKind.Resident, 0));
    }
}
