using System.Globalization;
using System.Text;

namespace InfoLink.Matching.Text;

/// <summary>Kanji numerals, as 二十三, 二三 and 〇.</summary>
internal static class Numerals
{
    private const string Ones = "〇一二三四五六七八九";

    public static bool IsKanji(char each) => Ones.Contains(each, StringComparison.Ordinal) || each is '十' or '百' or '千' or '零';

    /// <summary>The number; null where it is none (二十十) or longer than nine digits.</summary>
    public static int? Value(string kanji)
    {
        if (kanji.Length is 0 or > 9)
        {
            return null;
        }

        if (!kanji.Any(each => each is '十' or '百' or '千'))
        {
            return int.Parse(string.Concat(kanji.Select(each => each == '零' ? 0 : Ones.IndexOf(each, StringComparison.Ordinal))), CultureInfo.InvariantCulture);
        }

        var (sum, pending, last) = (0, 0, 10_000);
        foreach (var each in kanji)
        {
            var unit = each switch { '十' => 10, '百' => 100, '千' => 1000, _ => 0 };
            if (unit == 0)
            {
                if (pending != 0)
                {
                    return null;
                }

                pending = Ones.IndexOf(each, StringComparison.Ordinal);
                if (pending <= 0)
                {
                    return null;
                }
            }
            else
            {
                if (unit >= last)
                {
                    return null;
                }

                sum += Math.Max(pending, 1) * unit;
                (pending, last) = (0, unit);
            }
        }

        return sum + pending;
    }

    /// <summary>10 as 十, 23 as 二十三; below 10,000.</summary>
    public static string ToKanji(int number)
    {
        var text = new StringBuilder();
        foreach (var (unit, sign) in ((int, string)[])[(1000, "千"), (100, "百"), (10, "十"), (1, "")])
        {
            var count = number / unit % 10;
            if (count > 0)
            {
                text.Append(count == 1 && unit > 1 ? "" : Ones[count].ToString()).Append(sign);
            }
        }

        return number == 0 ? "〇" : text.ToString();
    }

    /// <summary>The text with each run of kanji numerals in digits; runs that are no number stay.</summary>
    public static string Replaced(string text)
    {
        var replaced = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && IsKanji(text[end]))
            {
                end++;
            }

            if (end == i)
            {
                replaced.Append(text[i++]);
            }
            else
            {
                replaced.Append(Value(text[i..end])?.ToString(CultureInfo.InvariantCulture) ?? text[i..end]);
                i = end;
            }
        }

        return replaced.ToString();
    }
}
