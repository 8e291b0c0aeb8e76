using System.Collections.Frozen;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>The municipality that answers for a place, and the part of it that the place lies in.</summary>
/// <param name="Municipality">Six digits: a city, town, village or special ward.</param>
/// <param name="Ward">Six digits: the ward, where the municipality is a designated city and its ward was said; else null.</param>
public readonly record struct Folded(string Municipality, string? Ward);

/// <summary>
/// Designated cities (政令指定都市, 地方自治法 article 252-19) and their wards. A ward (行政区) is a part of its city and no municipality; the special wards of Tokyo (特別区) are
/// municipalities by themselves and fold to nothing. Source: <c>Data/municipalities.tsv</c> and <c>Data/former_wards.tsv</c>; their licences stand in <c>Data/README.md</c>.
/// </summary>
public static class DesignatedCities
{
    private static readonly FrozenDictionary<string, string> CityOfWard = Read();

    /// <summary>Each ward's code with its city's; wards that are no more included.</summary>
    public static IReadOnlyDictionary<string, string> Wards => CityOfWard;

    /// <summary>The municipality of a code. One that is no ward's, or not known here (a municipality that was merged away), stays what it is.</summary>
    /// <param name="code">A local-government code of six digits; its check digit is not looked at.</param>
    public static Folded Fold(string code) => CityOfWard.TryGetValue(code, out var city) ? new Folded(city, code) : new Folded(code, null);

    private static FrozenDictionary<string, string> Read()
    {
        var cities = Municipalities.All.Where(place => place.Ward.Length == 0 && place.City[^1] == '市').ToDictionary(place => (place.Prefecture, place.City), place => place.Code);
        var wards = Municipalities.All.Where(place => place.Ward.Length > 0)
            .ToDictionary(place => place.Code, place => cities[(place.Prefecture, place.City)], StringComparer.Ordinal);
        foreach (var row in Table.Rows("former_wards.tsv"))
        {
            wards.Add(row[0], cities[(row[1], row[2])]);
        }

        return wards.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
