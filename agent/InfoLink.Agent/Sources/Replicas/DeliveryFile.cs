using System.Globalization;
using System.Text;
using InfoLink.Hosting;

namespace InfoLink.Agent.Sources.Replicas;

/// <summary>
/// What an existing system exports, record by record: CSV or columns of fixed width, one line each. What is wrong is told by line and column, never by what stands there,
/// and costs no other line.
/// </summary>
internal sealed class DeliveryFile : IDisposable
{
    public const string Utf8 = "utf-8";
    public const string ShiftJis = "shift_jis";
    private const int LongestLine = 64 * 1024;
    private const byte EndOfFile = 0x1A; // As older systems end their files.
    private const string WrongEncoding = "bytes that are not of the encoding";
    private readonly ReplicaOptions _options;
    private readonly FileLines _lines;
    private readonly Encoding _encoding;
    private readonly int _width;
    private bool _isAhead;

    public DeliveryFile(Stream file, ReplicaOptions options)
    {
        (_options, _lines) = (options, new FileLines(file, LongestLine));
        _encoding = EncodingOf(options.Encoding);
        _width = IsFixed ? options.Columns.Sum(column => column.Width) : 0;
    }

    /// <summary>Where what was read last stands, from 1.</summary>
    public long Line { get; private set; }

    public long Bytes => _lines.Bytes;

    private bool IsBlank => !_lines.IsTooLong && _lines.Line is [] or [EndOfFile];

    private bool IsFixed => string.Equals(_options.Format, ReplicaOptions.Fixed, StringComparison.Ordinal);

    public static bool IsEncoding(string name) => name is Utf8 or ShiftJis;

    /// <summary>Of all bytes, once the file has been read to its end.</summary>
    public byte[] Digest() => _lines.Digest();

    /// <summary>The names of the columns: the heading's, or the configuration's where the file has none. Read it first, once.</summary>
    /// <exception cref="FormatException">It has no heading that could be read.</exception>
    public IReadOnlyList<string> Heading()
    {
        if (_options.Columns.Count > 0)
        {
            return [.. _options.Columns.Select(column => column.Name)];
        }

        if (!_lines.Next())
        {
            throw new FormatException("The file is empty.");
        }

        return Fields(out var fault) ?? throw new FormatException($"line 1: {fault}");
    }

    /// <summary>Goes on to the next record.</summary>
    /// <param name="fields">As many as there are columns; null: it is none.</param>
    /// <param name="fault">Why it is none; null where it is one.</param>
    /// <returns>False: that was all.</returns>
    public bool Next(out IReadOnlyList<string>? fields, out string? fault)
    {
        (fields, fault) = (null, null);
        if (!_isAhead && !_lines.Next())
        {
            return false;
        }

        (Line, _isAhead) = (_lines.Number, false);
        if (!IsBlank)
        {
            fields = Fields(out fault);
            return true;
        }

        while (IsBlank)
        {
            if (!_lines.Next())
            {
                return false; // At the end of a file blank lines are nothing.
            }
        }

        (fault, _isAhead) = ("nothing stands there.", true);
        return true;
    }

    public void Dispose() => _lines.Dispose();

    private IReadOnlyList<string>? Fields(out string? fault)
    {
        var line = _lines.Line;
        fault = null;
        if (_lines.Number == 1)
        {
            fault = MarkFault(line);
            line = string.Equals(_options.Encoding, Utf8, StringComparison.Ordinal) && line.StartsWith("\uFEFF"u8) ? line[3..] : line;
        }

        fault ??= _lines.IsTooLong ? $"more than {LongestLine / 1024} KiB." : null;
        return fault is not null ? null : IsFixed ? Cut(line, out fault) : Split(line, out fault);
    }

    /// <summary>A mark that says that the encoding is another one.</summary>
    private string? MarkFault(ReadOnlySpan<byte> line) =>
        line.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || line.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? "the file is in UTF-16. Export it in UTF-8 or Shift_JIS."
        : string.Equals(_options.Encoding, ShiftJis, StringComparison.Ordinal) && line.StartsWith("\uFEFF"u8) ? "the file begins with the mark of UTF-8, and 'encoding' is shift_jis."
        : null;

    private IReadOnlyList<string>? Split(ReadOnlySpan<byte> line, out string? fault)
    {
        try
        {
            fault = null;
            return new CsvLines(new StringReader(_encoding.GetString(line)), LongestLine, oneLineEach: true).Next() ?? [];
        }
        catch (DecoderFallbackException wrong)
        {
            fault = string.Create(CultureInfo.InvariantCulture, $"{WrongEncoding} '{_options.Encoding}', from byte {Math.Max(0, wrong.Index) + 1} on.");
        }
        catch (FormatException wrong)
        {
            fault = wrong.Message;
        }

        return null;
    }

    private string[]? Cut(ReadOnlySpan<byte> line, out string? fault)
    {
        fault = null;
        if (line.Length != _width)
        {
            fault = string.Create(CultureInfo.InvariantCulture, $"{line.Length} bytes, and the columns have {_width}.");
            return null;
        }

        var fields = new string[_options.Columns.Count];
        for (int i = 0, at = 0; i < fields.Length; at += _options.Columns[i++].Width)
        {
            try
            {
                fields[i] = _options.Columns[i].Name.Length == 0 ? "" : _encoding.GetString(line.Slice(at, _options.Columns[i].Width));
            }
            catch (DecoderFallbackException)
            {
                fault = string.Create(CultureInfo.InvariantCulture, $"column '{_options.Columns[i].Name}' (bytes {at + 1} to {at + _options.Columns[i].Width}): {WrongEncoding} '{_options.Encoding}', or half a character.");
                return null;
            }
        }

        return fields;
    }

    private static Encoding EncodingOf(string name) => name switch
    {
        Utf8 => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        ShiftJis => CodePagesEncodingProvider.Instance.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!,
        _ => throw new FormatException($"The encoding is {Utf8} or {ShiftJis}."),
    };
}
