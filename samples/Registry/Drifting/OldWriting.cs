using System.Text;
using InfoLink.Samples.Registry.Generating;

namespace InfoLink.Samples.Registry.Drifting;

/// <summary>Readings as older systems keep them.</summary>
internal static class OldKana
{
    private const string Full = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォッャュョー　";
    private const string Half = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮｰ ";
    private const string Voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
    private const string VoicedOf = "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ";
    private const string Plosive = "パピプペポ";
    private const string PlosiveOf = "ﾊﾋﾌﾍﾎ";

    public static string HalfWidth(string kana)
    {
        var text = new StringBuilder();
        foreach (var each in kana)
        {
            var (full, voiced, plosive) = (Full.IndexOf(each, StringComparison.Ordinal), Voiced.IndexOf(each, StringComparison.Ordinal), Plosive.IndexOf(each, StringComparison.Ordinal));
            text.Append(full >= 0 ? $"{Half[full]}" : voiced >= 0 ? $"{VoicedOf[voiced]}ﾞ" : plosive >= 0 ? $"{PlosiveOf[plosive]}ﾟ" : $"{each}");
        }

        return text.ToString();
    }

    public static string Hiragana(string kana) => string.Concat(kana.Select(each => each is >= 'ァ' and <= 'ヶ' ? (char)(each - 'ァ' + 'ぁ') : each));
}

/// <summary>Days in the eras in which most of Japan's systems keep them.</summary>
internal static class OldDates
{
    private static readonly (DateOnly From, string Name, char Letter)[] Eras =
    [
        (new DateOnly(2019, 5, 1), "令和", 'R'), (new DateOnly(1989, 1, 8), "平成", 'H'), (new DateOnly(1926, 12, 25), "昭和", 'S'), (new DateOnly(1912, 7, 30), "大正", 'T'),
        (new DateOnly(1873, 1, 1), "明治", 'M'),
    ];

    public static string InEra(DateOnly day, Dice dice)
    {
        var (from, name, letter) = Eras.First(era => day >= era.From);
        var year = day.Year - (letter == 'M' ? 1868 : from.Year) + 1;
        return dice.Chance(500) ? $"{name}{(year == 1 ? "元" : $"{year}")}年{day.Month}月{day.Day}日" : $"{letter}{year}.{day.Month}.{day.Day}";
    }
}
