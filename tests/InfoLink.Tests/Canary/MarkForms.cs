using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Tests.Canary;

/// <summary>
/// Every form in which a program may have written a value: character sets, escapes, hexadecimal, base64 at its three alignments, Crockford, decimal and binary
/// numbers, and each of the texts among them as a .NET string lies in memory. What begins like it, and ends half way, is found too.
/// </summary>
internal static class MarkForms
{
    /// <summary>Digits of which fewer would also stand somewhere by chance.</summary>
    private const int EnoughDigits = 8;

    private static readonly Encoding[] Charsets =
    [
        Encoding.UTF8, Encoding.Unicode, Encoding.BigEndianUnicode,
        CodePage(932), CodePage(51932), CodePage(50220), // Shift_JIS, EUC-JP, ISO-2022-JP
    ];

    /// <summary>Text so long that no other text begins like it.</summary>
    public static IReadOnlyList<MarkForm> Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        (string Name, string Text)[] escaped =
        [
            ("JSON escapes", Escaped(text, character => $@"\u{character:x4}")),
            ("JSON ESCAPES", Escaped(text, character => $@"\u{character:X4}")),
            ("XML", Escaped(text, character => $"&#x{character:X};")),
            ("XML, decimal", Escaped(text, character => $"&#{character};")),
            ("percent", Uri.EscapeDataString(text)),
            ("percent, lower", Escaped(utf8, octet => $"%{octet:x2}")),
            ("reversed", string.Concat(text.Reverse())),
        ];
        return
        [
            .. Charsets.Select(charset => Half(charset.WebName, charset.GetBytes(text))),
            .. escaped.SelectMany(form => Strings(form.Name, form.Text)),
            .. Transcribed(utf8, ""),
            .. Transcribed(Encoding.Unicode.GetBytes(text), " of UTF-16"),
        ];
    }

    /// <summary>A number of 11 or 12 digits, which does not begin with 0.</summary>
    public static IReadOnlyList<MarkForm> Digits(string digits)
    {
        var number = long.Parse(digits, CultureInfo.InvariantCulture);
        var fullWidth = string.Concat(digits.Select(digit => (char)(digit + '０' - '0')));
        var big = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(big, number);
        var real = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(real, number);
        MarkForm[] forms =
        [
            .. Figures("digits", digits), // First: of equal bytes the first form counts.
            .. Figures("digits reversed", string.Concat(digits.Reverse())),
            .. ((char[])['-', ' ', '/']).SelectMany(separator => Figures($"fours with '{separator}'", Grouped(digits, 4, separator, fromEnd: false))),
            .. Figures("thousands", Grouped(digits, 3, ',', fromEnd: true)),
            .. Charsets.Select(charset => Half("full width, " + charset.WebName, charset.GetBytes(fullWidth))),
            .. Transcribed(Encoding.ASCII.GetBytes(digits), "", atLeast: 16),
            .. Transcribed(Encoding.Unicode.GetBytes(digits), " of UTF-16", atLeast: 32),
            All("BCD", Convert.FromHexString(digits.Length % 2 == 0 ? digits : "0" + digits)),
            All("BCD, left", Convert.FromHexString(digits.Length % 2 == 0 ? digits : digits + "0")),
            All("integer, big-endian", big[2..]), // SQLite's six bytes, and the end of eight.
            All("integer, little-endian", [.. big.Reverse()]),
            All("double, big-endian", real),
            All("double, little-endian", [.. real.Reverse()]),
            All("PostgreSQL numeric", [.. Grouped(digits, 4, ' ', fromEnd: true).Split(' ').SelectMany(four => BigEndian(short.Parse(four, CultureInfo.InvariantCulture)))]),
        ];
        return [.. forms.DistinctBy(form => Convert.ToHexString(form.Whole), StringComparer.Ordinal)];
    }

    /// <summary>A day that no clock and no layout names, as dates are written.</summary>
    public static IReadOnlyList<MarkForm> Date(DateOnly date)
    {
        string[] texts =
        [
            date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), date.ToString("yyyy/MM/dd", CultureInfo.InvariantCulture),
            date.ToString("yyyyMMdd", CultureInfo.InvariantCulture), date.ToString("MM/dd/yyyy", CultureInfo.InvariantCulture),
            date.ToString("dd.MM.yyyy", CultureInfo.InvariantCulture), date.ToString("d MMMM yyyy", CultureInfo.InvariantCulture),
        ];
        string[] japanese = [$"{date.Year}年{date.Month}月{date.Day}日", $"{date.Year}年{date.Month:00}月{date.Day:00}日"];
        return
        [
            .. texts.SelectMany(text => (MarkForm[])[Figure(text, text, 1), Figure(text + ", UTF-16", text, 2)]),
            .. japanese.SelectMany(text => Charsets.Select(charset => All($"{text}, {charset.WebName}", charset.GetBytes(text)))),
            .. Transcribed(Encoding.ASCII.GetBytes(texts[0]), "", atLeast: 40),
        ];
    }

    /// <summary>A code's bytes.</summary>
    /// <param name="code">The bytes.</param>
    /// <param name="halves">Whether half of them would be found nowhere by chance.</param>
    public static IReadOnlyList<MarkForm> Code(byte[] code, bool halves)
    {
        var crockford = Crockford.Encode(code);
        var atLeast = halves ? 1 : int.MaxValue;
        byte[] backwards = [.. code.Reverse()];
        return
        [
            Half("raw", code, halves ? 8 : int.MaxValue),
            Half("raw, reversed", backwards, halves ? 8 : int.MaxValue),
            .. Strings("Crockford", crockford, atLeast),
            .. Strings("Crockford, lower", crockford.ToLowerInvariant(), atLeast),
            .. Strings("Crockford in fours", Grouped(crockford, 4, '-', fromEnd: false), atLeast),
            .. Transcribed(code, "", atLeast),
            .. Transcribed(backwards, ", reversed", atLeast),
        ];
    }

    /// <summary>What stands for bytes in text.</summary>
    private static IEnumerable<MarkForm> Transcribed(byte[] bytes, string of, int atLeast = 10)
    {
        List<(string Name, string Text)> texts =
        [
            ("hex" + of, Convert.ToHexStringLower(bytes)),
            ("HEX" + of, Convert.ToHexString(bytes)),
            ("HEX with hyphens" + of, BitConverter.ToString(bytes)),
            ("hex with blanks" + of, string.Join(' ', bytes.Select(octet => $"{octet:x2}"))),
            ("JSON array" + of, string.Join(',', bytes)),
            ("array" + of, string.Join(", ", bytes)),
            (@"\x" + of, string.Concat(bytes.Select(octet => $@"\x{octet:x2}"))),
            ("as Redis shows it" + of, string.Concat(bytes.Select(AsRedisShowsIt))),
            (@"\ooo where not printable" + of, Escaped(bytes, octet => $@"\{Convert.ToString(octet, 8).PadLeft(3, '0')}")),
        ];
        for (var shift = 0; shift < 3; shift++)
        {
            // What surrounds the value shifts its base64: only the characters that it fills alone are looked for.
            byte[] padded = [.. new byte[shift], .. bytes];
            var text = Convert.ToBase64String(padded)[(shift == 0 ? 0 : shift + 1)..(padded.Length * 8 / 6)];
            texts.Add(($"base64+{shift}{of}", text));
            texts.Add(($"base64url+{shift}{of}", text.Replace('+', '-').Replace('/', '_')));
        }

        return texts.SelectMany(form => Strings(form.Name, form.Text, atLeast));
    }

    /// <summary>Text of ASCII: in a file, and as a string in memory.</summary>
    private static IEnumerable<MarkForm> Strings(string name, string text, int atLeast = 10)
    {
        yield return Half(name, Encoding.UTF8.GetBytes(text), atLeast);
        yield return Half(name + ", UTF-16", Encoding.Unicode.GetBytes(text), atLeast > int.MaxValue / 2 ? atLeast : atLeast * 2);
    }

    private static IEnumerable<MarkForm> Figures(string name, string text) =>
        [Figure(name, text, 1), Figure(name + ", UTF-16", text, 2)];

    private static MarkForm Figure(string name, string text, int unit)
    {
        var bytes = unit == 1 ? Encoding.ASCII.GetBytes(text) : Encoding.Unicode.GetBytes(text);
        return new MarkForm(name, bytes, Math.Min(text.Length, Math.Max(EnoughDigits, (text.Length + 1) / 2)) * unit, unit);
    }

    private static MarkForm All(string name, byte[] bytes) => new(name, bytes, bytes.Length);

    private static MarkForm Half(string name, byte[] bytes, int atLeast = 8) =>
        new(name, bytes, Math.Min(bytes.Length, Math.Max(atLeast, (bytes.Length + 1) / 2)));

    private static string Escaped(string text, Func<int, string> escape) =>
        string.Concat(text.Select(character => character < 128 ? $"{character}" : escape(character)));

    private static string Escaped(byte[] bytes, Func<byte, string> escape) =>
        string.Concat(bytes.Select(octet => octet is > 32 and < 127 and not (byte)'%' and not (byte)'\\' ? $"{(char)octet}" : escape(octet)));

    private static string AsRedisShowsIt(byte octet) => octet switch
    {
        (byte)'\\' => @"\\",
        (byte)'"' => "\\\"",
        (byte)'\n' => @"\n",
        (byte)'\r' => @"\r",
        (byte)'\t' => @"\t",
        7 => @"\a",
        8 => @"\b",
        >= 32 and < 127 => $"{(char)octet}",
        _ => $@"\x{octet:x2}",
    };

    private static string Grouped(string text, int size, char separator, bool fromEnd)
    {
        var first = fromEnd && text.Length % size != 0 ? text.Length % size : size;
        return string.Join(separator, text.Select((character, at) => (character, Group: at < first ? 0 : 1 + ((at - first) / size)))
            .GroupBy(pair => pair.Group, pair => pair.character)
            .Select(group => string.Concat(group)));
    }

    private static byte[] BigEndian(short number) => [(byte)(number >> 8), (byte)number];

    private static Encoding CodePage(int number) => CodePagesEncodingProvider.Instance.GetEncoding(number)!;
}
