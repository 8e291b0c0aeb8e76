using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Authoring;

/// <summary>An example and the place it is written at.</summary>
internal sealed record AuthoredExample(CatalogExample Example, Spot Spot);

/// <summary>The questions whose answers a catalog promises. The parties carry their categories with them, so no member list is needed.</summary>
internal sealed class ExampleReader(Dictionary<CategoryId, AgencyCategory?> categories, DateOnly effectiveFrom)
{
    private const int Most = 10_000;
    private const int MostKinds = 50;
    private const int MostCategories = 20;

    private static readonly (string, CatalogDenial?)[] Expectations =
        [("allowed", null), .. Enum.GetValues<CatalogDenial>().Select(denial => (denial.ToString(), (CatalogDenial?)denial))];

    public List<AuthoredExample> Read(Spot? section) =>
        [.. (section?.List(Most) ?? []).Select(Example).OfType<AuthoredExample>()];

    /// <summary>Puts every example to the catalog; one that fails is an error at its line.</summary>
    public static void MustHold(IEnumerable<AuthoredExample> examples, StatuteCatalog catalog, LawPlaces places)
    {
        foreach (var (example, spot) in examples.Where(written => !written.Example.HoldsIn(catalog)))
        {
            var found = CatalogDecision.Decide(catalog, example.Question) is CatalogDecision.Denied { Detail: var detail, Reason: var reason }
                ? detail.Length == 0 ? reason.ToString() : $"{reason} ({detail})"
                : "allowed";
            var expected = example.Denial?.ToString() ?? "allowed";
            var tooEarly = example.Question.Date < catalog.EffectiveFrom ? " Its date lies before effectiveFrom; without 'date' it is tried on that day." : "";
            spot.Fail(
                $"The example does not hold: '{example.Name}' expects {expected}, the catalog answers {found}. Correct the entry, or the example.{tooEarly}",
                places.Entry(example.Question.Entry.Value));
        }
    }

    private AuthoredExample? Example(Spot spot)
    {
        var fields = spot.Fields("name", "requester", "provider", "entry", "role", "kinds", "conditions", "mode", "date", "claimedOn", "expect");
        if (fields is null)
        {
            return null;
        }

        var expect = fields.Required("expect")?.OneOf([.. Expectations.Select((expectation, index) => (expectation.Item1, index))]);
        var question = new CatalogQuestion
        {
            Requester = Party(fields.Required("requester")),
            Provider = Party(fields.Required("provider")),
            Entry = fields.Required("entry")?.Value<EntryId>(EntryId.TryParse, "an entry id") ?? default,
            Role = fields.Required("role")?.Value<SubjectRole>(SubjectRole.TryParse, "a subject role") ?? default,
            Kinds = [.. fields.Required("kinds")?.Distinct(MostKinds, kind => kind.Value<KindId>(KindId.TryParse, "a kind id")) ?? []],
            Conditions = Conditions(fields.Optional("conditions")),
            Mode = fields.Required("mode")?.OneOf(
                ("single", ExchangeModes.Single), ("bulk", ExchangeModes.Bulk), ("notice", ExchangeModes.Notice)) ?? default,
            Date = fields.Optional("date") is { } date ? date.Date() ?? default : effectiveFrom,
            ClaimedOn = fields.Optional("claimedOn")?.Date(),
        };
        var name = fields.Required("name")?.Text() ?? "";
        return expect is { } known ? new AuthoredExample(new CatalogExample(name, question, Expectations[known].Item2), spot) : null;
    }

    private CatalogParty Party(Spot? spot)
    {
        var fields = spot?.Fields("agency", "categories");
        var agency = fields?.Required("agency")?.Value<AgencyId>(AgencyId.TryParse, "an agency id") ?? default;
        var held = fields?.Required("categories")?.Distinct(MostCategories, category => CategoryReader.Reference(category, categories)) ?? [];
        return new CatalogParty(agency, [.. held.Select(category => new CategoryTerm(category, DateOnly.MinValue, Until: null))]);
    }

    private static InquiryConditions Conditions(Spot? spot)
    {
        if (spot?.Fields("taxYear", "period", "asOf") is not { } fields)
        {
            return InquiryConditions.None;
        }

        return new InquiryConditions
        {
            TaxYear = fields.Optional("taxYear")?.Integer(int.MinValue, int.MaxValue),
            Period = Period(fields.Optional("period")),
            AsOf = fields.Optional("asOf")?.Date(),
        };
    }

    private static InquiryPeriod? Period(Spot? spot)
    {
        var fields = spot?.Fields("from", "to");
        var end = fields?.Required("to");
        var from = fields?.Required("from")?.Date();
        var to = end?.Date();
        end.MustNotPrecede(from, to, "from");
        return from is { } first && to is { } last && InquiryPeriod.TryCreate(first, last, out var period) ? period : null;
    }
}
