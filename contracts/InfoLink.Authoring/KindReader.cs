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
        if (spot.Fields("name", "legalTerm", "layout", "needs", "provider", "items") is not { } fields)
        {
            return null;
        }

        var needs = Needs(fields.Optional("needs"));
        return new InformationKind
        {
            Id = id,
            Name = fields.Both("name"),
            LegalTerm = fields.Required("legalTerm")?.Text() ?? "",
            LayoutIsIllustrative = fields.Required("layout")?.OneOf(("illustrative", true), ("sourced", false)) ?? false,
            Needs = needs,
            Provider = Provider(fields.Optional("provider"), needs),
            Items = [.. Items(fields.Required("items"))],
        };
    }

    private static NeededConditions Needs(Spot? spot)
    {
        var needs = spot?.Distinct(3, condition => condition.OneOf(
            ("taxYear", NeededConditions.TaxYear), ("period", NeededConditions.Period), ("asOf", NeededConditions.AsOf)));
        return (needs ?? []).Aggregate(NeededConditions.None, (sum, need) => sum | need);
    }

    /// <summary>Without a rule, a clerk names the provider.</summary>
    private static ProviderRule Provider(Spot? spot, NeededConditions needs)
    {
        var rule = spot?.OneOf(
            (ProviderRule.AddressOnFirstOfJanuary.Text(), ProviderRule.AddressOnFirstOfJanuary),
            (ProviderRule.CurrentAddress.Text(), ProviderRule.CurrentAddress),
            (ProviderRule.Sole.Text(), ProviderRule.Sole)) ?? ProviderRule.Named;
        if (rule == ProviderRule.AddressOnFirstOfJanuary && !needs.HasFlag(NeededConditions.TaxYear))
        {
            spot?.Fail("1 January is that of the tax year, which this kind does not need. Add 'needs: [taxYear]', or take another rule.");
        }

        return rule;
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
