using System.Text.Json;
using Xunit;

namespace InfoLink.Tests.Numbers;

/// <summary>contracts/vectors/check_digits.json, which other programs made.</summary>
internal static class CheckDigitVectors
{
    public static TheoryData<string> Of(string kind, string list)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(RepositoryRoot.Path("contracts", "vectors", "check_digits.json")));
        return [.. file.RootElement.GetProperty(kind).GetProperty(list).EnumerateArray().Select(text => text.GetString()!)];
    }
}
