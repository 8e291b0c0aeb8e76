using System.Globalization;

namespace InfoLink.Authoring;

/// <summary>
/// A place in the file: a node, the path to it, and the sheet its errors go to. Each reading method gives the value, or null
/// when it has put an error on the sheet; readers go on with what they have, so that one reading finds every error.
/// </summary>
internal readonly record struct Spot(DocumentNode Node, string Path, ErrorSheet Errors)
{
    public const int LongestText = 4_000;

    public delegate bool Parse<T>(string text, out T value);

    public static string Join(string path, string key)
    {
        var isPlain = key.Length is > 0 and <= 64 && key.All(char.IsAsciiLetterOrDigit);

        return isPlain ? (path.Length == 0 ? key : $"{path}.{key}") : $"{path}[{Shown(key, 64)}]";
    }

    public void Fail(string message, LawPlace? law = null) => Errors.Add(Node.Line, Path, message, law);

    public string? Text(int longest = LongestText)
    {
        if (Node is not DocumentNode.Scalar scalar)
        {
            Fail($"Text is expected here, and {Shape} stands here.");
            return null;
        }

        if (scalar.Text.Length == 0 || scalar.Text.Length > longest || !PlainText.Is(scalar.Text))
        {
            Fail(scalar.Text.Length == 0
                ? "Nothing stands here. Fill it in, or leave the field out where it may be left out."
                : $"A text here has at most {longest} characters, on one line, without characters that control a screen or turn the direction of writing.");
            return null;
        }

        return scalar.Text;
    }

    public T? Value<T>(Parse<T> parse, string expected)
        where T : struct
    {
        if (Text() is not { } text)
        {
            return null;
        }

        if (parse(text, out var value))
        {
            return value;
        }

        Fail($"Expected {expected}, found '{Shown(text, 80)}'.");
        return null;
    }

    public int? Integer(int min, int max) => (int?)LongInteger(min, max);

    public long? LongInteger(long min, long max)
    {
        var read = Value<long>(
            (text, out value) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
                && string.Equals(value.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal), // 010 is ten to some and eight to others.
            "a whole number");
        return InRange(read, min, max);
    }

    public decimal? Decimal(decimal min, decimal max)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        var read = Value<decimal>((text, out value) => decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out value), "a number");
        return InRange(read, min, max);
    }

    public DateOnly? Date() => Value<DateOnly>(
        (text, out value) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out value),
        "a date as yyyy-MM-dd");

    public bool? Flag() => OneOf(("true", true), ("false", false));

    public T? OneOf<T>(params (string Name, T Value)[] choices)
        where T : struct => Value<T>(
            (text, out value) =>
            {
                var found = Array.FindIndex(choices, choice => string.Equals(choice.Name, text, StringComparison.Ordinal));
                value = found < 0 ? default : choices[found].Value;
                return found >= 0;
            },
            "one of " + string.Join(", ", choices.Select(choice => choice.Name)));

    /// <summary>The places of a list with at least one and at most <paramref name="most"/> members.</summary>
    public IReadOnlyList<Spot> List(int most)
    {
        if (Node is not DocumentNode.Sequence sequence)
        {
            Fail($"A list is expected here, and {Shape} stands here.");
            return [];
        }

        if (sequence.Nodes.Length == 0 || sequence.Nodes.Length > most)
        {
            Fail($"The list holds {sequence.Nodes.Length} members; it must hold 1 to {most}.");
            return [];
        }

        var (path, errors) = (Path, Errors);
        return [.. sequence.Nodes.Select((node, index) => new Spot(node, $"{path}[{index}]", errors))];
    }

    /// <summary>A list of values, each once.</summary>
    public List<T> Distinct<T>(int most, Func<Spot, T?> read)
        where T : struct
    {
        var values = new List<T>();
        foreach (var spot in List(most))
        {
            if (read(spot) is not { } value)
            {
                continue;
            }

            if (values.Contains(value))
            {
                spot.Fail($"'{value}' stands in the list twice. Keep one of the two.");
                continue;
            }

            values.Add(value);
        }

        return values;
    }

    /// <summary>The members of a mapping whose keys are names of the author's: key, place of the key, place of the value.</summary>
    public IReadOnlyList<(string Key, Spot KeySpot, Spot Value)> Map(int most)
    {
        if (OrderedMembers.Of(Node) is not { } fields)
        {
            Fail($"Named members are expected here, and {Shape} stands here.");
            return [];
        }

        if (fields.Length == 0 || fields.Length > most)
        {
            Fail($"{fields.Length} members stand here; there must be 1 to {most}.");
            return [];
        }

        var (path, errors) = (Path, Errors);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. fields.Select(field =>
        {
            if (!seen.Add(field.Key))
            {
                errors.Add(field.KeyLine, Join(path, field.Key), "Stands twice. Keep one of the two.");
            }

            var own = Join(path, field.Key);
            var key = new DocumentNode.Scalar(field.KeyLine, field.Key);
            if (field.Key.Length > 0)
            {
                _ = new Spot(key, own, errors).Text();
            }

            return (field.Key, new Spot(key, own, errors), new Spot(field.Value, own, errors));
        })];
    }

    /// <summary>A mapping with known fields; null where there is none.</summary>
    public Fields? Fields(params string[] known)
    {
        if (Node is DocumentNode.Mapping mapping)
        {
            return new Fields(this, mapping, known);
        }

        Fail($"The fields {string.Join(", ", known)} are expected here, and {Shape} stands here.");
        return null;
    }

    private string Shape => Node switch
    {
        DocumentNode.Scalar { Text.Length: 0 } => "nothing",
        DocumentNode.Scalar => "a text",
        DocumentNode.Sequence => "a list",
        _ => "a mapping",
    };

    private T? InRange<T>(T? read, T min, T max)
        where T : struct, IComparable<T>
    {
        if (read is not { } value || (value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0))
        {
            return read;
        }

        Fail(string.Create(CultureInfo.InvariantCulture, $"{value} lies outside {min} to {max}."));
        return null;
    }

    /// <summary>The file's text, as it may land on screens and in logs.</summary>
    public static string Shown(string text, int longest) =>
        string.Concat(text.EnumerateRunes().Take(longest).Select(rune => PlainText.IsForbidden(rune) ? "\uFFFD" : rune.ToString())) + (text.Length > longest ? "…" : "");
}
