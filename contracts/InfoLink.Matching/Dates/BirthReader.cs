using System.Globalization;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Dates;

/// <summary>
/// Reads a date of birth (SPEC "Matching", rule 5): optional era, then year, month and day with any of 年月日 / . - between them, or eight digits, or six
/// after an era. A part may be unknown. Nothing impossible is bent into something possible.
/// </summary>
internal static class BirthReader
{
    private const int Unknown = -1;
    private const int OldestYear = 1800;
    private static readonly DateOnly SolarCalendar = new(1873, 1, 1);

    /// <summary>Eras with their first and last days; the day of change belongs to both where it was one day.</summary>
    private static readonly Era[] Eras =
    [
        new(["明治", "明", "M"], 1868, new DateOnly(1868, 1, 25), new DateOnly(1912, 7, 30)),
        new(["大正", "大", "T"], 1912, new DateOnly(1912, 7, 30), new DateOnly(1926, 12, 25)),
        new(["昭和", "昭", "S"], 1926, new DateOnly(1926, 12, 25), new DateOnly(1989, 1, 7)),
        new(["平成", "平", "H"], 1989, new DateOnly(1989, 1, 8), new DateOnly(2019, 4, 30)),
        new(["令和", "令", "R"], 2019, new DateOnly(2019, 5, 1), DateOnly.MaxValue),
    ];

    private static readonly string[] UnknownWords = ["不詳", "不明", "未詳", "未定", "不祥", "XX", "**", "??"];
    private static readonly string[] Endings = ["生まれ", "生れ", "出生", "生"];
    private static readonly string[] Vague = ["頃", "ころ", "ごろ", "推定"];

    public static (BirthForm? Form, MatchReason? Problem) Read(string written)
    {
        var text = Digits(PlainText.Of(written).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant());
        var vague = false;
        foreach (var word in Vague)
        {
            vague |= text.Contains(word, StringComparison.Ordinal);
            text = text.Replace(word, "", StringComparison.Ordinal);
        }

        foreach (var ending in Endings)
        {
            text = text.EndsWith(ending, StringComparison.Ordinal) ? text[..^ending.Length] : text;
        }

        foreach (var word in UnknownWords[..3])
        {
            foreach (var parts in (string[])["生年月日", "年月日", "月日", "日"])
            {
                text = text.EndsWith(parts + word, StringComparison.Ordinal) ? text[..^(parts.Length + word.Length)] : text;
            }
        }

        text = text.Length == 0 ? UnknownWords[0] : text.StartsWith("西暦", StringComparison.Ordinal) ? text[2..] : text;
        text = Midnight(text);
        var era = Array.Find(Eras, each => each.Names.Any(name => text.StartsWith(name, StringComparison.Ordinal)));
        if (era is not null)
        {
            text = text[era.Names.First(name => text.StartsWith(name, StringComparison.Ordinal)).Length..].TrimStart('.');
        }

        return Parts(text, era is not null) is var (year, month, day) ? Of(era, year, month, day, vague) : (null, Reasons.BirthUnreadable);
    }

    private static (BirthForm? Form, MatchReason? Problem) Of(Era? era, int year, int month, int day, bool vague)
    {
        var western = year == Unknown ? Unknown : era is null ? year : era.FirstYear + year - 1;
        if ((year == 0 && era is not null) || (western != Unknown && western is < OldestYear or > 9999) || month > 12 || day > 31
            || (month != Unknown && day != Unknown && day > DateTime.DaysInMonth(western == Unknown ? 2000 : western, month)))
        {
            return (null, Reasons.BirthImpossible);
        }

        if (era is not null && !era.Has(western, month, day))
        {
            return (null, Reasons.BirthImpossible);
        }

        if (western != Unknown && month != Unknown && day != Unknown)
        {
            var date = new DateOnly(western, month, day);
            if (date < SolarCalendar)
            {
                // The last day of the old calendar was 明治5年12月2日; the next was 1 January 1873.
                return era is not null && western == 1872 && month == 12 && day > 2 ? (null, Reasons.BirthImpossible) : (new BirthForm { IsLunar = true, FirstYear = western, LastYear = western }, Reasons.BirthLunar);
            }

            if (!vague)
            {
                return (new BirthForm { Date = date, FirstYear = western, LastYear = western, Month = month, Day = day }, null);
            }
        }

        return (new BirthForm
        {
            FirstYear = vague ? null : western != Unknown ? western : era?.FirstYear,
            LastYear = vague ? null : western != Unknown ? western : era?.Last.Year,
            Month = vague || month == Unknown ? null : month,
            Day = vague || day == Unknown ? null : day,
        }, Reasons.BirthUnknown);
    }

    /// <summary>Year, month and day; <see cref="Unknown"/> for what is said to be unknown or left out. Null where it is no date.</summary>
    private static (int Year, int Month, int Day)? Parts(string text, bool inEra)
    {
        if (text.All(char.IsAsciiDigit) && text.Length > 4)
        {
            return (inEra, text.Length) switch
            {
                (true, 6) => (int.Parse(text[..2], CultureInfo.InvariantCulture), Number(text[2..4], 2), Number(text[4..], 2)),
                (false, 8) => (Number(text[..4], 4), Number(text[4..6], 2), Number(text[6..], 2)),
                _ => null,
            };
        }

        var (parts, at) = (new List<int>(), 0);
        string[] marks = ["年", "月", "日"];
        while (at < text.Length && parts.Count < 3)
        {
            if (ReadPart(text, ref at, parts.Count == 0 && !inEra ? 4 : 2, parts.Count == 0 && inEra) is not { } part)
            {
                return null;
            }

            parts.Add(part);
            var mark = marks[parts.Count - 1];
            if (at < text.Length && text[at..].StartsWith(mark, StringComparison.Ordinal))
            {
                at++;
            }
            else if (at < text.Length && parts.Count < 3 && (text[at] is '/' or '.' || PlainText.IsHyphen(text[at])))
            {
                at++;
                if (at == text.Length)
                {
                    return null;
                }
            }
            else if (at < text.Length && part != Unknown)
            {
                return null;
            }
        }

        if (at < text.Length || (parts.Count == 0 && !inEra))
        {
            return null;
        }

        return (PartAt(0), PartAt(1), PartAt(2));
        int PartAt(int index) => index < parts.Count ? parts[index] : Unknown;
    }

    private static int? ReadPart(string text, ref int at, int most, bool mayBeFirst)
    {
        foreach (var word in UnknownWords)
        {
            if (text.AsSpan(at).StartsWith(word, StringComparison.Ordinal))
            {
                at += word.Length;
                while (at < text.Length && text[at] is '*' or 'X' or '?')
                {
                    at++;
                }

                return Unknown;
            }
        }

        if (mayBeFirst && text[at] == '元')
        {
            at++;
            return 1;
        }

        var start = at;
        while (at < text.Length && at - start < most && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at == start || (most == 4 && at - start != 4) ? null
            : mayBeFirst ? int.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture) // Of an era; 0 and 99 are years that it did not have.
            : Number(text[start..at], most);
    }

    /// <summary>Zeros and nines stand for unknown.</summary>
    private static int Number(string digits, int length)
    {
        var number = int.Parse(digits, CultureInfo.InvariantCulture);
        return (length == 4 && number is (0 or 9999)) || (length == 2 && number is (0 or 99)) ? Unknown : number;
    }

    /// <summary>A database's midnight at the end of a day is no part of it.</summary>
    private static string Midnight(string text)
    {
        foreach (var end in (string[])["T00:00:00Z", "T00:00:00.000Z", "T00:00:00", "00:00:00.000", "00:00:00", "0:00:00", "T00:00"])
        {
            if (text.Length >= 8 + end.Length && text.EndsWith(end, StringComparison.Ordinal))
            {
                return text[..^end.Length];
            }
        }

        return text;
    }

    /// <summary>Kanji numerals as digits: 五十五 as 55, 一九八〇 as 1980.</summary>
    private static string Digits(string text) => Numerals.Replaced(text);

    private sealed record Era(string[] Names, int FirstYear, DateOnly First, DateOnly Last)
    {
        /// <summary>Can the day, as far as it is known, lie in the era?</summary>
        public bool Has(int year, int month, int day)
        {
            if (year == Unknown)
            {
                return true;
            }

            var (firstMonth, lastMonth) = month == Unknown ? (1, 12) : (month, month);
            var earliest = new DateOnly(year, firstMonth, day == Unknown || month == Unknown ? 1 : day);
            var latest = new DateOnly(year, lastMonth, day == Unknown || month == Unknown ? DateTime.DaysInMonth(year, lastMonth) : day);
            return latest >= First && earliest <= Last;
        }
    }
}
