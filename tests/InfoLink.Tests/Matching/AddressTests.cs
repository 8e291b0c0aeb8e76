using System.Text.Json;
using InfoLink.Matching;
using Xunit;

namespace InfoLink.Tests.Matching;

/// <summary>Addresses in normal form: what is equal, what is not, and what nobody may guess.</summary>
public sealed class AddressTests
{
    /// <summary>A town without its municipality: only a list of all towns could say where it is.</summary>
    private static readonly int[] Unreachable = [86];

    [Fact]
    public void Equal_places_of_the_case_file_have_one_normal_form_and_different_ones_have_their_own()
    {
        var groups = Records.Cases("address_cases.json")
            .Where(row => row.TryGetProperty("equiv_group", out var group) && group.ValueKind == JsonValueKind.Number)
            .GroupBy(row => row.GetProperty("equiv_group").GetInt32(), row => Text(row.GetProperty("input").GetString()!))
            .ToList();

        Assert.Equal(55, groups.Count);
        Assert.Empty(groups.Where(group => group.Distinct(StringComparer.Ordinal).Count() != 1).Select(group => group.Key).Except(Unreachable));
        var forms = groups.Where(group => !Unreachable.Contains(group.Key)).Select(group => group.First()).ToList();
        Assert.Equal(forms.Count, forms.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_case_files_own_normal_forms_are_met_where_they_need_no_list_of_towns()
    {
        // The others keep 大字, 番地 or old forms of characters, which only a list of towns could put in where they are left out (SPEC "Matching").
        var met = Records.Cases("address_cases.json")
            .Count(row => string.Equals(Text(row.GetProperty("input").GetString()!), row.GetProperty("normalized").GetString(), StringComparison.Ordinal));

        Assert.True(met >= 83, $"{met} met");
    }

    [Fact]
    public void A_normal_form_is_its_own_normal_form()
    {
        var forms = Records.Cases("address_cases.json").Select(row => Text(row.GetProperty("input").GetString()!)).ToList();

        Assert.All(forms, form => Assert.Equal(form, Text(form)));
    }

    [Theory]
    [InlineData("千代田区丸ノ内一丁目一番一号", "東京都千代田区丸の内一丁目1-1")]
    [InlineData("〒135-0061 東京都　江東区 豊洲 １ー２ー２７", "東京都江東区豊洲一丁目2-27")]
    [InlineData("東京都江東区豊洲一の二の二七", "東京都江東区豊洲一丁目2-27")]
    [InlineData("広島県府中町大通3-5-1", "広島県安芸郡府中町大通三丁目5-1")]
    [InlineData("関ケ原町大字関ヶ原894番地の58", "岐阜県不破郡関ケ原町関ケ原894-58")]
    [InlineData("京都市中京区寺町通御池上ル上本能寺前町488番地", "京都府京都市中京区寺町通御池上る上本能寺前町488")]
    [InlineData("京都市中京区河原町通三条下ル2丁目山崎町251番地", "京都府京都市中京区河原町通三条下る二丁目山崎町251")]
    [InlineData("帯広市西5条南7丁目1", "北海道帯広市西五条南七丁目1")]
    [InlineData("東京都新宿区四谷1-6-1", "東京都新宿区四谷一丁目6-1")]
    [InlineData("仙台市青葉区1番町3丁目7番1号", "宮城県仙台市青葉区一番町三丁目7-1")]
    [InlineData("千葉県八千代市大和田新田312-5", "千葉県八千代市大和田新田312-5")]
    [InlineData("つくば市みどりの1-2-3", "茨城県つくば市みどりの一丁目2-3")]
    [InlineData("盛岡市飯岡新田第四地割1001番地", "岩手県盛岡市飯岡新田4地割1001")]
    [InlineData("東京都三宅島三宅村阿古497番地", "東京都三宅村阿古497")]
    [InlineData("大阪府堺市堺区三国ヶ丘御幸通1丁2-3", "大阪府堺市堺区三国が丘御幸通一丁目2-3")]
    [InlineData("東京都青ヶ島村無番地", "東京都青ヶ島村無番地")]
    [InlineData("京都府京都市下京区十文字町1", "京都府京都市下京区十文字町1")]
    [InlineData("東京都世田谷区太子堂4-1-1　キャロットタワー　３０５", "東京都世田谷区太子堂四丁目1-1 キャロットタワー 305")]
    public void Notation_does_not_matter(string written, string form) => Assert.Equal(form, Text(written));

    [Theory]
    [InlineData("府中市宮西町2-24", "府中市宮西町2-24")] // Tokyo and Hiroshima have one.
    [InlineData("北区紫野大徳寺町88番地", "北区紫野大徳寺町88")]
    [InlineData("鹿島市1番地", "鹿島市1")] // 佐賀県鹿島市, or 茨城県鹿嶋市 as many write it.
    [InlineData("北海道泊村大字茅沼村711番地", "北海道泊村茅沼村711")] // Two in one prefecture; 古宇郡泊村 is one.
    [InlineData("静岡県浜松市中区元城町103", "静岡県浜松市中区元城町103")] // A ward that is gone.
    [InlineData("あいうえお", "あいうえお")]
    [InlineData("紀尾井町", "紀尾井町")]
    public void Nothing_is_invented(string written, string form) => Assert.Equal(form, Text(written));

    [Theory]
    [InlineData("東京都江東区豊洲1-2-27 305号室", "江東区豊洲一丁目2番27号の305", "match")]
    [InlineData("東京都江東区豊洲1-2-27-305", "江東区豊洲一丁目2番27号 ABCマンション305", "match: address-building-one-side")]
    [InlineData("東京都江東区豊洲1-2-27 305号室", "東京都江東区豊洲1-2-27", "match: address-building-one-side")]
    [InlineData("東京都江東区豊洲1-2-27 305号室", "東京都江東区豊洲1-2-27 306号室", "no match: address-room-differs")]
    [InlineData("東京都江東区豊洲1-2-27-305", "東京都江東区豊洲1-2-27-306", "no match: address-room-differs")]
    [InlineData("東京都江東区豊洲1-2-27-305", "東京都江東区豊洲1-2-27", "ambiguous: address-number-incomplete")]
    [InlineData("東京都江東区豊洲1-2-27-4 305号室", "東京都江東区豊洲1-2-27-5 305号室", "no match: address-room-differs")]
    [InlineData("東京都江東区豊洲1-2-27 コーポ桜305", "東京都江東区豊洲1-2-27 サンハイツ305", "ambiguous: address-building-differs")]
    [InlineData("東京都江東区豊洲1-2-27", "東京都江東区豊洲1-2-28", "no match: address-differs")]
    [InlineData("東京都江東区豊洲1-2-27", "東京都江東区豊洲1-2", "ambiguous: address-number-incomplete")]
    [InlineData("東京都江東区豊洲1-2-27", "東京都江東区豊洲", "ambiguous: address-number-missing")]
    [InlineData("東京都江東区豊洲1-2-27", "東京都江東区", "ambiguous: address-number-missing")]
    [InlineData("東京都江東区豊洲", "東京都江東区豊洲", "ambiguous: address-number-missing")]
    [InlineData("東京都江東区豊洲1丁目", "東京都江東区豊洲一丁目", "ambiguous: address-number-missing")]
    [InlineData("東京都江東区豊洲1丁目", "東京都江東区豊洲1-2-27", "ambiguous: address-number-missing")]
    [InlineData("東京都江東区豊洲1丁目", "東京都江東区豊洲2-2-27", "no match: address-differs")]
    [InlineData("福岡市南区桧原5-27", "福岡市南区檜原五丁目27番", "match")]
    [InlineData("福岡市南区大字桧原5番地27", "福岡市南区檜原五丁目27番", "no match: address-differs")]
    [InlineData("東京都府中市宮西町2-24", "府中市宮西町2-24", "ambiguous: address-municipality-undecided")]
    [InlineData("東京都府中市宮西町2-24", "広島県府中市宮西町2-24", "no match: address-differs")]
    [InlineData("府中市宮西町2-24", "府中市宮西町2-24", "ambiguous: address-municipality-undecided")]
    [InlineData("北区紫野大徳寺町88", "京都府京都市北区紫野大徳寺町88番地", "ambiguous: address-municipality-undecided")]
    [InlineData("北区紫野大徳寺町88", "京都府京都市北区紫野大徳寺町89番地", "no match: address-differs")]
    [InlineData("横浜市鴨居町2400", "横浜市緑区鴨居町2400", "ambiguous: address-municipality-undecided")]
    [InlineData("京都市下京区四条通烏丸東入長刀鉾町20", "京都市下京区長刀鉾町20", "ambiguous: address-street-undecided")]
    [InlineData("サンプル県サンプル市中央一丁目１番地", "サンプル県サンプル市中央1-1", "match")]
    [InlineData("東京都江東区豊〓1-2-27", "東京都江東区豊洲1-2-27", "ambiguous: address-unreadable-character")]
    [InlineData("東京都江東区豊〓1-2-27", "東京都江東区豊洲1-2-28", "no match: address-differs address-unreadable-character")]
    [InlineData("東京都江東区豊洲1-2-27", "", "no match: address-missing")]
    public void Two_addresses_compare(string a, string b, string result) => Assert.Equal(result, Records.Compare(Records.Of(address: a), Records.Of(address: b)));

    [Fact]
    public void Every_municipality_and_ward_is_found_by_its_full_name()
    {
        Assert.Equal(1918, InfoLink.Matching.Places.Municipalities.All.Count);
        foreach (var place in InfoLink.Matching.Places.Municipalities.All)
        {
            var form = PlaceForm.Of($"{place.Prefecture}{place.Name}本町1番地")!;
            Assert.Equal(place.Code, form.Code);
            Assert.Equal($"{place.Prefecture}{place.Name}本町1", form.Text);
        }
    }

    [Fact]
    public void Every_town_and_village_on_land_has_its_county()
    {
        // On the islands of Tokyo there are no counties.
        var without = InfoLink.Matching.Places.Municipalities.All.Where(place => place.City[^1] is '町' or '村' && place.County.Length == 0).ToList();

        Assert.Equal(9, without.Count);
        Assert.All(without, place => Assert.Equal("東京都", place.Prefecture));
    }

    private static string Text(string written) => PlaceForm.TextOf(written);
}
