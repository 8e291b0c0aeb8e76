using System.Globalization;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Authoring;

/// <summary>The known fields of one mapping. Unknown ones are errors at once: a mistyped optional field must not pass for an absent one.</summary>
internal sealed class Fields
{
    private readonly Spot _spot;
    private readonly string[] _known;
    private readonly Dictionary<string, DocumentField> _fields;

    public Fields(Spot spot, DocumentNode.Mapping mapping, string[] known)
    {
        _spot = spot;
        _known = known;
        _fields = mapping.Fields.ToDictionary(field => field.Key, StringComparer.Ordinal);
        foreach (var field in mapping.Fields.Where(field => !known.Contains(field.Key, StringComparer.Ordinal)))
        {
            spot.Errors.Add(field.KeyLine, Spot.Join(spot.Path, field.Key), $"Unknown field. Known here: {string.Join(", ", known)}.");
        }
    }

    /// <summary>The field's place; null, with an error, where it is missing.</summary>
    public Spot? Required(string name)
    {
        var spot = Optional(name);
        if (spot is null)
        {
            _spot.Fail($"The field '{name}' is missing.");
        }

        return spot;
    }

    /// <summary>The field's place; null where it is missing.</summary>
    public Spot? Optional(string name)
    {
        if (!_known.Contains(name, StringComparer.Ordinal))
        {
            throw new InvalidOperationException($"The reader asks for '{name}' and does not name it as known.");
        }

        return _fields.TryGetValue(name, out var field) ? new Spot(field.Value, Spot.Join(_spot.Path, name), _spot.Errors) : null;
    }

    /// <summary>A required pair of texts, <c>{ ja: …, en: … }</c>.</summary>
    public Bilingual Both(string name) => Required(name)?.Both() ?? Nothing;

    private static readonly Bilingual Nothing = new("", "");
}

internal static class BilingualSpot
{
    public static Bilingual? Both(this Spot spot)
    {
        var fields = spot.Fields("ja", "en");
        var ja = fields?.Required("ja")?.Text();
        var en = fields?.Required("en")?.Text();
        return ja is null || en is null ? null : new Bilingual(ja, en);
    }

    /// <summary>Reports a range whose end lies before its beginning.</summary>
    public static void MustNotPrecede<T>(this Spot? end, T? from, T? until, string beginning)
        where T : struct, IComparable<T>
    {
        if (end is { } spot && from is { } first && until is { } last && last.CompareTo(first) < 0)
        {
            spot.Fail($"Upside down: {Shown(last)} lies before '{beginning}', {Shown(first)}. Exchange the two.");
        }
    }

    private static string Shown<T>(T value)
        where T : struct => value is DateOnly date
            ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{value}");
}
