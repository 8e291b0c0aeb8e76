using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Catalog;

public sealed class CatalogDecisionTests
{
    private static readonly StatuteCatalog Catalog = SmallestCatalog.Load();
    private static readonly CatalogQuestion Good = SmallestCatalog.Question();

    [Fact]
    public void What_the_entry_says_is_allowed()
    {
        var allowed = Assert.IsType<CatalogDecision.Allowed>(CatalogDecision.Decide(Catalog, Good));
        Assert.Equal(SmallestCatalog.Entry, allowed.Entry.Id);
        Assert.Equal([SmallestCatalog.Tax], allowed.Kinds.Select(kind => kind.Id));
    }

    [Fact]
    public void A_kind_asked_for_twice_is_answered_once()
    {
        var allowed = Assert.IsType<CatalogDecision.Allowed>(
            CatalogDecision.Decide(Catalog, Good with { Kinds = [SmallestCatalog.Tax, SmallestCatalog.Tax] }));
        Assert.Single(allowed.Kinds);
    }

    public static TheoryData<CatalogDenial, string> Denials => new()
    {
        { CatalogDenial.CatalogExpired, "" },
        { CatalogDenial.RequesterIsProvider, "" },
        { CatalogDenial.EntryUnknown, "" },
        { CatalogDenial.EntryNotInForce, "" },
        { CatalogDenial.EntrySwitchedOff, "" },
        { CatalogDenial.RequesterNotInEntry, "" },
        { CatalogDenial.ProviderNotInEntry, "" },
        { CatalogDenial.RoleNotInEntry, "claimant" },
        { CatalogDenial.KindNotInEntry, "" }, // The catalog has no such kind: that may be any text.
        { CatalogDenial.ModeNotAllowed, "notice" },
        { CatalogDenial.ConditionMissing, "taxYear" },
        { CatalogDenial.ConditionNotAllowed, "asOf" },
        { CatalogDenial.ConditionOutOfRange, "taxYear" },
    };

    [Theory]
    [MemberData(nameof(Denials))]
    public void Every_denial_has_its_reason_and_names_what_it_is_about(CatalogDenial reason, string detail)
    {
        var (catalog, question) = Provoke(reason, Catalog, Good);
        Assert.Equal((reason, detail), catalog.DenialOf(question));
    }

    [Fact]
    public void No_reason_is_left_out_here() =>
        Assert.Equal(Enum.GetValues<CatalogDenial>(), Denials.Select(row => row.Data.Item1));

    [Fact]
    public void Of_two_reasons_the_earlier_in_the_list_is_given()
    {
        var reasons = Enum.GetValues<CatalogDenial>();
        foreach (var first in reasons)
        {
            foreach (var second in reasons.Where(reason => reason > first))
            {
                var (catalog, question) = Provoke(first, Catalog, Good);
                (catalog, question) = Provoke(second, catalog, question);
                Assert.Equal(first, catalog.DenialOf(question)!.Value.Reason);
            }
        }
    }

    [Fact]
    public void Asking_for_no_kind_is_not_asking_for_all() =>
        Assert.Equal(CatalogDenial.KindNotInEntry, Catalog.DenialOf(Good with { Kinds = [] })!.Value.Reason);

    [Theory]
    [InlineData(ExchangeModes.None)]
    [InlineData(ExchangeModes.Single | ExchangeModes.Bulk)]
    [InlineData((ExchangeModes)8)]
    public void A_question_has_exactly_one_mode(ExchangeModes mode) =>
        Assert.Equal(CatalogDenial.ModeNotAllowed, Catalog.DenialOf(Good with { Mode = mode })!.Value.Reason);

    [Theory]
    [InlineData(1, ExchangeModes.Single)]
    [InlineData(2, ExchangeModes.Bulk)]
    [InlineData(1_000, ExchangeModes.Bulk)]
    public void More_than_one_person_is_a_bulk_inquiry(int subjects, ExchangeModes mode) =>
        Assert.Equal(mode, CatalogQuestion.ModeFor(subjects));

    [Theory]
    [InlineData("2025-12-31", CatalogDenial.EntryNotInForce)]
    [InlineData("2026-01-01", null)]
    [InlineData("2026-12-31", null)]
    [InlineData("2027-01-01", CatalogDenial.CatalogExpired)]
    public void A_catalog_holds_from_its_first_to_its_last_day(string date, CatalogDenial? denial) =>
        Assert.Equal(denial, Catalog.DenialOf(Good with { Date = DateOnly.Parse(date) })?.Reason);

    [Theory]
    [InlineData("missing")]
    [InlineData("underway")]
    public void Only_a_finished_impact_assessment_lets_an_entry_be_used(string state)
    {
        var catalog = SmallestCatalog.Load(text => text
            .Replace("impactAssessment: done", $"impactAssessment: {state}", StringComparison.Ordinal)
            .Replace("expect: allowed", "expect: EntrySwitchedOff", StringComparison.Ordinal));
        Assert.Equal(CatalogDenial.EntrySwitchedOff, catalog.DenialOf(Good)!.Value.Reason);
    }

    [Fact]
    public void A_local_switch_narrows_one_entry_and_leaves_the_signed_catalog_as_it_is()
    {
        var narrowed = Catalog.Without(new HashSet<EntryId> { SmallestCatalog.Entry, EntryId.Parse("not-there") });
        Assert.Equal(CatalogDenial.EntrySwitchedOff, narrowed.DenialOf(Good)!.Value.Reason);
        Assert.Null(Catalog.DenialOf(Good));
        Assert.True(narrowed.Sha256.Span.SequenceEqual(Catalog.Sha256.Span));
        Assert.Equal(CatalogDenial.EntrySwitchedOff, narrowed.Without(new HashSet<EntryId>()).DenialOf(Good)!.Value.Reason);
    }

    private static (StatuteCatalog Catalog, CatalogQuestion Question) Provoke(CatalogDenial reason, StatuteCatalog catalog, CatalogQuestion question) =>
        reason switch
        {
            CatalogDenial.CatalogExpired => (catalog, question with { Date = new DateOnly(2027, 1, 1) }),
            CatalogDenial.RequesterIsProvider => (catalog, question with { Provider = question.Provider with { Id = question.Requester.Id } }),
            CatalogDenial.EntryUnknown => (catalog, question with { Entry = EntryId.Parse("107.mayor.109-1-i") }),
            CatalogDenial.EntryNotInForce => (catalog, question.Date.Year > 2026 ? question : question with { Date = new DateOnly(2025, 9, 15) }),
            CatalogDenial.EntrySwitchedOff => (catalog.Without(new HashSet<EntryId> { SmallestCatalog.Entry }), question),
            CatalogDenial.RequesterNotInEntry => (catalog, question with { Requester = question.Requester with { Categories = [] } }),
            CatalogDenial.ProviderNotInEntry => (catalog, question with { Provider = question.Provider with { Categories = [] } }),
            CatalogDenial.RoleNotInEntry => (catalog, question with { Role = SubjectRole.Parse("child") }),
            CatalogDenial.KindNotInEntry => (catalog, question with { Kinds = [SmallestCatalog.Tax, KindId.Parse("public-assistance")] }),
            CatalogDenial.ModeNotAllowed => (catalog, question with { Mode = ExchangeModes.Notice }),
            CatalogDenial.ConditionMissing => (catalog, question with { Conditions = question.Conditions with { TaxYear = null } }),
            CatalogDenial.ConditionNotAllowed => (catalog, question with { Conditions = question.Conditions with { AsOf = question.Date } }),

            // A year that was taken out stays out: what is missing comes before what is wrong.
            CatalogDenial.ConditionOutOfRange => (catalog, question.Conditions.TaxYear is null
                ? question
                : question with { Conditions = question.Conditions with { TaxYear = 1999 } }),
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        };
}
