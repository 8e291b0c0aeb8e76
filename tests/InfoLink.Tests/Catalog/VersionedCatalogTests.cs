using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using Xunit;

namespace InfoLink.Tests.Catalog;

/// <summary>From one signed version to the next: what is distributed today for tomorrow, the old entry for older claims, and what a diff tells.</summary>
public sealed class VersionedCatalogTests
{
    private static readonly DateTimeOffset September = new(2026, 9, 20, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The smallest catalog, whose one entry ends in September; another takes its place, and the old one stays for claims made before.</summary>
    private static readonly string Amended = SmallestCatalog.Text
        .Replace("version: 1\n", "", StringComparison.Ordinal)
        .Replace("effectiveFrom: 2026-01-01", "effectiveFrom: 2026-10-01", StringComparison.Ordinal)
        .Replace("    validity: { from: 2026-01-01 }\n", "    validity: { from: 2026-01-01, until: 2026-09-30, transitional: { claimsBefore: 2026-10-01, until: 2026-10-20 } }\n", StringComparison.Ordinal)
        .Replace("examples:\n", Entry().Replace("  106.mayor.108-1-ro:", "  106.mayor.108-1-ha:", StringComparison.Ordinal)
            .Replace("leaf: 108-1-ro", "leaf: 108-1-ha", StringComparison.Ordinal)
            .Replace("from: 2026-01-01 }", "from: 2026-10-01 }", StringComparison.Ordinal) + "examples:\n", StringComparison.Ordinal)
        .Replace("    entry: 106.mayor.108-1-ro\n    role", "    entry: 106.mayor.108-1-ha\n    role", StringComparison.Ordinal)
        .Replace("    date: 2026-09-15\n", "", StringComparison.Ordinal);

    private static readonly SignedDocument First = Draft(SmallestCatalog.Text, previous: null, September.AddDays(-19), new DateOnly(2026, 10, 5));
    private static readonly SignedDocument Second = Draft(Amended, Documents.Catalog(First).Header, September, new DateOnly(2026, 10, 25));

    [Theory]
    [InlineData("2026-09-30T14:59:59Z", null, 1, null)] // In Japan the last second of September: the old version, and the old entry for everybody.
    [InlineData("2026-09-30T15:00:00Z", null, 2, CatalogDenial.EntryNotInForce)]
    [InlineData("2026-09-30T15:00:00Z", "2026-09-30", 2, null)]
    [InlineData("2026-09-30T15:00:00Z", "2026-10-01", 2, CatalogDenial.EntryNotInForce)]
    [InlineData("2026-10-20T14:00:00Z", "2026-09-30", 2, null)]
    [InlineData("2026-10-20T15:00:00Z", "2026-09-30", 2, CatalogDenial.EntryNotInForce)] // The rule has ended.
    public void The_old_entry_goes_on_for_claims_made_before(string asked, string? claimed, int version, CatalogDenial? denial)
    {
        var now = DateTimeOffset.Parse(asked);
        var set = CatalogSet.Empty.With(Documents.Catalog(First).Value, September).With(Documents.Catalog(Second).Value, September);
        var inForce = set.InForce(now);
        Assert.Equal(version, inForce.Version);
        var question = SmallestCatalog.Question() with { Date = JapanTime.CivilDate(now), ClaimedOn = claimed is null ? null : DateOnly.Parse(claimed) };
        Assert.Equal(denial, inForce.DenialOf(question)?.Reason);
    }

    [Theory]
    [InlineData("2026-09-30T14:59:59Z", CatalogDenial.EntryUnknown)]
    [InlineData("2026-09-30T15:00:00Z", null)]
    public void The_new_entry_begins_with_its_version(string asked, CatalogDenial? denial)
    {
        var now = DateTimeOffset.Parse(asked);
        var set = CatalogSet.Empty.With(Documents.Catalog(First).Value, September).With(Documents.Catalog(Second).Value, September);
        var question = SmallestCatalog.Question() with { Date = JapanTime.CivilDate(now), Entry = EntryId.Parse("106.mayor.108-1-ha") };
        Assert.Equal(denial, set.InForce(now).DenialOf(question)?.Reason);
    }

    [Fact]
    public void An_example_without_a_day_is_of_the_catalogs_first() =>
        Assert.Equal(new DateOnly(2026, 10, 1), Documents.Catalog(Second).Value.Examples.Single().Question.Date);

    [Fact]
    public void The_difference_names_fields_entries_and_rows()
    {
        var changes = DocumentDiff.Between(DocumentFile.Of("one", First), DocumentFile.Of("two", Second));
        Assert.Equal(
            [
                "Changed effectiveFrom",
                "Added entries[106.mayor.108-1-ha]",
                "Added entries[106.mayor.108-1-ro].validity.transitional",
                "Added entries[106.mayor.108-1-ro].validity.until",
                "Removed examples",
                "Added examples",
                "Changed expires",
            ],
            changes.Select(change => $"{change.Change} {change.Path}"),
            StringComparer.Ordinal);
        Assert.Equal(new LawPlace("106.mayor.108-1-ro", "106", "108-1-ro"), changes[3].Law);
        Assert.Equal((null, "2026-09-30"), (changes[3].Before, changes[3].After));
    }

    [Fact]
    public void A_file_and_what_was_built_from_it_say_the_same_but_for_their_last_day()
    {
        var yaml = ((Loaded<DocumentFile>.Whole)DocumentFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(SmallestCatalog.Text))).Value;
        Assert.Equal(["expires"], DocumentDiff.Between(DocumentFile.Of("built", First), yaml).Select(change => change.Path), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("max: 999", "max: 9999", "kinds.tax.items.amount.max")]
    [InlineData("en: deciding", "en: other", "tasks[108-1].purpose.en")]
    [InlineData("en: mayor }", "en: Mayor }", "categories.mayor.name.en|categories.mayor.en")]
    public void What_a_changed_definition_means_for_entries_is_said(string old, string changed, string paths)
    {
        var before = ((Loaded<DocumentFile>.Whole)DocumentFile.Parse("a.yaml", Encoding.UTF8.GetBytes(SmallestCatalog.Text))).Value;
        var after = ((Loaded<DocumentFile>.Whole)DocumentFile.Parse("b.yaml", Encoding.UTF8.GetBytes(SmallestCatalog.Text.Replace(old, changed, StringComparison.Ordinal)))).Value;
        var change = Assert.Single(DocumentDiff.Between(before, after));
        Assert.Contains(change.Path, paths.Split('|'), StringComparer.Ordinal);
        Assert.Equal(["106.mayor.108-1-ro"], change.Concerns, StringComparer.Ordinal);
    }

    [Fact]
    public void Layouts_and_roles_keep_their_order_through_canonical_JSON()
    {
        var sample = File.ReadAllBytes(RepositoryRoot.Path("samples", "Network", "catalog.yaml"));
        var authored = ((Loaded<StatuteCatalog>.Whole)CatalogFile.Parse("catalog.yaml", sample)).Value;
        var built = Documents.Catalog(((Loaded<SignedDocument>.Whole)CatalogFile.Draft(
            "catalog.yaml", sample, "infolink.test", previous: null, September, new DateOnly(2026, 10, 25))).Value).Value;
        foreach (var kind in authored.Kinds.Values)
        {
            Assert.Equal(kind.Items.Select(item => item.Id), built.Kinds[kind.Id].Items.Select(item => item.Id), StringComparer.Ordinal);
        }

        foreach (var entry in authored.Entries.Values)
        {
            Assert.Equal(entry.Roles, built.Entries[entry.Id].Roles);
        }
    }

    [Fact]
    public void Errors_name_the_entry_its_row_and_its_leaf_in_YAML_and_in_canonical_JSON()
    {
        var yaml = SmallestCatalog.Text.Replace("    kinds: [tax]\n    conditions", "    kinds: [taxes]\n    conditions", StringComparison.Ordinal);
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(yaml))).Errors.First();
        Assert.Equal(new LawPlace("106.mayor.108-1-ro", "106", "108-1-ro"), error.Law);
        Assert.Matches("^catalog.yaml:[0-9]+: entries\\[106.mayor.108-1-ro\\].kinds\\[0\\]: There is no kind 'taxes'.* \\(entry 106.mayor.108-1-ro, row 106 of the Order's table, leaf 108-1-ro\\)$", error.ToString());

        var json = Encoding.UTF8.GetString(First.Payload.Span).Replace("\"kinds\":[\"tax\"],\"leaf\"", "\"kinds\":[\"taxes\"],\"leaf\"", StringComparison.Ordinal);
        var refused = Assert.Throws<DocumentException>(() => Documents.Catalog(SignedDocument.Draft(Encoding.UTF8.GetBytes(json))));
        Assert.Contains("catalog: entries[106.mayor.108-1-ro].kinds[0]: There is no kind 'taxes'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("(entry 106.mayor.108-1-ro, row 106 of the Order's table, leaf 108-1-ro)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_example_that_fails_names_the_entry_that_it_asks_for_and_a_broken_row_is_shown_as_far_as_it_goes()
    {
        var failing = SmallestCatalog.Text.Replace("expect: allowed", "expect: EntryUnknown", StringComparison.Ordinal);
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(failing))).Errors.Single();
        Assert.Equal("106", error.Law?.Row);

        var broken = SmallestCatalog.Text.Replace("    row: 106\n", "    row: 百六\n", StringComparison.Ordinal).Replace("    leaf: 108-1-ro\n", "", StringComparison.Ordinal);
        var errors = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(broken))).Errors;
        Assert.All(errors, found => Assert.Equal(new LawPlace("106.mayor.108-1-ro", "百六", ""), found.Law));
        Assert.Equal(2, errors.Length);

        var twice = SmallestCatalog.Text.Replace("    row: 106\n", "    row: 106\n    row: 106\n", StringComparison.Ordinal); // Found while it is still nothing but YAML.
        Assert.Equal("106", Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(twice))).Errors.Single().Law?.Row);
    }

    [Fact]
    public void An_error_outside_of_entries_names_none()
    {
        var yaml = SmallestCatalog.Text.Replace("legalTerm: 地方税関係情報", "legalTerm: \"\"", StringComparison.Ordinal);
        Assert.Null(Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(yaml))).Errors.First().Law);
    }

    private static string Entry()
    {
        var text = SmallestCatalog.Text;
        var start = text.IndexOf("  106.mayor.108-1-ro:", StringComparison.Ordinal);
        return text[start..text.IndexOf("examples:", StringComparison.Ordinal)];
    }

    private static SignedDocument Draft(string yaml, DocumentHeader? previous, DateTimeOffset now, DateOnly expires) =>
        CatalogFile.Draft("catalog.yaml", Encoding.UTF8.GetBytes(yaml), "infolink.test", previous, now, expires) switch
        {
            Loaded<SignedDocument>.Whole whole => whole.Value,
            Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException(),
        };
}
