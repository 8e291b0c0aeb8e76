using System.Text;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Changes to texts that people or programs wrote: single characters, separators, whole lines, and what YAML makes of some of them.</summary>
internal static class TextEdits
{
    private static readonly string[] Tokens =
    [
        "", " ", "\t", "\n", "\n\n", "\r\n", ".", "..", "-", "+", "/", "//", "=", "==", "%", "%00", "%zz", ":", ";", "?", "&", "#", ",", "@", "|", "0", "1", "9", "00", "-1", "+1", "I", "L", "O", "U", "Z", "z", "_", "—", "— ",
        "１", "é", "\u0000", "\u007f", "\u0085", "\u2028", "\u202e", "\ufeff", "x001/", "tile", "99999999999999999999", "18446744073709551615", "18446744073709551616", "9223372036854775808",
    ];

    private static readonly string[] Yaml =
    [
        "~", "null", "true", "yes", "0x1F", "1_000", ".inf", "'", "\"", "\"\\ud800\"", "\"\\x\"", "\"\\U00110000\"", "|", ">", "|9", ">-", "&a x", "*a", "!!binary x", "!<tag:x> y", "? x", "- ", "- - - - - x", "[", "]", "{", "}", "[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1", "%YAML 1.1", "%YAML 99999999999.1", "%TAG ! x", "---", "...", "--- |", "# x", "@x", "`x", "\t", "a: b: c", ": x", "x:", "\"a\\\nb\"", "<<: *a", "2026-01-01", "\u0000", "\ufeff", "\u2028", "\"\\u2029\"", "!", "!!", "&", "*",
    ];

    public static byte[] Once(byte[] bytes, Chance chance)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var at = chance.Below(text.Length + 1);
        var end = Math.Min(text.Length, at + 1);
        return Encoding.UTF8.GetBytes(chance.Below(7) switch
        {
            0 => text[..at] + chance.Of(Tokens) + text[at..],
            1 => text[..at] + chance.Of(Tokens) + text[end..],
            2 => text[..at] + (char)(' ' + chance.Below(95)) + text[end..],
            3 => text[..at] + text[end..],
            4 => Otherwise(text, at, end),
            5 => text[..at] + string.Concat(Enumerable.Repeat(chance.Of(Tokens), chance.Length(2000))) + text[at..],
            _ => text[at..] + text[..at],
        });
    }

    /// <summary>A line gone, twice, elsewhere, deeper, or with another value.</summary>
    public static byte[] Line(byte[] bytes, Chance chance)
    {
        List<string> lines = [.. Encoding.UTF8.GetString(bytes).Split('\n')];
        var at = chance.Below(lines.Count);
        var line = lines[at];
        switch (chance.Below(9))
        {
            case 0:
                lines.RemoveAt(at);
                break;
            case 1:
                lines.Insert(chance.Below(lines.Count + 1), line);
                break;
            case 2:
                lines.RemoveAt(at);
                lines.Insert(chance.Below(lines.Count + 1), line);
                break;
            case 3:
                lines[at] = new string(' ', chance.Below(12)) + line;
                break;
            case 4:
                lines[at] = line.TrimStart(' ');
                break;
            case 5:
                lines[at] = line[..(chance.Below(line.Length) + (line.Length == 0 ? 0 : 1))] + chance.Of(Yaml);
                break;
            case 6:
                lines.Insert(at, chance.Of(Yaml));
                break;
            case 7:
                lines.RemoveRange(at, Math.Min(chance.Length(200), lines.Count - at));
                break;
            default:
                lines[at] = line.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? $"{line[..(colon + 1)]} {chance.Of(Yaml)}" : line + chance.Of(Yaml);
                break;
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static string Otherwise(string text, int at, int end) => text[..at]
        + string.Concat(text[at..end].Select(character => char.IsAsciiLetter(character) ? (char)(character ^ 0x20) : (char)(character ^ 1))) + text[end..];
}
