using System.Globalization;
using System.Text;
using InfoLink.Hosting;

namespace InfoLink.Agent.People;

/// <summary>One line of the operators' file: a person at the agency, for some days.</summary>
internal sealed record Operator(string Id, string Name, string Attribute, string Department, IReadOnlyList<string> Roles, IReadOnlyList<string> Terminals, DateOnly From, DateOnly Until)
{
    public bool IsOn(DateOnly day) => From <= day && day <= Until;

    public bool MayUse(string terminal) => Terminals.Count == 0 || Terminals.Any(known => known.EndsWith('*')
        ? terminal.StartsWith(known[..^1], StringComparison.Ordinal)
        : string.Equals(terminal, known, StringComparison.Ordinal));

    public override string ToString() => "Operator(redacted)";
}

/// <summary>The operators' file (<see cref="PeopleOptions.Operators"/>), read as a whole.</summary>
internal static class OperatorFile
{
    /// <summary>Operators of an agency, at most; the largest city has some ten thousands of staff.</summary>
    public const int Most = 200_000;

    private const int MostErrors = 50;
    private const int LongestField = 200;
    private static readonly string[] Columns = ["id", "name", "attribute", "department", "roles", "terminals", "from", "until"];

    /// <returns>The operators by id, and everything that is wrong, by line, without a person's name; where something is, nobody.</returns>
    public static (IReadOnlyDictionary<string, IReadOnlyList<Operator>> Operators, IReadOnlyList<string> Errors) Read(PeopleOptions options, string path)
    {
        var errors = new List<string>();
        var operators = new Dictionary<string, List<Operator>>(StringComparer.Ordinal);
        if (options.Columns.Keys.FirstOrDefault(column => !Columns.Contains(column, StringComparer.Ordinal)) is { } unknown)
        {
            return Refused($"columns: there is no '{unknown}'; there are {string.Join(", ", Columns)}.");
        }

        try
        {
            using var reader = new StreamReader(path, EncodingOf(options.Encoding), detectEncodingFromByteOrderMarks: false);
            var lines = new CsvLines(reader, oneLineEach: true);
            var heading = lines.Next() ?? [];
            var places = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var column in Columns)
            {
                var name = options.Columns.TryGetValue(column, out var given) ? given : column;
                switch (heading.Index().Where(field => string.Equals(field.Item, name, StringComparison.Ordinal)).ToList())
                {
                    case [var one]:
                        places.Add(column, one.Index);
                        break;
                    case [_, _, ..]:
                        return Refused($"the heading has '{name}' twice.");
                    case [] when column is "id" or "roles" || options.Columns.ContainsKey(column) || IsRecorded(options, column):
                        return Refused($"the heading has no '{name}', which is the {column}. Name columns as they are: \"columns\": {{ \"{column}\": \"…\" }}.");
                }
            }

            while (errors.Count < MostErrors)
            {
                try
                {
                    if (lines.Next() is not { } fields)
                    {
                        break;
                    }

                    Add(Operator(fields, heading.Count, places, options));
                }
                catch (DecoderFallbackException)
                {
                    throw;
                }
                catch (FormatException fault)
                {
                    errors.Add($"line {lines.Line}: {fault.Message}");
                }
            }
        }
        catch (DecoderFallbackException)
        {
            return Refused($"the file has bytes that are not {options.Encoding}. Name the right encoding: utf-8 or shift_jis.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
        {
            return Refused(fault.Message);
        }

        return errors.Count > 0
            ? Refused([.. errors])
            : (operators.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<Operator>)pair.Value, StringComparer.Ordinal), []);

        void Add(Operator one)
        {
            if (!operators.TryGetValue(one.Id, out var same))
            {
                operators.Add(one.Id, same = operators.Count < Most ? [] : throw new FormatException($"more than {Most:N0} operators."));
            }

            if (same.Exists(other => other.From <= one.Until && one.From <= other.Until))
            {
                throw new FormatException("this operator has an earlier line with some of the same days. End that one with 'until'.");
            }

            same.Add(one);
        }
    }

    private static Operator Operator(IReadOnlyList<string> fields, int count, Dictionary<string, int> places, PeopleOptions options)
    {
        if (fields.Count != count)
        {
            throw new FormatException($"{fields.Count} fields, and the heading has {count}. A comma within a field needs quotes around it.");
        }

        var one = new Operator(
            Of("id"), Of("name"), Of("attribute"), Of("department"), Several("roles"), Several("terminals"), Day("from") ?? DateOnly.MinValue, Day("until") ?? DateOnly.MaxValue);
        if (one.Id.Length == 0)
        {
            throw new FormatException("no id.");
        }

        if (one.Roles.FirstOrDefault(role => !options.Roles.ContainsKey(role)) is { } unknown)
        {
            throw new FormatException($"there is no role '{unknown}' in agent.json.");
        }

        if (one.From > one.Until)
        {
            throw new FormatException("from is after until.");
        }

        return Columns.FirstOrDefault(column => IsRecorded(options, column) && Of(column).Length == 0) is { } empty
            ? throw new FormatException($"no {empty}, which is how operators stand on record here.")
            : one;

        string Of(string column) => !places.TryGetValue(column, out var at) ? ""
            : fields[at].Length <= LongestField && !fields[at].Any(char.IsControl) ? fields[at].Trim() : throw new FormatException($"{column}: more than {LongestField} characters, or a control character.");

        IReadOnlyList<string> Several(string column) => Of(column).Split([' ', '\u3000', ';'], StringSplitOptions.RemoveEmptyEntries);

        DateOnly? Day(string column) => Of(column) is not { Length: > 0 } text ? null
            : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new FormatException($"{column}: a day is written 2026-04-01.");
    }

    private static bool IsRecorded(PeopleOptions options, string column) => string.Equals(options.Record, column, StringComparison.Ordinal);

    private static Encoding EncodingOf(string name) => name switch
    {
        "utf-8" => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
        "shift_jis" => CodePagesEncodingProvider.Instance.GetEncoding(932, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!,
        _ => throw new FormatException("the encoding is utf-8 or shift_jis."),
    };

    private static (IReadOnlyDictionary<string, IReadOnlyList<Operator>> Operators, IReadOnlyList<string> Errors) Refused(params IReadOnlyList<string> errors) =>
        (new Dictionary<string, IReadOnlyList<Operator>>(StringComparer.Ordinal), errors);
}
