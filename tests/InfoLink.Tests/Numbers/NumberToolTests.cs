using System.Diagnostics;
using InfoLink.Tests.Tools;
using Xunit;

namespace InfoLink.Tests.Numbers;

/// <summary><c>infolink number check</c>, as people run it.</summary>
public sealed class NumberToolTests
{
    [Theory]
    [InlineData("889654457031", "個人番号")]
    [InlineData("8896-5445-7031", "個人番号")]
    [InlineData("７０００　０１２０　５０００２", "法人番号")]
    [InlineData("24727059608", "住民票コード")]
    [InlineData("131121", "全国地方公共団体コード")]
    public async Task A_valid_number_is_named_and_not_repeated(string value, string kind)
    {
        var (code, output, error) = await Infolink.RunAsync("number", "check", value);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("valid: ", output, StringComparison.Ordinal);
        Assert.Contains(kind, output, StringComparison.Ordinal);
        Assert.Equal(value.All(char.IsAsciiDigit), !output.Contains("were not minded", StringComparison.Ordinal));
        Assert.DoesNotContain(string.Concat(value.Where(char.IsAsciiDigit)) is { Length: > 0 } digits ? digits : value, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("889654457032", "The check digit does not fit")]
    [InlineData("12a34b56d78e", "no digit, space or hyphen, beside 8 digits")]
    [InlineData("88965445703456", "It has 14 digits")]
    [InlineData("", "There are no digits")]
    [InlineData("個人番号", "There are no digits")]
    public async Task What_is_not_valid_ends_with_1_cause_and_way_out(string value, string cause)
    {
        var (code, output, error) = await Infolink.RunAsync("number", "check", value);
        Assert.Equal((1, ""), (code, error));
        Assert.Contains("NOT VALID", output, StringComparison.Ordinal);
        Assert.Contains(cause, output, StringComparison.Ordinal);
        Assert.DoesNotContain("889654457031", output, StringComparison.Ordinal);
        Assert.True(value.Length < 6 || !output.Contains(value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_kind_can_be_demanded()
    {
        var (code, output, _) = await Infolink.RunAsync("number", "check", "889654457031", "--kind", "corporate", "--json");
        Assert.Equal(1, code);
        Assert.Contains("\"kind\": \"corporate\"", output, StringComparison.Ordinal);
        Assert.Contains("\"valid\": false", output, StringComparison.Ordinal);
        Assert.Contains("It has 12 digits", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kind_that_there_is_not_is_a_misuse() => Assert.Equal(2, (await Infolink.RunAsync("number", "check", "889654457031", "--kind", "passport")).Code);

    [Theory]
    [InlineData("8896 5445 7031\n", 0)]
    [InlineData("889654457032", 1)]
    [InlineData("", 2)]
    public async Task A_number_comes_in_by_standard_input(string typed, int expected)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "infolink.dll"), "number", "check", "-"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(typed);
        process.StandardInput.Close();
        var told = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(expected, process.ExitCode);
        Assert.DoesNotContain("445703", told, StringComparison.Ordinal);
    }
}
