using System.Collections.Frozen;
using InfoLink.Samples.Registry.Generating;

namespace InfoLink.Samples.Registry;

/// <summary>A municipality, or a ward of a designated city: where a resident is on the register.</summary>
/// <param name="Code">Six digits (全国地方公共団体コード), the check digit included.</param>
/// <param name="Prefecture">As 神奈川県.</param>
/// <param name="Name">As 横浜市鶴見区.</param>
/// <param name="Weight">How often people live there, roughly: a hundred inhabitants.</param>
public sealed record Municipality(string Code, string Prefecture, string Name, int Weight);

/// <summary>All of them, by code. Source and licence: <c>data/NOTICE.md</c>.</summary>
public static class Municipalities
{
    public static IReadOnlyList<Municipality> All { get; } = [.. Lists.Lines("municipalities.csv").Select(Read)];

    private static readonly FrozenDictionary<string, Municipality> ByCode = All.ToFrozenDictionary(each => each.Code, StringComparer.Ordinal);

    private static readonly FrozenSet<string> SharedNames =
        All.GroupBy(each => each.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>No other prefecture has one of this name.</summary>
    public static bool IsOnlyOne(Municipality municipality) => !SharedNames.Contains(municipality.Name);

    /// <summary>Null where there is none with this code.</summary>
    public static Municipality? Find(string code) => ByCode.GetValueOrDefault(code);

    private static Municipality Read(string line)
    {
        var fields = line.Split(',');
        return new Municipality(fields[0], fields[1], fields[2], int.Parse(fields[3]));
    }
}
