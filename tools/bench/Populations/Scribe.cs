using System.Globalization;
using InfoLink.Matching;
using InfoLink.Matching.Text;

namespace InfoLink.Bench.Populations;

/// <summary>
/// Writes a person's attributes down as agencies do: old and new forms, widths, blanks, eras, numbers joined in many ways, prefecture, county or building
/// left out, and now and then something missing.
/// </summary>
internal static class Scribe
{
    private const string Full = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワンャュョッー";
    private const string Half = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝｬｭｮｯｰ";
    private const string Voiced = "ガギグゲゴザジズゼゾダヂヅデドバビブベボ";
    private const string Plain = "カキクケコサシスセソタチツテトハヒフヘホ";

    private static readonly string[] Hyphens = ["-", "－", "ー", "−", "‐", "–", "の"];

    /// <param name="person">Who.</param>
    /// <param name="draw">Chance.</param>
    /// <param name="saysSex">Sex is never left out: it is all that tells this person from another.</param>
    public static BasicAttributes Write(MadeUpPerson person, Draw draw, bool saysSex = false)
    {
        var blank = draw.Of((string[])[" ", "　", "", "　"]);
        return new BasicAttributes
        {
            Name = Form(person.Family, draw) + blank + Form(person.Given, draw),
            Kana = draw.In(100) ? null : Kana(person.Family.Kana + (blank.Length == 0 ? "" : " ") + person.Given.Kana, draw),
            Address = Address(person.Place, draw),
            BirthDate = Birth(person.Birth, draw),
            Sex = draw.In(20) && !saysSex ? null : person.Sex == SexForm.Male ? draw.Of((string[])["1", "男", "M", "男性"]) : draw.Of((string[])["2", "女", "F", "女性"]),
        };
    }

    private static string Form(MadeUpName name, Draw draw) => name.Forms.Length > 0 && draw.In(500) ? draw.Of(name.Forms) : name.Kanji;

    private static string Kana(string kana, Draw draw) => draw.Below(4) switch
    {
        0 => string.Concat(kana.Select(each => each is >= 'ァ' and <= 'ン' ? (char)(each - 0x60) : each)),
        1 => string.Concat(kana.Select(HalfWidth)),
        2 => kana.Replace('ョ', 'ヨ').Replace('ュ', 'ユ').Replace('ャ', 'ヤ').Replace('ッ', 'ツ'),
        _ => kana,
    };

    private static string HalfWidth(char each) => Full.IndexOf(each, StringComparison.Ordinal) is >= 0 and var at ? Half[at].ToString()
        : Voiced.IndexOf(each, StringComparison.Ordinal) is >= 0 and var voiced ? $"{Half[Full.IndexOf(Plain[voiced], StringComparison.Ordinal)]}ﾞ"
        : each.ToString();

    private static string Birth(DateOnly day, Draw draw)
    {
        if (draw.In(3))
        {
            return $"{day.Year}-00-00";
        }

        var (era, letter, first) = day >= new DateOnly(2019, 5, 1) ? ("令和", "R", 2019) : day >= new DateOnly(1989, 1, 8) ? ("平成", "H", 1989) : ("昭和", "S", 1926);
        var year = day.Year - first + 1;
        return draw.Below(6) switch
        {
            0 => $"{era}{(year == 1 ? "元" : year.ToString(CultureInfo.InvariantCulture))}年{day.Month}月{day.Day}日",
            1 => $"{letter}{year:00}{day.Month:00}{day.Day:00}",
            2 => $"{letter}{year}.{day.Month}.{day.Day}",
            3 => FullWidth($"{era}{year}年{day.Month}月{day.Day}日"),
            4 => day.ToString("yyyyMMdd", CultureInfo.InvariantCulture),
            _ => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
    }

    private static string Address(MadeUpPlace place, Draw draw)
    {
        var where = place.Municipality;
        var head = (draw.In(100) ? "" : where.Prefecture) + (draw.In(200) ? "" : where.County) + where.City + where.Ward;
        var text = head + (place.Chome == 0 && draw.In(150) ? "大字" : "") + Town(place.Town, draw) + Numbers(place, draw);
        if (place.Building.Length > 0 && draw.In(800))
        {
            text += draw.Of((string[])[" ", "　"]) + place.Building + place.Room + draw.Of((string[])["", "号室", "号"]);
        }

        return draw.In(300) ? FullWidth(text) : text;
    }

    private static string Town(string town, Draw draw) => draw.In(300)
        ? town.Replace('沢', '澤').Replace('浜', '濱').Replace('竜', '龍').Replace('広', '廣').Replace('桜', '櫻').Replace('ケ', 'ヶ').Replace('ノ', 'の')
        : town;

    private static string Numbers(MadeUpPlace place, Draw draw)
    {
        if (draw.In(3))
        {
            return place.Chome == 0 ? "" : $"{place.Chome}丁目";
        }

        var join = draw.Of(Hyphens);
        return (place.Chome, draw.Below(4)) switch
        {
            (0, 0) => $"{place.Lot}番地{place.Number}",
            (0, 1) => $"{place.Lot}番地の{place.Number}",
            (0, _) => $"{place.Lot}{join}{place.Number}",
            (_, 0) => $"{place.Chome}丁目{place.Lot}番{place.Number}号",
            (_, 1) => $"{Numerals.ToKanji(place.Chome)}丁目{place.Lot}番地{place.Number}",
            (_, 2) => $"{place.Chome}{join}{place.Lot}{join}{place.Number}",
            _ => $"{Numerals.ToKanji(place.Chome)}丁目{place.Lot}{join}{place.Number}",
        };
    }

    private static string FullWidth(string text) => string.Concat(text.Select(each => each is >= '0' and <= '9' ? (char)(each - '0' + '０') : each));
}
