using System.Text;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Hosting;

namespace InfoLink.Agent.Host.Linking;

/// <summary>
/// The agency's persons as a system exports them: CSV (RFC 4180) with a heading, in UTF-8 or Shift_JIS. Read as a stream, in the same order each time.
/// </summary>
internal sealed class PersonFile
{
    /// <summary>The attributes, by the names that columns have where no other is given.</summary>
    public static readonly IReadOnlyList<string> Attributes = ["id", "name", "kana", "address", "birth_date", "sex"];

    private const int MostFaults = 20;
    private const string WrongEncoding = "bytes that are not of this encoding. Name the right one: utf-8 or shift_jis.";
    private readonly string _path;
    private readonly Encoding _encoding;
    private readonly string _kind;
    private readonly IReadOnlyDictionary<string, string> _columns;

    /// <param name="path">The file.</param>
    /// <param name="encoding"><c>utf-8</c> or <c>shift_jis</c>.</param>
    /// <param name="kind">What kind of identifier the column <c>id</c> holds.</param>
    /// <param name="columns">Attribute to heading, for those that have another name in the file.</param>
    /// <exception cref="FormatException">An encoding or an attribute that there is not.</exception>
    public PersonFile(string path, string encoding, string kind, IReadOnlyDictionary<string, string> columns)
    {
        (_path, _kind, _columns) = (path, kind, columns);
        _encoding = encoding switch
        {
            "utf-8" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            "shift_jis" => CodePagesEncodingProvider.Instance.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!,
            _ => throw new FormatException("The encoding is utf-8 or shift_jis."),
        };
        if (columns.Keys.FirstOrDefault(name => !Attributes.Contains(name, StringComparer.Ordinal)) is not null)
        {
            throw new FormatException($"Columns can be named for {string.Join(", ", Attributes)}.");
        }
    }

    /// <summary>Reads the whole file and believes nothing of it.</summary>
    /// <returns>How many persons it has.</returns>
    /// <exception cref="FormatException">What is wrong, by line, at most twenty; no value is repeated.</exception>
    public async Task<long> CheckAsync(CancellationToken cancellation)
    {
        var faults = new List<string>();
        long persons = 0;
        await foreach (var (line, person, fault) in LinesAsync(cancellation))
        {
            persons += person is null ? 0 : 1;
            if (fault is not null)
            {
                faults.Add($"line {line}: {fault}");
                if (faults.Count == MostFaults)
                {
                    faults.Add("and perhaps more.");
                    break;
                }
            }
        }

        return faults.Count == 0 ? persons : throw new FormatException($"The file cannot be used as it is:\n{string.Join('\n', faults)}");
    }

    /// <summary>The persons, in order.</summary>
    /// <exception cref="FormatException">The file has changed since it was checked.</exception>
    public async IAsyncEnumerable<LocalPerson> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var (line, person, fault) in LinesAsync(cancellation))
        {
            yield return person ?? throw new FormatException($"line {line}: {fault} What stands before it is linked.");
        }
    }

    private async IAsyncEnumerable<(int Line, LocalPerson? Person, string? Fault)> LinesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield(); // A large file is not read on the caller's thread.
        using var reader = new StreamReader(_path, _encoding);
        var lines = new CsvLines(reader);
        var (heading, wrong) = Read(lines);
        Dictionary<string, int>? places = null;
        if (wrong is null)
        {
            (places, wrong) = Places(heading);
        }

        if (places is null)
        {
            yield return (1, null, wrong);
            yield break;
        }

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

            var person = fault is null ? Person(fields!, places) : null;
            if (person is { Id.Value: "" })
            {
                (person, fault) = (null, "no identifier.");
            }

            yield return (lines.Line, person, fault);
            if (ReferenceEquals(fault, WrongEncoding))
            {
                yield break;
            }
        }
    }

    private static (IReadOnlyList<string>? Fields, string? Fault) Read(CsvLines lines)
    {
        try
        {
            return (lines.Next(), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, WrongEncoding);
        }
        catch (FormatException fault)
        {
            return (null, fault.Message);
        }
    }

    private (Dictionary<string, int>? Places, string? Fault) Places(IReadOnlyList<string>? heading)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var attribute in Attributes)
        {
            var name = _columns.GetValueOrDefault(attribute, attribute);
            var at = heading is null ? -1 : heading.ToList().IndexOf(name);
            if (at >= 0)
            {
                places.Add(attribute, at);
            }
            else if (_columns.ContainsKey(attribute) || attribute is "id" or "name")
            {
                return (null, $"the heading has no column '{name}', which is the {attribute}. Name columns as they are: --column {attribute}=…");
            }
        }

        return (places, null);
    }

    private LocalPerson Person(IReadOnlyList<string> fields, Dictionary<string, int> places)
    {
        string? Of(string attribute) => places.TryGetValue(attribute, out var at) && fields[at].Length > 0 ? fields[at] : null;
        return new LocalPerson
        {
            Id = new LocalId(_kind, Of("id") ?? ""),
            Name = Of("name"),
            Kana = Of("kana"),
            Address = Of("address"),
            BirthDate = Of("birth_date"),
            Sex = Of("sex"),
        };
    }
}
