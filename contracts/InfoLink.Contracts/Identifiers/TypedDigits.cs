using System.Globalization;
using System.Text;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Digits as people type and scanners read them: of any width and script, with spaces and hyphens between. So that <c>１２３４-５６７８-９０１８</c> is seen to be
/// the twelve digits that it is, where they are welcome and where they are refused.
/// </summary>
public readonly ref struct TypedDigits
{
    /// <summary>Longer than any number with its separators; longer texts are read no further.</summary>
    public const int LongestText = 64;

    private TypedDigits(string digits, bool isOnlyDigits, bool wasTidied) => (Digits, IsOnlyDigits, WasTidied) = (digits, isOnlyDigits, wasTidied);

    /// <summary>The digits, in ASCII and in order.</summary>
    public string Digits { get; }

    /// <summary>Nothing but digits and separators stood there.</summary>
    public bool IsOnlyDigits { get; }

    /// <summary>Separators were left out, or digits of another width read as ASCII.</summary>
    public bool WasTidied { get; }

    /// <summary>Reads a text.</summary>
    public static TypedDigits In(ReadOnlySpan<char> text)
    {
        if (text.Length > LongestText)
        {
            return new TypedDigits("", isOnlyDigits: false, wasTidied: false);
        }

        var digits = new StringBuilder(text.Length);
        var (only, tidied) = (true, false);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)
            {
                digits.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
                tidied |= !rune.IsAscii;
            }
            else
            {
                only &= IsSeparator(rune);
                tidied = true;
            }
        }

        return new TypedDigits(digits.ToString(), only && digits.Length > 0, tidied);
    }

    /// <summary>White space, dashes, what people type in place of a dash, and what cannot be seen.</summary>
    private static bool IsSeparator(Rune rune) =>
        Rune.IsWhiteSpace(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DashPunctuation or UnicodeCategory.Format
        || rune.Value is 0x2212 or 0x30FC or 0xFF70; // − ー ｰ
}
