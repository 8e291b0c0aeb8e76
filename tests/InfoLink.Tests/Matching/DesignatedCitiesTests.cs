using FsCheck;
using FsCheck.Fluent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Matching.Places;
using Xunit;

namespace InfoLink.Tests.Matching;

/// <summary>A ward of a designated city is its city's; everything else is its own.</summary>
public sealed class DesignatedCitiesTests
{
    [Theory]
    [InlineData("141011", "141003", "141011")] // 横浜市鶴見区
    [InlineData("141313", "141305", "141313")] // 川崎市川崎区
    [InlineData("011011", "011002", "011011")] // 札幌市中央区
    [InlineData("141003", "141003", null)] // 横浜市, its ward not said
    [InlineData("131121", "131121", null)] // 世田谷区: a special ward is a municipality
    [InlineData("131016", "131016", null)] // 千代田区
    [InlineData("221317", "221309", "221317")] // 浜松市中区, until 2023
    [InlineData("221384", "221309", "221384")] // 浜松市中央区, since 2024
    [InlineData("222101", "222101", null)] // 富士市: its number follows those of Hamamatsu's wards
    [InlineData("140007", "140007", null)] // 神奈川県
    [InlineData("999999", "999999", null)]
    [InlineData("", "", null)]
    public void Wards_fold_to_their_city_and_the_ward_is_kept(string code, string municipality, string? ward) =>
        Assert.Equal(new Folded(municipality, ward), DesignatedCities.Fold(code));

    [Fact]
    public void There_are_twenty_designated_cities_and_each_has_its_wards()
    {
        Assert.Equal(20, DesignatedCities.Wards.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(171 + 7, DesignatedCities.Wards.Count); // 行政区 of 2024, and Hamamatsu's seven before.
        Assert.DoesNotContain(DesignatedCities.Wards, pair => pair.Key.StartsWith("13", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_ward_and_city_of_the_table_is_a_code_of_one_prefecture() => Assert.All(DesignatedCities.Wards, pair =>
    {
        Assert.True(LocalGovernmentCode.TryParse(pair.Key, out _) && LocalGovernmentCode.TryParse(pair.Value, out _));
        Assert.Equal(pair.Value[..2], pair.Key[..2]);
        Assert.InRange(string.CompareOrdinal(pair.Key, pair.Value), 1, int.MaxValue); // JIS X 0402: wards follow their city.
    });

    [Fact]
    public void Folding_again_changes_nothing_and_keeps_prefecture_and_form() => Prop.ForAll(Codes(), code =>
    {
        var folded = DesignatedCities.Fold(code);
        return DesignatedCities.Fold(folded.Municipality) == new Folded(folded.Municipality, null)
            && LocalGovernmentCode.TryParse(folded.Municipality, out _)
            && string.Equals(folded.Municipality[..2], code[..2], StringComparison.Ordinal)
            && (folded.Ward is null ? string.Equals(folded.Municipality, code, StringComparison.Ordinal) : string.Equals(folded.Ward, code, StringComparison.Ordinal) && !string.Equals(folded.Municipality, code, StringComparison.Ordinal));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_prefectures_code_has_its_check_digit()
    {
        Assert.Equal("140007", LocalGovernmentCode.OfPrefecture("14").ToString());
        Assert.All(Enumerable.Range(1, 47), number => Assert.True(LocalGovernmentCode.TryParse(LocalGovernmentCode.OfPrefecture($"{number:00}").ToString(), out _)));
        Assert.Throws<ArgumentException>(() => LocalGovernmentCode.OfPrefecture("1x"));
    }

    /// <summary>Wards half the time, and any five digits with their check digit.</summary>
    private static Arbitrary<string> Codes() => Gen.OneOf(
        Gen.Elements(DesignatedCities.Wards.Keys.Order(StringComparer.Ordinal).ToArray()),
        Gen.Choose(0, 99_999).Select(five => Enumerable.Range(0, 10).Select(check => $"{five:00000}{check}").First(code => LocalGovernmentCode.TryParse(code, out _)))).ToArbitrary();
}
