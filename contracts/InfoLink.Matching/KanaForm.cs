using System.Text;
using InfoLink.Matching.Names;
using InfoLink.Matching.Text;

namespace InfoLink.Matching;

/// <summary>
/// A name's reading in normal form (SPEC "Matching", rule 3): full-width katakana, small kana large (many systems know no small ones), no blanks and
/// middle dots. Stable: the identity check of an exchange is computed over it.
/// </summary>
public static class KanaForm
{
    /// <summary>Of the reading, before it is normalized, in UTF-16 code units.</summary>
    public const int LongestText = 500;

    private const string AfterO = "オコソトノホモヨロ", AfterU = "ウクスツヌフムユル";

    /// <summary>The normal form. Null where there is nothing, it is longer than <see cref="LongestText"/>, or has a character that nobody else can read.</summary>
    public static string? Of(string? kana)
    {
        if (string.IsNullOrWhiteSpace(kana) || kana.Length > LongestText)
        {
            return null;
        }

        var plain = PlainText.Runes(kana);
        if (plain.Contains(PlainText.Unreadable))
        {
            return null;
        }

        var text = PlainText.Join(UnicodeForms.Kc(Kana.Unify(plain).Where(rune => !NormalName.IsDivider(rune)).Select(Kana.Enlarge)));
        return text.Length == 0 ? null : text;
    }

    /// <summary>Would one ear hear the other: without voicing and long vowels, with オ for ヲ, ズ for ヅ, ジ for ヂ?</summary>
    internal static bool IsNear(string a, string b) => string.Equals(Loose(a), Loose(b), StringComparison.Ordinal);

    private static string Loose(string kana)
    {
        var loose = new StringBuilder(kana.Length);
        foreach (var rune in kana.EnumerateRunes())
        {
            var plain = UnicodeForms.BaseOf(rune.Value switch { 'ヲ' => 'オ', 'ヱ' => 'エ', 'ヰ' => 'イ', 'ヅ' => 'ズ', 'ヂ' => 'ジ', 'ヴ' => 'ブ', _ => rune.Value });
            var last = loose.Length > 0 ? loose[^1] : '\0';
            var isLong = plain == 'ー' || (plain is 'ウ' or 'オ' && AfterO.Contains(last, StringComparison.Ordinal)) || (plain == 'ウ' && AfterU.Contains(last, StringComparison.Ordinal));
            if (!isLong)
            {
                loose.Append(new Rune(plain));
            }
        }

        return loose.ToString();
    }
}
