using System.Globalization;
using System.Text;
using System.Text.Json;
using InfoLink.Matching;
using InfoLink.Matching.Text;
using Xunit;

namespace InfoLink.Tests.Matching;

/// <summary>Names and readings: forms of one character are one, others are not, and what no source decides a human decides.</summary>
public sealed class NameTests
{
    [Fact]
    public void The_case_files_pairs_are_decided_as_it_says_and_left_open_where_it_leaves_them()
    {
        var pairs = Records.Cases("name_variants.json");

        Assert.Equal(57, pairs.Length);
        Assert.All(pairs, pair =>
        {
            var (a, b) = (pair.GetProperty("a").GetString()!, pair.GetProperty("b").GetString()!);
            var outcome = AttributeMatch.Compare(Records.Of(a), Records.Of(b)).Outcome;
            var expected = pair.GetProperty("equivalent").ValueKind switch
            {
                JsonValueKind.True => MatchOutcome.Match,
                JsonValueKind.False => MatchOutcome.NoMatch,
                _ => MatchOutcome.Ambiguous,
            };
            Assert.True(outcome == expected, $"{a} {b}: {outcome}");
        });
    }

    [Theory]
    [InlineData("佐々木", "佐佐木", "match")]
    [InlineData("髙橋　一郎", "高橋一郎", "match")]
    [InlineData("邉見", "邊見", "match")]
    [InlineData("葛󠄁西", "葛西", "match")]
    [InlineData("みすゞ", "みすず", "match")]
    [InlineData("竹ヶ原", "竹ケ原", "match")]
    [InlineData("ジョン・スミス", "ｼﾞｮﾝ ｽﾐｽ", "match")]
    [InlineData("ス゛ミ", "ズミ", "match")]
    [InlineData("サ-シャ", "サーシャ", "match")]
    [InlineData("Smith John", "ＳＭＩＴＨ　ｊｏｈｎ", "match")]
    [InlineData("O'Brien", "O’BRIEN", "match")]
    [InlineData("斎藤", "斉藤", "no match: name-differs")]
    [InlineData("阿部", "安部", "no match: name-differs")]
    [InlineData("一ノ瀬", "一之瀬", "no match: name-differs")]
    [InlineData("ズミ", "ヅミ", "no match: name-differs")]
    [InlineData("ヴィラ", "ブイラ", "no match: name-differs")]
    [InlineData("林 田中", "林田 中", "ambiguous: name-split-differs")]
    [InlineData("林田中", "林田 中", "match")]
    [InlineData("ショウ", "シヨウ", "ambiguous: name-look-alike")]
    [InlineData("二宮", "ニ宮", "ambiguous: name-look-alike")]
    [InlineData("ALVARÉZ", "ALVAREZ", "ambiguous: name-look-alike")]
    [InlineData("高〓", "高橋", "ambiguous: name-unreadable-character")]
    [InlineData("高\uE000", "高\uE000", "ambiguous: name-unreadable-character")]
    [InlineData("高\U000E0FFF", "高橋", "ambiguous: name-unreadable-character")]
    [InlineData("高〓", "田橋", "no match: name-differs name-unreadable-character")]
    [InlineData(" 　", "高橋", "no match: name-missing")]
    public void Two_names_compare(string a, string b, string result) => Assert.Equal(result, Records.Compare(Records.Of(a), Records.Of(b)));

    [Fact]
    public void Half_a_surrogate_pair_is_a_lost_character() =>
        Assert.Equal("ambiguous: name-unreadable-character", Records.Compare(Records.Of("高" + '\uD800'), Records.Of("高橋")));

    [Theory]
    [InlineData("コウノ イチロウ", "ｺｳﾉｲﾁﾛｳ", "match")]
    [InlineData("こうの　きょうこ", "コウノキヨウコ", "match")]
    [InlineData("ヤマザキ", "ヤマサキ", "ambiguous: kana-near")]
    [InlineData("オオノ", "オーノ", "ambiguous: kana-near")]
    [InlineData("ヲノ", "オノ", "ambiguous: kana-near")]
    [InlineData("ヅミ", "ズミ", "ambiguous: kana-near")]
    [InlineData("コウノ イチロウ", "コウノ ジロウ", "no match: kana-differs")]
    [InlineData("コウノ", "", "match")]
    [InlineData("コウノ", "コウ\uE000", "match: kana-unreadable")]
    public void Two_readings_compare(string a, string b, string result) => Assert.Equal(result, Records.Compare(Records.Of(kana: a), Records.Of(kana: b)));

    [Theory]
    [InlineData("こうの　いちろう", "コウノイチロウ")]
    [InlineData("ｶﾞｷﾞｸﾞ ｯｬｰ", "ガギグツヤー")]
    [InlineData("ヴァン・ゴッホ", "ヴアンゴツホ")]
    [InlineData(" ", null)]
    [InlineData("コウ\uE000", null)]
    public void A_reading_has_one_form(string written, string? form) => Assert.Equal(form, KanaForm.Of(written));

    [Fact]
    public void The_form_KC_is_that_of_an_independent_implementation()
    {
        var rows = File.ReadAllLines(RepositoryRoot.Path("tests", "InfoLink.Tests", "Matching", "data", "nfkc.tsv")).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')).ToList();

        Assert.Equal(600, rows.Count);
        Assert.All(rows, row => Assert.Equal(row[1], string.Join(' ', UnicodeForms.Kc(Runes(row[0])).Select(rune => rune.Value.ToString("X", CultureInfo.InvariantCulture)))));

        static IEnumerable<Rune> Runes(string hexes) => hexes.Split(' ').Select(hex => new Rune(int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_name_of_ten_thousand_characters_is_no_name()
    {
        var form = Records.Of(new string('髙', 10_000), kana: new string('ア', 10_000), address: new string('1', 10_000), birth: new string('1', 10_000), sex: new string('1', 10_000));

        Assert.Null(form.Key);
        Assert.Equal(["name-too-long", "kana-unreadable", "address-too-long", "birth-date-unreadable", "sex-unreadable"], form.Problems.Select(problem => problem.Id), StringComparer.Ordinal);
    }

    [Fact]
    public void Nothing_that_prints_itself_prints_a_value()
    {
        var attributes = new BasicAttributes { Name = "甲野", Kana = "コウノ", Address = Records.Home, BirthDate = "1980-03-05", Sex = "1" };
        var form = NormalForm.Of(attributes);

        object[] printed = [attributes, form, form.Name!, form.Address!, form.Birth!];
        Assert.All(printed, each => Assert.Equal(each.GetType().Name, each.ToString()));
    }
}
