using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Authoring;

/// <summary>The information kinds of a catalog with their layouts.</summary>
internal static class KindReader
{
    private const int MostKinds = 1_000;
    private const int MostItems = 500;

    public static Dictionary<KindId, InformationKind?> Read(Spot? section)
    {
        var kinds = new Dictionary<KindId, InformationKind?>();
        foreach (var (_, key, value) in section?.Map(MostKinds) ?? [])
        {
            if (key.Value<KindId>(KindId.TryParse, "a kind id: 1 to 64 characters of a-z, 0-9, '.' and '-'") is { } id)
            {
                kinds[id] = Kind(id, value);
            }
        }

        return kinds;
    }

    /// <summary>A reference to a kind.</summary>
    public static KindId? Reference(Spot spot, Dictionary<KindId, InformationKind?> kinds)
    {
        var id = spot.Value<KindId>(KindId.TryParse, "a kind id");
        if (id is { } named && !kinds.ContainsKey(named))
        {
            spot.Fail($"There is no kind '{named}'. Add it under 'kinds', or name one that is there.");
            return null;
        }

        return id;
    }

    private static InformationKind? Kind(KindId id, Spot spot)
    {
        if (spot.Fields("name", "legalTerm", "layout", "needs", "items") is not { } fields)
        {
            return null;
        }

        return new InformationKind
        {
            Id = id,
            Name = fields.Both("name"),
            LegalTerm = fields.Required("legalTerm")?.Text() ?? "",
            LayoutIsIllustrative = fields.Required("layout")?.OneOf(("illustrative", true), ("sourced", false)) ?? false,
            Needs = Needs(fields.Optional("needs")),
            Items = [.. Items(fields.Required("items"))],
        };
    }

    private static NeededConditions Needs(Spot? spot)
    {
        var needs = spot?.Distinct(3, condition => condition.OneOf(
            ("taxYear", NeededConditions.TaxYear), ("period", NeededConditions.Period), ("asOf", NeededConditions.AsOf)));
        return (needs ?? []).Aggregate(NeededConditions.None, (sum, need) => sum | need);
    }

    private static IEnumerable<DataItem> Items(Spot? spot)
    {
        foreach (var (id, key, value) in spot?.Map(MostItems) ?? [])
        {
            // An item id is formed like a kind id; only its own layout gives it a meaning.
            if (key.Value<KindId>(KindId.TryParse, "an item id: 1 to 64 characters of a-z, 0-9, '.' and '-'") is not null
                && ItemReader.Read(id, value) is { } item)
            {
                yield return item;
            }
        }
    }
}
