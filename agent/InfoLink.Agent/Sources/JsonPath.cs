using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;

namespace InfoLink.Agent.Sources;

/// <summary>A place in a JSON document: of RFC 9535 the root, names and indices, so that it is one place or none.</summary>
internal sealed class JsonPath
{
    /// <summary>Each a string (a member's name) or an int (an element's index).</summary>
    private readonly List<object> _steps;

    private JsonPath(List<object> steps) => _steps = steps;

    /// <summary><c>$.tax.levies[0]['income levy']</c>. In quotes only <c>\'</c> and <c>\\</c> are escaped.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JsonPath? path)
    {
        path = null;
        var steps = new List<object>();
        if (!text.StartsWith('$'))
        {
            return false;
        }

        for (var at = 1; at < text.Length;)
        {
            object? step = text[at] == '.' ? Name(text, ref at) : text.AsSpan(at).StartsWith("['", StringComparison.Ordinal) ? Quoted(text, ref at) : text[at] == '[' ? Index(text, ref at) : null;
            if (step is null)
            {
                return false;
            }

            steps.Add(step);
        }

        path = steps.Count == 0 ? null : new JsonPath(steps);
        return path is not null;
    }

    public RawValue In(JsonElement root)
    {
        var here = root;
        foreach (var step in _steps)
        {
            var found = step switch
            {
                string name => here.ValueKind == JsonValueKind.Object && here.TryGetProperty(name, out here),
                int index => here.ValueKind == JsonValueKind.Array && index < here.GetArrayLength() && (here = here[index]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!found)
            {
                return new RawValue.Missing();
            }
        }

        return Of(here);
    }

    /// <summary>A value in canonical text, where it has one.</summary>
    public static RawValue Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => new RawValue.Null(),
        JsonValueKind.String => Text(value),
        JsonValueKind.True => new RawValue.Written("true"),
        JsonValueKind.False => new RawValue.Written("false"),
        JsonValueKind.Number => new RawValue.Written(value.TryGetDecimal(out var number) ? SqlRecords.Plain(number) : value.GetRawText()),
        _ => new RawValue.Formless(value.ValueKind == JsonValueKind.Array ? "list" : "object"),
    };

    /// <summary>Bytes that are no UTF-8, or half a surrogate pair, stand in JSON unnoticed until they are read.</summary>
    private static RawValue Text(JsonElement value)
    {
        try
        {
            return new RawValue.Written(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return new RawValue.Formless("broken text");
        }
    }

    private static string? Name(string text, ref int at)
    {
        var start = ++at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '_' || text[at] > '\u007F'))
        {
            at++;
        }

        return at == start || char.IsAsciiDigit(text[start]) ? null : text[start..at];
    }

    private static object? Index(string text, ref int at)
    {
        var end = text.IndexOf(']', at);
        var digits = end < 0 ? "" : text[(at + 1)..end];
        at = end + 1;
        return digits.Length is > 0 and <= 5 && digits.All(char.IsAsciiDigit) && (digits.Length == 1 || digits[0] != '0') ? int.Parse(digits, CultureInfo.InvariantCulture) : null;
    }

    private static string? Quoted(string text, ref int at)
    {
        var name = new System.Text.StringBuilder();
        for (at += 2; at < text.Length && text[at] != '\''; at++)
        {
            if (text[at] == '\\' && (++at == text.Length || text[at] is not ('\'' or '\\')))
            {
                return null;
            }

            name.Append(text[at]);
        }

        var closed = text.AsSpan(Math.Min(at, text.Length)).StartsWith("']", StringComparison.Ordinal);
        at += 2;
        return closed ? name.ToString() : null;
    }
}
