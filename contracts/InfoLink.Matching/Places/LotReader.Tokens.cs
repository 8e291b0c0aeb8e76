using System.Globalization;
using System.Text;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>What stands at a place of the text: numbers, letters, hyphens.</summary>
internal sealed partial class LotReader
{
    /// <summary>A number with the letters that belong to it: 14, A22, 301C; kanji only where the number's end is clear. A letter alone counts before a hyphen.</summary>
    private string? TokenAt(int at, out int after)
    {
        var start = at;
        while (at - start < 2 && IsLetter(at))
        {
            at++;
        }

        if (at > start && At(at) == '-' && IsDigit(at + 1))
        {
            after = at;
            return _text[start..at];
        }

        if (NumberAt(at, out after) is not { } number)
        {
            return null;
        }

        if (Numerals.IsKanji(number[0]))
        {
            if (Numerals.Value(number) is not { } value
                || !(after == _text.Length || At(after) is ' ' or '-' or '号' or '(' || IsLotUnit(after) || (At(after) is 'の' or 'ノ' && IsNumber(after + 1))))
            {
                return null;
            }

            number = value.ToString(CultureInfo.InvariantCulture);
        }

        var letters = _text[start..at];
        if (IsLetter(after) && !IsLetter(after + 1))
        {
            after++;
            return letters + Bare(number) + _text[after - 1];
        }

        return letters + Bare(number);
    }

    /// <summary>The run of digits, or of kanji numerals, that begins here.</summary>
    private string? NumberAt(int at, out int after)
    {
        after = at;
        while (IsDigit(after))
        {
            after++;
        }

        while (after == at || Numerals.IsKanji(_text[after - 1]))
        {
            if (after >= _text.Length || !Numerals.IsKanji(_text[after]))
            {
                break;
            }

            after++;
        }

        return after == at ? null : _text[at..after];
    }

    private void SkipBlanks()
    {
        while (At(_at) == ' ' && IsNumber(_at + 1))
        {
            _at++;
        }
    }

    private char At(int at) => at < _text.Length ? _text[at] : '\0';

    private bool IsDigit(int at) => char.IsAsciiDigit(At(at));

    private bool IsLetter(int at) => char.IsAsciiLetter(At(at));

    private bool IsNumber(int at) => IsDigit(at) || Numerals.IsKanji(At(at));

    private bool StartsWith(int at, string word) => at <= _text.Length && _text.AsSpan(at).StartsWith(word, StringComparison.Ordinal);

    private string? StartsWithAny(int at, string[] words) => Array.Find(words, word => StartsWith(at, word));

    private static string Bare(string number) => number.TrimStart('0') is { Length: > 0 } bare ? bare : "0";

    private static int? Small(string digits) => digits.Length <= 4 && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>One hyphen between numbers for all that look like one, and no blanks around it.</summary>
    private static string Hyphens(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (PlainText.IsHyphen(text[i]) && Next(text, i + 1) is { } after && IsPart(text[after])
                && Last(plain) is { } before && IsPart(plain[before]))
            {
                plain.Length = before + 1;
                plain.Append('-');
                i = after - 1;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();

        static bool IsPart(char each) => char.IsAsciiDigit(each) || char.IsAsciiLetter(each) || Numerals.IsKanji(each);
        static int? Next(string text, int at) => at < text.Length && text[at] == ' ' ? at + 1 < text.Length ? at + 1 : null : at < text.Length ? at : null;
        static int? Last(StringBuilder text) => text.Length > 1 && text[^1] == ' ' ? text.Length - 2 : text.Length > 0 ? text.Length - 1 : null;
    }
}
