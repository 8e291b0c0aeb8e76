using System.Globalization;
using System.Text;

namespace InfoLink.Authoring;

/// <summary>
/// Texts that stand on a screen as they stand in the file. Whoever signs a document reads it first: nothing in it may act on the screen, or show
/// in another order than it is read.
/// </summary>
internal static class PlainText
{
    /// <summary>No half of a surrogate pair, and none of the forbidden characters.</summary>
    public static bool Is(string text)
    {
        if (!IsWellFormed(text))
        {
            return false;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            if (IsForbidden(rune))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsWellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && (!char.IsHighSurrogate(text[at]) || ++at == text.Length || !char.IsLowSurrogate(text[at])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Controls, line and paragraph separators, characters that turn the direction, byte order marks and what is no character at all.</summary>
    public static bool IsForbidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C or 0xFEFF
        || (rune.Value & 0xFFFE) == 0xFFFE
        || rune.Value is >= 0xFDD0 and <= 0xFDEF;
}
