using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Numbers;

/// <summary>Numbers that anybody may know: corporations' and local governments'.</summary>
public sealed class PublicNumberTests
{
    public static TheoryData<string> Corporations => CheckDigitVectors.Of("corporate_number", "valid");

    public static TheoryData<string> NoCorporations => CheckDigitVectors.Of("corporate_number", "invalid");

    public static TheoryData<string> Governments => CheckDigitVectors.Of("local_government_code", "valid");

    public static TheoryData<string> NoGovernments => CheckDigitVectors.Of("local_government_code", "invalid");

    [Theory]
    [MemberData(nameof(Corporations))]
    public void A_corporate_number_is_read_and_printed(string text)
    {
        Assert.True(CorporateNumber.TryParse(text, out var number));
        Assert.Equal(text, number.ToString());
        Assert.Equal(number, CorporateNumber.FromBase(ulong.Parse(text[1..])));
    }

    [Theory]
    [MemberData(nameof(NoCorporations))]
    [InlineData("")]
    [InlineData("0000012050002")] // A check digit is never 0.
    [InlineData("70000120500020")]
    [InlineData("７000012050002")]
    [InlineData("7000012O50002")]
    public void What_is_no_corporate_number_is_refused(string text)
    {
        Assert.False(CorporateNumber.TryParse(text, out _));
        Assert.Throws<FormatException>(() => CorporateNumber.Parse(text));
    }

    [Theory]
    [MemberData(nameof(Governments))]
    [InlineData("131121")] // Setagaya, remainder 10.
    public void A_local_government_code_is_read_and_printed(string text)
    {
        Assert.True(LocalGovernmentCode.TryParse(text, out var code));
        Assert.Equal(text, code.ToString());
    }

    [Theory]
    [MemberData(nameof(NoGovernments))]
    [InlineData("")]
    [InlineData("1310011")]
    [InlineData("１30001")]
    public void What_is_no_local_government_code_is_refused(string text)
    {
        Assert.False(LocalGovernmentCode.TryParse(text, out _));
        Assert.Throws<FormatException>(() => LocalGovernmentCode.Parse(text));
    }

    [Fact]
    public void The_samples_local_governments_have_right_codes()
    {
        foreach (var agency in (string[])[Samples.Network.NetworkFolder.Requester, Samples.Network.NetworkFolder.Provider, Samples.Network.NetworkFolder.Bystander])
        {
            Assert.True(LocalGovernmentCode.TryParse(agency, out _), agency);
        }
    }
}
