using System.Text;
using InfoLink.Bench.Populations;
using InfoLink.Matching;
using Xunit;

namespace InfoLink.Tests.Matching;

/// <summary>Whole records: what suffices, what does not, one person among many, and properties that hold of any input.</summary>
public sealed class MatchingTests
{
    [Theory]
    [InlineData("男", "１", "match")]
    [InlineData("女性", "F", "match")]
    [InlineData("1", "2", "no match: sex-differs")]
    [InlineData("1", "", "match: sex-missing")]
    [InlineData("9", "1", "match: sex-missing")]
    [InlineData("雄", "1", "match: sex-unreadable sex-missing")]
    public void Three_attributes_suffice_without_sex(string a, string b, string result) => Assert.Equal(result, Records.Compare(Records.Of(sex: a), Records.Of(sex: b)));

    [Fact]
    public void Fewer_than_three_never_match()
    {
        Assert.Equal("no match: name-missing", Records.Compare(Records.Of(name: null), Records.Of(name: null)));
        Assert.Equal("no match: address-missing", Records.Compare(Records.Of(address: null), Records.Of(address: null)));
        Assert.Equal("no match: birth-date-missing", Records.Compare(Records.Of(birth: null), Records.Of(birth: null)));
        Assert.Equal("no match: name-missing address-missing birth-date-missing sex-missing", Records.Compare(NormalForm.Of(new()), NormalForm.Of(new())));
        Assert.Null(Records.Of(name: null).Key);
        Assert.Null(Records.Of(address: "東京都江東区").Key);
        Assert.Null(Records.Of(birth: "不詳").Key);
    }

    [Fact]
    public void One_person_among_many_is_found_and_two_who_coincide_are_not_told_apart()
    {
        var index = new MatchIndex();
        Assert.Equal(0, index.Add(Records.Of("乙野 花子", sex: "2")));
        Assert.Equal(1, index.Add(Records.Of("甲野 一郎")));
        Assert.Equal(2, index.Add(Records.Of("甲野 一郎", address: "東京都江東区豊洲1-2-28")));

        var found = index.Find(Records.Of("甲野一郎", address: "江東区豊洲一丁目2番27号", birth: "S55.3.5"));
        Assert.Equal((MatchOutcome.Match, 1, 1), (found.Outcome, found.Candidates, found.PersonIndex));
        Assert.Equal("no match: nobody-found", Records.Told(index.Find(Records.Of("丙野"))));

        index.Add(Records.Of("甲野 一郎", sex: "2"));
        var sexless = index.Find(Records.Of("甲野 一郎", sex: null));
        Assert.Equal((MatchOutcome.Ambiguous, 2, null), (sexless.Outcome, sexless.Candidates, sexless.PersonIndex));
        Assert.Contains("several-persons", sexless.Reasons.Select(reason => reason.Id), StringComparer.Ordinal);

        index.Add(Records.Of("甲野 一郎", birth: "昭和55年不詳月不詳日"));
        Assert.Equal("ambiguous: several-persons birth-date-unknown", Records.Told(index.Find(Records.Of("甲野 一郎"))));
        Assert.Equal(5, index.Count);
    }

    [Fact]
    public void A_search_among_all_finds_what_the_index_finds()
    {
        var draw = new Draw(6);
        var forms = Enumerable.Range(0, 300).Select(_ => MadeUpPerson.New(draw)).Select(person => NormalForm.Of(Scribe.Write(person, draw))).ToList();
        var index = new MatchIndex();
        forms.ForEach(form => index.Add(form));

        Assert.All(forms, form =>
        {
            var (all, indexed) = (AttributeMatch.Find(form, forms), index.Find(form));
            Assert.Equal((all.Outcome, all.Candidates, all.PersonIndex), (indexed.Outcome, indexed.Candidates, indexed.PersonIndex));
        });
    }

    [Fact]
    public void Among_a_hundred_thousand_pairs_of_near_persons_none_is_matched_wrongly()
    {
        var wrong = new List<string>();
        var trial = MatchTrial.Run(100_000, seed: 2026, (a, b) => wrong.Add($"{a.Name} {a.Address} {a.BirthDate} {a.Sex} / {b.Name} {b.Address} {b.BirthDate} {b.Sex}")); // Made-up persons.

        Assert.Empty(wrong);
        Assert.True(trial.Matches > 0.97 * trial.Pairs, $"{trial.Matches} of {trial.Pairs} found");
        Assert.True(trial.Matches + trial.Doubts > 0.999 * trial.Pairs, $"{trial.Pairs - trial.Matches - trial.Doubts} of {trial.Pairs} lost");
    }

    [Fact]
    public void Records_that_match_have_one_key()
    {
        var draw = new Draw(3);
        for (var i = 0; i < 3_000; i++)
        {
            var person = MadeUpPerson.New(draw);
            var (a, b) = (NormalForm.Of(Scribe.Write(person, draw)), NormalForm.Of(Scribe.Write(person, draw)));
            if (AttributeMatch.Compare(a, b).Outcome is MatchOutcome.Match)
            {
                Assert.NotNull(a.Key);
                Assert.Equal(a.Key, b.Key);
            }
        }
    }

    [Fact]
    public void Other_numbers_never_coincide()
    {
        var forms = new Dictionary<string, (int, int, int)>(StringComparer.Ordinal);
        for (var chome = 1; chome <= 12; chome++)
        {
            for (var lot = 1; lot <= 30; lot++)
            {
                for (var number = 1; number <= 12; number++)
                {
                    foreach (var written in (string[])[$"{chome}-{lot}-{number}", $"{chome}丁目{lot}番{number}号", $"{chome}丁目{lot}番地の{number}"])
                    {
                        var form = PlaceForm.TextOf($"東京都江東区豊洲{written}");
                        Assert.True(forms.TryAdd(form, (chome, lot, number)) || forms[form] == (chome, lot, number), form);
                    }
                }
            }
        }

        Assert.Equal(12 * 30 * 12, forms.Count);
    }

    [Fact]
    public void Any_text_is_borne_compares_alike_both_ways_and_keeps_its_form()
    {
        string[] pieces =
        [
            "東京都", "江東区", "府中市", "京都市上京区", "豊洲", "大字", "字", "丁目", "番地", "番", "号", "の", "ノ", "ケ", "ヶ", "ー", "-", "－", "(", ")", " ", "　", "1", "２", "十", "三", "千", "条", "通り", "上る", "西入", "室",
            "A", "ｂ", "ｶ", "ﾞ", "髙", "々", "ゞ", "〓", "\uE000", "\uD800", "\uDC00", "\U000E0100", "\u3099", "\u0301", "\u200B", "昭和", "元", "年", "月", "日", "不詳", "/", ".", "99", "\u0000", "\n", "𠮷", "가", "\u1100", "ﷺ",
        ];
        var draw = new Draw(1873);
        for (var i = 0; i < 20_000; i++)
        {
            var (a, b) = (Text(), Text());
            var form = PlaceForm.TextOf(a);
            Assert.DoesNotContain('\n', form);
            Assert.Equal(KanaForm.Of(a), KanaForm.Of(KanaForm.Of(a)));
            var (one, two) = (Records.Of(a, a, a, a, a), Records.Of(b, b, b, b, b));
            Records.Compare(one, two);
            Assert.Equal(AttributeMatch.Compare(one, Records.Of(a, a, a, a, a)).Outcome is MatchOutcome.Match, one.Key is not null);
            if (one.Name is { } name)
            {
                Assert.Equal(name.Key, Records.Of(name.Key).Name!.Key);
            }
        }

        string Text()
        {
            var text = new StringBuilder();
            for (var length = draw.Below(14); length >= 0; length--)
            {
                text.Append(draw.Of(pieces));
            }

            return text.ToString();
        }
    }

    [Fact]
    public void Long_and_tangled_texts_are_read_in_one_pass()
    {
        foreach (var piece in (string[])["(", ")", "一", "1", "1-", "番", "字", "大字", "の", "\u0301", "ﾞ", "丁目", "ー", "郡", "島", " ", "東京都", "上る", "不詳", "年"])
        {
            var text = string.Concat(Enumerable.Repeat(piece, PlaceForm.LongestText / piece.Length));
            Assert.NotNull(PlaceForm.TextOf(text));
            Assert.NotNull(PlaceForm.TextOf(string.Concat(Enumerable.Repeat(piece, 100_000))));
            Assert.Null(Records.Of(text, text, text, text[..BirthForm.LongestText]).Key);
        }
    }
}
