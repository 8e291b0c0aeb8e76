using System.Globalization;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>Is a text the canonical form of a value of a type? One value has one text.</summary>
internal static class CanonicalText
{
    public static LayoutRule? BrokenBy(ItemType type, string text) => type switch
    {
        ItemType.Text rule => BrokenBy(rule, text),
        ItemType.Date rule => BrokenBy(rule, text),
        ItemType.Integer rule => BrokenBy(rule, text),
        ItemType.Decimal rule => BrokenBy(rule, text),
        ItemType.CodeList rule => InList(rule, text) ? null : LayoutRule.NotInCodeList,
        ItemType.Boolean => text is "true" or "false" ? null : LayoutRule.NotCanonical,
        ItemType.IndividualNumber => BrokenNumber(text),
        _ => LayoutRule.NotCanonical,
    };

    private static LayoutRule? BrokenBy(ItemType.Text rule, string text)
    {
        // UTF-16 units first: an oversized text is refused before it is walked through.
        if (text.Length > 2 * rule.MaxLength)
        {
            return LayoutRule.TooLong;
        }

        var length = 0;
        for (var at = 0; at < text.Length; length++)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune) || IsForbidden(rune))
            {
                return LayoutRule.ForbiddenCharacter;
            }

            at += rune.Utf16SequenceLength;
        }

        return length < rule.MinLength ? LayoutRule.TooShort
            : length > rule.MaxLength ? LayoutRule.TooLong
            : rule.Pattern is { } pattern && !pattern.Matches(text) ? LayoutRule.PatternNotMatched
            : null;
    }

    /// <summary>
    /// Characters that act on a screen or a record instead of standing in it. Private-use characters (外字) and variation
    /// selectors are let through: names need them.
    /// </summary>
    private static bool IsForbidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0xFEFF
        || (rune.Value & 0xFFFE) == 0xFFFE
        || rune.Value is >= 0xFDD0 and <= 0xFDEF;

    private static LayoutRule? BrokenBy(ItemType.Date rule, string text)
    {
        if (text.Length != 10 || !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return LayoutRule.NotCanonical;
        }

        return date < rule.Min || date > rule.Max ? LayoutRule.OutOfRange : null;
    }

    private static LayoutRule? BrokenBy(ItemType.Integer rule, string text)
    {
        const int LongestInt64 = 20;
        if (text.Length > LongestInt64 || !IsPlainNumber(text, scale: 0))
        {
            return LayoutRule.NotCanonical;
        }

        var inRange = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= rule.Min && number <= rule.Max;
        return inRange ? null : LayoutRule.OutOfRange;
    }

    private static LayoutRule? BrokenBy(ItemType.Decimal rule, string text)
    {
        // 28 digits, a sign and a point: what System.Decimal holds exactly.
        const int Longest = 30;
        if (text.Length > Longest || !IsPlainNumber(text, rule.Scale))
        {
            return LayoutRule.NotCanonical;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        var inRange = decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var number) && number >= rule.Min && number <= rule.Max;
        return inRange ? null : LayoutRule.OutOfRange;
    }

    /// <summary><c>-? (0 | [1-9][0-9]*) ( . [0-9]*[1-9] )?</c> with at most <paramref name="scale"/> digits behind the point; never -0.</summary>
    private static bool IsPlainNumber(string text, int scale)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        var wholeIsPlain = IsDigits(whole) && (whole.Length == 1 || whole[0] != '0');
        var fractionIsPlain = point < 0 || (IsDigits(fraction) && fraction.Length <= scale && fraction[^1] != '0');
        var isMinusZero = digits is "0" && text.Length > 1;
        return wholeIsPlain && fractionIsPlain && !isMinusZero;
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    private static bool InList(ItemType.CodeList rule, string text)
    {
        foreach (var code in rule.Codes)
        {
            if (string.Equals(code.Code, text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static LayoutRule? BrokenNumber(string text) =>
        text.Length != IndividualNumber.Length || !IsDigits(text) ? LayoutRule.NotCanonical
        : IndividualNumber.TryParse(text, out _) ? null
        : LayoutRule.CheckDigitWrong;
}
