using System.Globalization;

namespace InfoLink.Contracts.Identifiers;

/// <summary>A whole number in ASCII decimals without sign, blanks or leading zeros, so that a number has one text.</summary>
internal static class DecimalText
{
    public static bool TryParse(ReadOnlySpan<char> text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && !text.ContainsAnyExceptInRange('0', '9')
        && (text.Length == 1 || text[0] != '0');
}
