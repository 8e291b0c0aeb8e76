using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Catalog;

/// <summary>Categories, entries and transitional rules are facts with dates.</summary>
public sealed class DatedFactsTests
{
    private static readonly CatalogQuestion Good = SmallestCatalog.Question();

    [Theory]
    [InlineData("2026-03-31", CatalogDenial.RequesterNotInEntry)]
    [InlineData("2026-04-01", null)]
    [InlineData("2026-06-30", null)]
    [InlineData("2026-07-01", CatalogDenial.RequesterNotInEntry)]
    public void An_agency_is_a_mayor_from_one_day_until_another(string asked, CatalogDenial? denial)
    {
        var requester = Good.Requester with { Categories = [Term("mayor", "2026-04-01", "2026-06-30")] };
        Assert.Equal(denial, SmallestCatalog.Load().DenialOf(Good with { Requester = requester, Date = Day(asked) })?.Reason);
    }

    [Fact]
    public void A_category_may_be_held_again_after_a_gap()
    {
        var catalog = SmallestCatalog.Load();
        var provider = Good.Provider with { Categories = [Term("mayor", "2000-01-01", "2026-02-28"), Term("mayor", "2026-08-01", null)] };
        Assert.Null(catalog.DenialOf(Good with { Provider = provider, Date = Day("2026-02-28") }));
        Assert.Equal(CatalogDenial.ProviderNotInEntry, catalog.DenialOf(Good with { Provider = provider, Date = Day("2026-03-01") })!.Value.Reason);
        Assert.Null(catalog.DenialOf(Good with { Provider = provider, Date = Day("2026-08-01") }));
    }

    [Fact]
    public void A_or_B_is_membership_in_a_set_of_offices_and_agencies()
    {
        var catalog = SmallestCatalog.Load(text => text
            .Replace("  mayor: {", "  governor: { ja: 都道府県知事, en: governor }\n  mayor: {", StringComparison.Ordinal)
            .Replace("requester: [mayor]", "requester: [governor, { agency: nagasaki }, mayor]", StringComparison.Ordinal));
        CatalogParty[] named =
        [
            Party("tokyo", Term("governor", "2000-01-01", null)),
            Party("nagasaki"),
            Party("yokohama", Term("mayor", "2000-01-01", null)),
        ];
        Assert.All(named, party => Assert.Null(catalog.DenialOf(Good with { Requester = party })));
        Assert.Equal(CatalogDenial.RequesterNotInEntry, catalog.DenialOf(Good with { Requester = Party("hiroshima") })!.Value.Reason);

        // The office's name as an agency's id names nobody.
        Assert.Equal(CatalogDenial.RequesterNotInEntry, catalog.DenialOf(Good with { Requester = Party("mayor") })!.Value.Reason);
    }

    [Theory]
    [InlineData("2026-09-30", null, true)]
    [InlineData("2026-10-01", null, false)] // Nothing is said of the claim: the older law is not presumed.
    [InlineData("2026-10-01", "2026-09-30", true)]
    [InlineData("2026-10-01", "2026-10-01", false)]
    [InlineData("2026-11-30", "2026-09-30", true)]
    [InlineData("2026-12-01", "2026-09-30", false)] // The rule itself has ended.
    public void After_its_end_an_entry_serves_claims_made_before(string asked, string? claimed, bool inForce)
    {
        var catalog = SmallestCatalog.Load(text => text
            .Replace(
                "validity: { from: 2026-01-01 }",
                "validity: { from: 2026-01-01, until: 2026-09-30, transitional: { claimsBefore: 2026-10-01, until: 2026-11-30 } }",
                StringComparison.Ordinal));
        var denial = catalog.DenialOf(Good with { Date = Day(asked), ClaimedOn = claimed is null ? null : Day(claimed) });
        Assert.Equal(inForce ? null : CatalogDenial.EntryNotInForce, denial?.Reason);
    }

    [Theory]
    [InlineData("2026-09-14T14:59:59Z", "2026-09-14")]
    [InlineData("2026-09-14T15:00:00Z", "2026-09-15")]
    [InlineData("2026-09-14T23:00:00-05:00", "2026-09-15")]
    public void The_day_of_asking_is_that_of_Japan(string instant, string day) =>
        Assert.Equal(Day(day), JapanTime.CivilDate(DateTimeOffset.Parse(instant)));

    private static CatalogParty Party(string id, params CategoryTerm[] terms) => new(AgencyId.Parse(id), [.. terms]);

    private static CategoryTerm Term(string category, string from, string? until) =>
        new(CategoryId.Parse(category), Day(from), until is null ? null : Day(until));

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd");
}
