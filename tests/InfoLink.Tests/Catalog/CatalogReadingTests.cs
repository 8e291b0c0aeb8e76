using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using Xunit;

namespace InfoLink.Tests.Catalog;

/// <summary>What is written in a catalog file is what the catalog says.</summary>
public sealed class CatalogReadingTests
{
    private const string EntryEnd = "    impactAssessment: done\n";
    private const string ItemsEnd = "tasks:\n";

    [Theory]
    [InlineData("consent")]
    [InlineData("openCase")]
    [InlineData("manual")]
    [InlineData("identityCheck")]
    public void Each_requirement_is_its_own(string name)
    {
        var expected = name switch
        {
            "consent" => new Requirements(Consent: true),
            "openCase" => new Requirements(OpenCase: true),
            "manual" => new Requirements(Manual: true),
            _ => new Requirements(IdentityCheck: true),
        };
        Assert.Equal(expected, Entry($"    requires: [{name}]\n").Requirements);
        Assert.Equal(new Requirements(), Entry("").Requirements);
    }

    [Fact]
    public void Every_field_of_an_entry_is_read()
    {
        var entry = Entry(
            """
                requires: [consent, openCase, manual, identityCheck]
                display: { holdDays: 30, ground: 児童虐待の防止等に関する法律 }
                carriesIndividualNumber: true

            """);
        Assert.Equal(new Requirements(Consent: true, OpenCase: true, Manual: true, IdentityCheck: true), entry.Requirements);
        Assert.Equal(new DisplayRule(30, "児童虐待の防止等に関する法律"), entry.Display);
        Assert.True(entry.CarriesIndividualNumber);
        Assert.Equal(("106", "108-1-ro", 7), (entry.Row, entry.ArticleLeaf, entry.AnswerDeadlineDays));
        Assert.Equal(new Bilingual("第108条第1号ロ", "article 108"), entry.Citation);
        Assert.Equal(new Bilingual("審査", "examining"), entry.Task);
        Assert.Equal(new Bilingual("決定", "deciding"), entry.Purpose);
        Assert.Equal(new Bilingual("情報", "information"), entry.Information);
        Assert.Equal([new RoleName(SmallestCatalog.Question().Role, new Bilingual("請求者", "claimant"))], entry.Roles);
        Assert.Equal(ExchangeModes.Single | ExchangeModes.Bulk, entry.Modes);
        Assert.Equal(new TaxYearRule(ConditionUse.Required, 2022, 2026), entry.Conditions.TaxYear);
    }

    [Fact]
    public void Conditions_are_read_with_their_ranges_and_forbidden_where_nothing_is_written()
    {
        var rules = SmallestCatalog.Load(text => text.Replace(
            "      taxYear: { use: required, from: 2022, to: 2026 }\n",
            """
                  taxYear: { use: optional, from: 2025, to: 2026 }
                  period: { use: optional, earliest: 2026-01-01, latest: 2026-06-30, maxMonths: 3 }
                  asOf: { use: optional, earliest: 2020-01-01 }

            """,
            StringComparison.Ordinal)).Entries[SmallestCatalog.Entry].Conditions;
        Assert.Equal(new TaxYearRule(ConditionUse.Optional, 2025, 2026), rules.TaxYear);
        Assert.Equal(new PeriodRule(ConditionUse.Optional, new DateOnly(2026, 1, 1), new DateOnly(2026, 6, 30), 3), rules.Period);
        Assert.Equal(new AsOfRule(ConditionUse.Optional, new DateOnly(2020, 1, 1), Latest: null), rules.AsOf);
        Assert.Equal(ConditionUse.Forbidden, Entry("").Conditions.AsOf.Use);
    }

    [Fact]
    public void Every_type_of_item_is_read_with_its_bounds()
    {
        var items = Items(
            """
                  free: { name: { ja: 他, en: x }, type: string, required: false }
                  exact: { name: { ja: 他, en: x }, type: string, length: 4, pattern: "[0-9]{4}", required: true, absent: [not-recorded, withheld-by-law] }
                  day: { name: { ja: 他, en: x }, type: date, min: 2000-01-01, required: true }
                  rate: { name: { ja: 他, en: x }, type: decimal, min: -0.5, max: 12.25, scale: 2, required: true }
                  code: { name: { ja: 他, en: x }, type: codeList, codes: { "01": { ja: 一, en: one }, "9Z": { ja: 他, en: other } }, required: true }
                  flag: { name: { ja: 他, en: x }, type: boolean, required: true }

            """);
        Assert.Equal(new ItemType.Text(1, 200, Pattern: null), items["free"].Type);
        Assert.False(items["free"].Required);
        var exact = Assert.IsType<ItemType.Text>(items["exact"].Type);
        Assert.Equal((4, 4, "[0-9]{4}"), (exact.MinLength, exact.MaxLength, exact.Pattern?.Source));
        Assert.Equal([AbsenceReason.NotRecorded, AbsenceReason.WithheldByLaw], items["exact"].AbsenceReasons);
        Assert.Equal(new ItemType.Date(new DateOnly(2000, 1, 1), DateOnly.MaxValue), items["day"].Type);
        Assert.Equal(new ItemType.Decimal(-0.5m, 12.25m, 2), items["rate"].Type);
        Assert.Equal(["01", "9Z"], Assert.IsType<ItemType.CodeList>(items["code"].Type).Codes.Select(code => code.Code), StringComparer.Ordinal);
        Assert.IsType<ItemType.Boolean>(items["flag"].Type);
    }

    [Fact]
    public void A_marked_entry_may_hold_an_individual_number()
    {
        var catalog = SmallestCatalog.Load(text => text
            .Replace(ItemsEnd, "      number: { name: { ja: 個人番号, en: number }, type: individualNumber, required: true }\n" + ItemsEnd, StringComparison.Ordinal)
            .Replace(EntryEnd, EntryEnd + "    carriesIndividualNumber: true\n", StringComparison.Ordinal));
        Assert.IsType<ItemType.IndividualNumber>(catalog.Kinds[SmallestCatalog.Tax].Items[^1].Type);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{ a: ")]
    [InlineData("- ")]
    [InlineData("- a\n")]
    [InlineData("a: &x [*x]\n")]
    [InlineData("? ")]
    [InlineData("\"")]
    [InlineData("%")]
    [InlineData("--- a\n")]
    public void Sixteen_mebibytes_of_anything_end_in_errors(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, 16 * 1024 * 1024 / text.Length)));
        Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("hostile.yaml", bytes));
    }

    [Fact]
    public void An_error_shows_no_control_characters_of_the_file()
    {
        var broken = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("hostile.yaml", "\"a\\e[2Jb\\nc\": 1\n"u8));
        Assert.Contains(broken.Errors, error => error.Field is "[a\uFFFD[2Jb\uFFFDc]");
    }

    private static StatuteEntry Entry(string more) =>
        SmallestCatalog.Load(text => text.Replace(EntryEnd, EntryEnd + more, StringComparison.Ordinal)).Entries[SmallestCatalog.Entry];

    private static Dictionary<string, DataItem> Items(string more) =>
        SmallestCatalog.Load(text => text.Replace(ItemsEnd, more + ItemsEnd, StringComparison.Ordinal))
            .Kinds[SmallestCatalog.Tax].Items.ToDictionary(item => item.Id, StringComparer.Ordinal);
}
