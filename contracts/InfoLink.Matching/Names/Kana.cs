using System.Globalization;
using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Names;

/// <summary>What is the same in names and in readings: katakana for hiragana, marks that repeat written out, one long-vowel mark.</summary>
internal static class Kana
{
    private const int LongVowel = 0x30FC;
    private const string Small = "ァィゥェォッャュョヮㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ";
    private const string Large = "アイウエオツヤユヨワクシストヌハヒフヘホムラリルレロ";

    public static bool Is(Rune rune) => rune.Value is (>= 0x3041 and <= 0x3096) or (>= 0x30A1 and <= 0x30FA) or LongVowel or (>= 0x31F0 and <= 0x31FF);

    /// <summary>Upper case, katakana, repeated characters in place of 々 ゝ ゞ, a long-vowel mark for what looks like one after kana, else a plain hyphen.</summary>
    public static List<Rune> Unify(List<Rune> runes)
    {
        var unified = new List<Rune>(runes.Count);
        Rune? last = null; // What is no divider.
        var (isDivided, hasMarks) = (true, false);
        foreach (var rune in runes)
        {
            if (NormalName.IsDivider(rune))
            {
                unified.Add(rune);
                isDivided = true;
                continue;
            }

            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)
            {
                hasMarks = true;
                if (isDivided)
                {
                    continue; // A mark on nothing.
                }
            }

            var one = rune.Value switch
            {
                '々' or '〻' or 'ゝ' or 'ヽ' when last is { } before => before,
                'ゞ' or 'ヾ' when last is { } before => Voiced(before),
                'ヶ' or 'ゖ' => new Rune('ケ'), // Never spoken small.
                'ヵ' or 'ゕ' => new Rune('カ'),
                >= 0x3041 and <= 0x3094 => new Rune(rune.Value + 0x60),
                0x2018 or 0x2019 or 0x02BC or '`' or 0x00B4 or 0x2032 => new Rune('\''),
                _ when PlainText.IsHyphen(rune) => new Rune(last is { } before && Is(before) ? LongVowel : '-'),
                _ => Rune.ToUpperInvariant(rune),
            };
            unified.Add(one);
            (last, isDivided) = (one, false);
        }

        return hasMarks ? UnicodeForms.Kc(unified) : unified; // か々 with a mark behind it is カガ.
    }

    /// <summary>ョ as ヨ. Itself where it is not small.</summary>
    public static Rune Enlarge(Rune rune) => rune.Value is >= 0x30A1 and <= 0x31FF && Small.IndexOf((char)rune.Value, StringComparison.Ordinal) is >= 0 and var at ? new Rune(Large[at]) : rune;

    private static Rune Voiced(Rune rune) => UnicodeForms.Kc([rune, new Rune(0x3099)]) is [var voiced] ? voiced : rune;
}
