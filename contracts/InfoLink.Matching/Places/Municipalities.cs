using System.Collections.Immutable;
using InfoLink.Matching.Text;

namespace InfoLink.Matching.Places;

/// <summary>A municipality or a ward of a designated city, as it is called officially.</summary>
internal sealed record Municipality(string Code, string Prefecture, string County, string City, string Ward)
{
    public string Name => County + City + Ward;
}

/// <summary>What the beginning of an address says.</summary>
/// <param name="Prefecture">Written, or known through the municipality.</param>
/// <param name="Municipality">Null where it is not known or not certain.</param>
/// <param name="IsUndecided">Several bear the name.</param>
/// <param name="Length">How many characters it took, of the text as it is looked up.</param>
internal readonly record struct AddressHead(string? Prefecture, Municipality? Municipality, bool IsUndecided, int Length);

/// <summary>All of them (SPEC "Matching", rule 4.2). Names are looked up in their place form, so 檜原村 is found for 桧原村; what is printed is the official name.</summary>
internal static class Municipalities
{
    private const int LongestName = 14;
    private const int LongestCounty = 6;

    private static readonly List<Municipality> Places = [];
    private static readonly List<(string Key, string Name)> Prefectures = [];
    private static readonly Dictionary<string, ImmutableArray<Municipality>> ByName = new(StringComparer.Ordinal);
    private static readonly Dictionary<string, ImmutableArray<Municipality>>.AlternateLookup<ReadOnlySpan<char>> Lookup = ByName.GetAlternateLookup<ReadOnlySpan<char>>();

    static Municipalities()
    {
        foreach (var row in Table.Rows("municipalities.tsv"))
        {
            var place = new Municipality(row[0], row[1], row[2], row[3], row[4]);
            Places.Add(place);
            if (!Prefectures.Exists(known => string.Equals(known.Name, place.Prefecture, StringComparison.Ordinal)))
            {
                Prefectures.Add((PlaceText.Key(place.Prefecture), place.Prefecture));
            }

            foreach (var name in new HashSet<string>(StringComparer.Ordinal) { place.Name, place.City + place.Ward, place.Ward })
            {
                if (name.Length > 0)
                {
                    var key = PlaceText.Key(name);
                    ByName[key] = ByName.GetValueOrDefault(key, []).Add(place);
                }
            }
        }
    }

    public static IReadOnlyList<Municipality> All => Places;

    /// <param name="text">The address in <see cref="PlaceText"/>'s form for looking up.</param>
    public static AddressHead Read(ReadOnlySpan<char> text)
    {
        foreach (var (key, prefecture) in Prefectures)
        {
            if (text.StartsWith(key, StringComparison.Ordinal))
            {
                var rest = Named(text[key.Length..], prefecture);
                return rest with { Prefecture = prefecture, Length = key.Length + rest.Length };
            }
        }

        return Named(text, prefecture: null);
    }

    private static AddressHead Named(ReadOnlySpan<char> text, string? prefecture)
    {
        for (var length = Math.Min(LongestName, text.Length); length > 0; length--)
        {
            if (Lookup.TryGetValue(text[..length], out var named))
            {
                if (prefecture is not null)
                {
                    named = named.RemoveAll(place => !string.Equals(place.Prefecture, prefecture, StringComparison.Ordinal));
                }

                if (named.Length == 1)
                {
                    return new AddressHead(named[0].Prefecture, named[0], IsUndecided: false, length);
                }

                if (named.Length > 1)
                {
                    return new AddressHead(prefecture, null, IsUndecided: true, 0);
                }
            }
        }

        // A county or island that is written otherwise, or is gone, does not hide the town.
        for (var at = 1; prefecture is not null && at < Math.Min(LongestCounty, text.Length); at++)
        {
            if (text[at] is '郡' or '島' && Named(text[(at + 1)..], null) is { Municipality: { Ward: "" } place } found && place.City[^1] is '町' or '村'
                && string.Equals(place.Prefecture, prefecture, StringComparison.Ordinal))
            {
                return found with { Length = at + 1 + found.Length };
            }
        }

        return new AddressHead(prefecture, null, IsUndecided: false, 0);
    }
}
