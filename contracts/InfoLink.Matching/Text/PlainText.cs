using System.Globalization;
using System.Text;

namespace InfoLink.Matching.Text;

/// <summary>
/// What all attributes have in common (SPEC "Matching", rule 1): one width, compatibility characters as what they stand for, no variation selectors and
/// nothing invisible, single blanks. A character that nobody else can read becomes U+FFFD.
/// </summary>
internal static class PlainText
{
    /// <summary>In place of private, unassigned and lost characters.</summary>
    public static readonly Rune Unreadable = Rune.ReplacementChar;

    private static readonly Rune Blank = new(' ');

    /// <summary>The text in runes.</summary>
    public static List<Rune> Runes(string text)
    {
        var plain = new List<Rune>(text.Length);
        foreach (var rune in UnicodeForms.Kc(Visible(text)))
        {
            if (!Rune.IsWhiteSpace(rune))
            {
                plain.Add(IsReadable(rune) ? rune : Unreadable);
            }
            else if (plain.Count > 0 && plain[^1] != Blank)
            {
                plain.Add(Blank);
            }
        }

        if (plain.Count > 0 && plain[^1] == Blank)
        {
            plain.RemoveAt(plain.Count - 1);
        }

        return plain;
    }

    /// <summary>The text as a string.</summary>
    public static string Of(string text) => Join(Runes(text));

    public static string Join(IEnumerable<Rune> runes)
    {
        var text = new StringBuilder();
        foreach (var rune in runes)
        {
            text.Append(rune);
        }

        return text.ToString();
    }

    /// <summary>Anything that stands for a hyphen, the long-vowel mark among it.</summary>
    public static bool IsHyphen(Rune rune) => rune.IsBmp && IsHyphen((char)rune.Value);

    /// <inheritdoc cref="IsHyphen(Rune)"/>
    public static bool IsHyphen(char each) => (int)each is '-' or 0x00AD or 0x02D7 or 0x058A or (>= 0x2010 and <= 0x2015) or 0x2043 or 0x207B or 0x208B or 0x2212 or 0x23AF
        or 0x2500 or 0x2501 or 0x2574 or 0x2576 or 0x2796 or 0x2E3A or 0x2E3B or 0x30FC or 0x3161 or 0xFE58 or 0xFE63 or 0xFF0D or 0xFF70 or 0x1173;

    private static IEnumerable<Rune> Visible(string text)
    {
        foreach (var rune in text.EnumerateRunes()) // A lone surrogate is U+FFFD here already.
        {
            switch (rune.Value)
            {
                case 0x309B: // ゛ that stands apart, as some systems write it.
                    yield return new Rune(0x3099);
                    break;
                case 0x309C:
                    yield return new Rune(0x309A);
                    break;
                case (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or (>= 0x180B and <= 0x180F):
                    break; // A variation selector chooses a shape, not a character.
                case '\t' or '\n' or '\r' or 0x0B or 0x0C or 0x85:
                    yield return Blank;
                    break;
                default:
                    if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.Control))
                    {
                        yield return rune;
                    }

                    break;
            }
        }
    }

    // 〓 and □ stand where a character was lost.
    private static bool IsReadable(Rune rune) => rune.Value is not (0x3013 or 0x25A0 or 0x25A1)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
