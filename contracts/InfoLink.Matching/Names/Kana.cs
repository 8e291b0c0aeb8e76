using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Names;

/// <summary>What is the same in names and in readings: katakana for hiragana, marks that repeat written out, one long-vowel mark.</summary>
internal static class Kana
{
    private const int LongVowel = 0x30FC;
    private const string Small = "ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ";
    private const string Large = "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ";

    public static bool Is(Rune rune) => rune.Value is (>= 0x3041 and <= 0x3096) or (>= 0x30A1 and <= 0x30FA) or LongVowel or (>= 0x31F0 and <= 0x31FF);

    /// <summary>Upper case, katakana, repeated characters in place of 々 ゝ ゞ, a long-vowel mark for what looks like one after kana, else a plain hyphen.</summary>
    public static List<Rune> Unify(List<Rune> runes)
    {
        var unified = new List<Rune>(runes.Count);
        foreach (var rune in runes)
        {
            Rune? last = unified.Count > 0 ? unified[^1] : null;
            unified.Add(rune.Value switch
            {
                '々' or '〻' or 'ゝ' or 'ヽ' when last is { } before => before,
                'ゞ' or 'ヾ' when last is { } before => Voiced(before),
                >= 0x3041 and <= 0x3096 => new Rune(rune.Value + 0x60),
                0x2018 or 0x2019 or 0x02BC or '`' or 0x00B4 or 0x2032 => new Rune('\''),
                _ when PlainText.IsHyphen(rune) => new Rune(last is { } before && Is(before) ? LongVowel : '-'),
                _ => Rune.ToUpperInvariant(rune),
            });
        }

        return unified;
    }

    /// <summary>ョ as ヨ. Itself where it is not small.</summary>
    public static Rune Enlarge(Rune rune) => rune.Value is >= 0x30A1 and <= 0x31FF && Small.IndexOf((char)rune.Value, StringComparison.Ordinal) is >= 0 and var at ? new Rune(Large[at]) : rune;

    private static Rune Voiced(Rune rune) => UnicodeForms.Kc([rune, new Rune(0x3099)]) is [var voiced] ? voiced : rune;
}
