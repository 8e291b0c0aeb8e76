using System.Text;

namespace InfoLink.Hosting;

/// <summary>
/// CSV (RFC 4180), one record at a time, whatever the size of the file. What libraries do not do: a slip costs the record that it is in, which is named by its
/// line, and the next one can be read; nothing is taken to be larger than a record may be.
/// </summary>
/// <param name="file">Text; a byte order mark at its beginning is passed over.</param>
/// <param name="longestRecord">Most characters of a record, its line ends included.</param>
/// <param name="oneLineEach">A record is a line: a quote that is not closed costs that line alone, and no field holds a line's end.</param>
public sealed class CsvLines(TextReader file, int longestRecord = 4_000, bool oneLineEach = false)
{
    private readonly StringBuilder _line = new();
    private int _next = 1;

    /// <summary>Where the record begins that was read last; from 1.</summary>
    public int Line { get; private set; }

    /// <returns>The fields; null at the end.</returns>
    /// <exception cref="FormatException">A record that is none; the next one can be read.</exception>
    public IReadOnlyList<string>? Next()
    {
        string? text;
        do
        {
            Line = _next++;
            text = ReadLine();
        }
        while (text is { Length: 0 });

        if (text is null)
        {
            return null;
        }

        // A quoted field may hold a line's end; a quote that nobody closes must not take in the rest of the file.
        while (IsOpen(text))
        {
            if (oneLineEach || text.Length > longestRecord || ReadLine() is not { } more)
            {
                throw new FormatException("A quote is not closed.");
            }

            _next++;
            text += "\n" + more;
        }

        return text.Length > longestRecord ? throw new FormatException($"More than {longestRecord} characters.") : Split(text);
    }

    /// <summary>A line's beginning, where it is longer than a record may be; null at the end.</summary>
    private string? ReadLine()
    {
        _line.Clear();
        for (var character = file.Read(); ; character = file.Read())
        {
            switch (character)
            {
                case -1 when _line.Length == 0:
                    return null;
                case -1 or '\n':
                    return _line.Length > 0 && _line[^1] == '\r' ? _line.ToString(0, _line.Length - 1) : _line.ToString();
                case '\uFEFF' when _line.Length == 0 && _next <= 2:
                    break;
                default:
                    _ = _line.Length <= longestRecord ? _line.Append((char)character) : _line;
                    break;
            }
        }
    }

    /// <summary>Does a field that began with a quote go on at the end? A quote elsewhere opens nothing: one slip must not take in the lines that follow.</summary>
    private static bool IsOpen(string text)
    {
        var (isQuoted, isOpen, atStart) = (false, false, true);
        foreach (var character in text)
        {
            if (atStart)
            {
                isQuoted = isOpen = character == '"';
                atStart = character == ',';
            }
            else if (character == '"' && isQuoted)
            {
                isOpen = !isOpen; // Doubled, it closes and opens.
            }
            else if (character == ',' && !isOpen)
            {
                atStart = true;
            }
        }

        return isOpen;
    }

    private static List<string> Split(string text)
    {
        var fields = new List<string>();
        for (var at = 0; ;)
        {
            var field = new StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                for (at++; at < text.Length && (text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"')); at++)
                {
                    field.Append(text[at]);
                    at += text[at] == '"' ? 1 : 0;
                }

                at++;
            }
            else
            {
                for (; at < text.Length && text[at] != ','; at++)
                {
                    field.Append(text[at] == '"' ? throw new FormatException("A quote in the middle of a field. Put quotes around the field and double those within.") : text[at]);
                }
            }

            fields.Add(field.ToString());
            if (at >= text.Length)
            {
                return fields;
            }

            if (text[at++] != ',')
            {
                throw new FormatException("Something follows a closing quote.");
            }
        }
    }
}
