using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Hosting;

namespace InfoLink.Agent.Asking;

/// <summary>
/// The lines of a bulk question as a system exports them: CSV (RFC 4180, but a record is one line) with a heading, in UTF-8 or Shift_JIS. A broken line is one with a reason; it costs no other line.
/// </summary>
public sealed class AskFile
{
    /// <summary>What lines say, by the names that columns have where no other is given. Only the id is needed.</summary>
    public static readonly IReadOnlyList<string> Columns = ["id", "provider", "role", "tax_year", "case"];

    private const int LongestCase = 500;
    private readonly string _path;
    private readonly Encoding _encoding;
    private readonly IReadOnlyDictionary<string, string> _columns;

    /// <param name="path">The file.</param>
    /// <param name="encoding"><c>utf-8</c> or <c>shift_jis</c>.</param>
    /// <param name="columns">What to heading, for those that have another name in the file.</param>
    /// <exception cref="FormatException">An encoding or a column that there is not.</exception>
    public AskFile(string path, string encoding, IReadOnlyDictionary<string, string> columns)
    {
        (_path, _columns) = (path, columns);
        _encoding = encoding switch
        {
            "utf-8" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            "shift_jis" => CodePagesEncodingProvider.Instance.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!,
            _ => throw new FormatException("The encoding is utf-8 or shift_jis."),
        };
        if (columns.Keys.Any(name => !Columns.Contains(name, StringComparer.Ordinal)))
        {
            throw new FormatException($"Columns can be named for {string.Join(", ", Columns)}.");
        }
    }

    /// <summary>Reads the whole file before anybody is asked.</summary>
    /// <returns>How many lines it has, broken ones among them, and what tells it from another file.</returns>
    /// <exception cref="FormatException">It is not of this encoding, or a column is missing.</exception>
    public async Task<(long Lines, string Source)> CheckAsync(CancellationToken cancellation)
    {
        long lines = 0;
        await foreach (var _ in ReadAsync(cancellation))
        {
            lines++;
        }

        await using var file = File.OpenRead(_path);
        var names = string.Join(',', _columns.OrderBy(column => column.Key, StringComparer.Ordinal).Select(column => $"{column.Key}={column.Value}"));
        return (lines, $"{Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation))} {_encoding.WebName} {names}");
    }

    /// <summary>The lines, in order.</summary>
    /// <exception cref="FormatException">As <see cref="CheckAsync"/>.</exception>
    public async IAsyncEnumerable<BulkLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.Yield(); // A large file is not read on the caller's thread.
        using var reader = new StreamReader(_path, _encoding, detectEncodingFromByteOrderMarks: false);
        var lines = new CsvLines(reader, oneLineEach: true);
        var (heading, wrong) = Read(lines);
        var places = Places(heading ?? [], wrong);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (fields, fault) = Read(lines);
            if (fields is null && fault is null)
            {
                yield break;
            }

            if (fields is not null && fields.Count != heading!.Count)
            {
                fault = $"{fields.Count} fields, and the heading has {heading.Count}. A comma within a field needs quotes around it.";
            }

            yield return fault is null ? Line(lines.Line, fields!, places) : new BulkLine(lines.Line, "") { Broken = fault };
        }
    }

    private static BulkLine Line(long number, IReadOnlyList<string> fields, Dictionary<string, int> places)
    {
        string? Of(string column) => places.TryGetValue(column, out var at) && fields[at].Length > 0 ? fields[at] : null;
        var (id, provider, role, year, reference) = (Of("id"), Of("provider"), Of("role"), Of("tax_year"), Of("case"));
        AgencyId agency = default;
        SubjectRole subject = default;
        var western = 0;
        var broken = (id, reference) switch
        {
            (null, _) => "no identifier.",
            ({ Length: > LocalId.MaxLength }, _) => $"id: more than {LocalId.MaxLength} characters.",
            (_, { Length: > LongestCase }) => $"case: more than {LongestCase} characters.",
            _ when provider is not null && !AgencyId.TryParse(provider, out agency) => "provider: this is no agency's id.",
            _ when role is not null && !SubjectRole.TryParse(role, out subject) => "role: this is no role.",
            _ when year is not null && (year.Length != 4 || !int.TryParse(year, NumberStyles.None, CultureInfo.InvariantCulture, out western)) => "tax_year: this is no western year of four digits.",
            _ => null,
        };
        return broken is not null
            ? new BulkLine(number, id is { Length: <= LocalId.MaxLength } ? id : "") { Broken = broken }
            : new BulkLine(number, id!)
            {
                Provider = provider is null ? null : agency,
                Role = role is null ? null : subject,
                TaxYear = year is null ? null : western,
                CaseReference = reference,
            };
    }

    private static (IReadOnlyList<string>? Fields, string? Fault) Read(CsvLines lines)
    {
        try
        {
            return (lines.Next(), null);
        }
        catch (DecoderFallbackException fault)
        {
            throw new FormatException($"line {lines.Line} or soon after: bytes that are not of this encoding. Name the right one: utf-8 or shift_jis.", fault);
        }
        catch (FormatException fault)
        {
            return (null, fault.Message);
        }
    }

    private Dictionary<string, int> Places(IReadOnlyList<string> heading, string? wrong)
    {
        if (wrong is not null)
        {
            throw new FormatException($"The heading: {wrong}");
        }

        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var column in Columns)
        {
            var name = _columns.GetValueOrDefault(column, column);
            var at = heading.ToList().IndexOf(name);
            if (at >= 0)
            {
                places.Add(column, at);
            }
            else if (_columns.ContainsKey(column) || string.Equals(column, "id", StringComparison.Ordinal))
            {
                throw new FormatException($"The heading has no column '{name}', which is the {column}. Name columns as they are: --column {column}=…, or columns of a folder in agent.json.");
            }
        }

        return places;
    }
}
