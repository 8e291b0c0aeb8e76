using System.Text.Json;
using InfoLink.Matching;

namespace InfoLink.Tests.Matching;

/// <summary>Records to compare, and the files of cases.</summary>
internal static class Records
{
    public const string Home = "東京都江東区豊洲1-2-27";

    /// <summary>A made-up person who differs only in what is given.</summary>
    public static NormalForm Of(string? name = "甲野 一郎", string? kana = null, string? address = Home, string? birth = "1980-03-05", string? sex = "1") =>
        NormalForm.Of(new BasicAttributes { Name = name, Kana = kana, Address = address, BirthDate = birth, Sex = sex });

    /// <summary>The result and its reasons' ids: "ambiguous: kana-near". Compared both ways.</summary>
    public static string Compare(NormalForm a, NormalForm b)
    {
        var (there, back) = (Told(AttributeMatch.Compare(a, b)), Told(AttributeMatch.Compare(b, a)));
        Xunit.Assert.Equal(there, back);
        return there;
    }

    public static string Told(MatchResult result)
    {
        var outcome = result.Outcome switch { MatchOutcome.Match => "match", MatchOutcome.Ambiguous => "ambiguous", _ => "no match" };
        return result.Reasons.Count == 0 ? outcome : $"{outcome}: {string.Join(' ', result.Reasons.Select(reason => reason.Id))}";
    }

    public static JsonElement[] Cases(string file) =>
        JsonSerializer.Deserialize<JsonElement[]>(File.ReadAllBytes(RepositoryRoot.Path("tests", "InfoLink.Tests", "Matching", "data", file)))!;
}
