using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using Xunit;

namespace InfoLink.Tests.Catalog;

/// <summary>The catalog that ships with the sample network, held against the facts of the Order in contracts/vectors/order_rows.json.</summary>
public sealed class SampleCatalogTests
{
    private static readonly string File = RepositoryRoot.Path("samples", "Network", "catalog.yaml");
    private static readonly StatuteCatalog Catalog = Load();
    private static readonly OrderRow[] Rows = ReadRows();

    [Fact]
    public void It_loads_and_its_examples_hold()
    {
        Assert.True(Catalog.Examples.Length >= 12);
        Assert.All(Catalog.Examples, example => Assert.True(example.HoldsIn(Catalog), example.Name));
        Assert.Contains(Catalog.Examples, example => example.Denial is null);
        Assert.Equal(
            Enum.GetValues<CatalogDenial>(),
            Catalog.Examples.Select(example => example.Denial).OfType<CatalogDenial>().Distinct().Order());
    }

    [Fact]
    public void It_bears_the_hash_of_its_bytes() =>
        Assert.True(Catalog.Sha256.Span.SequenceEqual(SHA256.HashData(System.IO.File.ReadAllBytes(File))));

    [Theory]
    [InlineData("municipal-inhabitant-tax", ProviderRule.AddressOnFirstOfJanuary)]
    [InlineData("resident-record-relationship", ProviderRule.CurrentAddress)]
    [InlineData("family-register", ProviderRule.Sole)]
    [InlineData("pension-benefit", ProviderRule.Named)] // Several payers: a human knows which.
    public void Each_kind_says_by_which_rule_its_provider_is_found(string kind, ProviderRule rule) => Assert.Equal(rule, Catalog.Kinds[KindId.Parse(kind)].Provider);

    [Fact]
    public void Every_entry_quotes_the_Order()
    {
        foreach (var entry in Catalog.Entries.Values)
        {
            var leaf = LeafOf(entry);
            Assert.Equal(leaf.Task, entry.Task.Ja);

            // Where the article says something before its list, the quote is that, the leaf's number, and the leaf.
            Assert.Equal(leaf.Lead.Length == 0 ? leaf.Text : $"{leaf.Lead}　{leaf.No}　{leaf.Text}", entry.Information.Ja);
        }
    }

    [Fact]
    public void Every_leaf_of_the_facts_is_in_the_catalog() =>
        Assert.Equal(Rows.Sum(row => row.Leaves.Length), Catalog.Entries.Count);

    [Fact]
    public void An_entry_is_named_and_cited_by_its_row_and_leaf()
    {
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
        foreach (var entry in Catalog.Entries.Values)
        {
            Assert.Equal(entry.Row, entry.Id.Value.Split('.')[0]);
            Assert.Equal(entry.ArticleLeaf, entry.Id.Value.Split('.')[^1]);
            var parts = entry.ArticleLeaf.Split('-');
            var cited = Regex.Match(
                entry.Citation.Ja,
                "^第2条の表(?<row>[0-9]+)の項・第(?<article>[0-9]+)条第(?<item>[0-9]+)号(?<sub>[ァ-ヶ]?)$",
                Options,
                TimeSpan.FromSeconds(1));
            Assert.Equal((entry.Row, parts[0], parts[1]), (cited.Groups["row"].Value, cited.Groups["article"].Value, cited.Groups["item"].Value));
            Assert.Equal(parts.Length > 2 ? parts[2] : "", Romaji(cited.Groups["sub"].Value));
        }
    }

    [Fact]
    public void Every_requester_and_provider_is_one_that_the_table_names()
    {
        foreach (var entry in Catalog.Entries.Values)
        {
            var (row, leaf) = (RowOf(entry), LeafOf(entry));
            Assert.All(entry.Requester.OfType<Designation.Category>(), named => Assert.True(Names(row.Requester, named), $"{entry.Id}: {named.Id}"));

            // 医療保険者 and 共済組合等 are defined as sets of offices elsewhere in the table.
            if (!leaf.Provider.Contains("医療保険者", StringComparison.Ordinal) && !leaf.Provider.Contains("共済組合等", StringComparison.Ordinal))
            {
                Assert.All(entry.Provider.OfType<Designation.Category>(), named => Assert.True(Names(leaf.Provider, named), $"{entry.Id}: {named.Id}"));
            }
        }
    }

    [Fact]
    public void Row_106_is_complete_and_at_least_nine_other_rows_have_other_requesters()
    {
        string[] leaves =
        [
            "108-1-i", "108-1-ro", "108-1-ha", "108-1-ni", "108-2", "108-3-i", "108-3-ro", "108-3-ha", "108-4", "108-5", "108-6-i", "108-6-ro",
            "108-6-ha",
        ];
        Assert.Equal(
            leaves.Order(StringComparer.Ordinal),
            Catalog.Entries.Values.Where(entry => entry.Row is "106").Select(entry => entry.ArticleLeaf).Order(StringComparer.Ordinal),
            StringComparer.Ordinal);
        Assert.True(Rows.Where(row => row.Row is not "106").Select(row => row.Requester).Distinct(StringComparer.Ordinal).Count() >= 9);
    }

    [Fact]
    public void Public_assistance_exists_and_row_106_does_not_hold_it()
    {
        var kind = KindId.Parse("public-assistance");
        Assert.True(Catalog.Kinds.ContainsKey(kind));
        Assert.Contains(Catalog.Entries.Values, entry => entry.Kinds.Contains(kind));
        Assert.DoesNotContain(Catalog.Entries.Values, entry => entry.Row is "106" && entry.Kinds.Contains(kind));
    }

    [Fact]
    public void A_claimants_tax_in_its_usual_form_keeps_the_layout()
    {
        var answers = new Dictionary<string, ItemAnswer>(StringComparer.Ordinal)
        {
            ["tax-year"] = new ItemAnswer.Value("2026"),
            ["taxation-class"] = new ItemAnswer.Value("3"),
            ["per-capita-levy"] = new ItemAnswer.Value("3000"),
            ["income-levy"] = new ItemAnswer.Value("187500"),
            ["total-income"] = new ItemAnswer.Value("4200000"),
            ["spouse-in-same-livelihood"] = new ItemAnswer.Value("false"),
            ["dependants"] = new ItemAnswer.Value("0"),
            ["dependants-under-16"] = new ItemAnswer.Absent(AbsenceReason.NotRecorded),
        };
        Assert.Empty(Layout.Check(Catalog.Kinds[KindId.Parse("municipal-inhabitant-tax")], answers));
    }

    private static OrderRow RowOf(StatuteEntry entry) => Rows.Single(row => string.Equals(row.Row, entry.Row, StringComparison.Ordinal));

    private static OrderLeaf LeafOf(StatuteEntry entry) =>
        RowOf(entry).Leaves.Single(leaf => string.Equals(leaf.Leaf, entry.ArticleLeaf, StringComparison.Ordinal));

    private static bool Names(string wording, Designation.Category category)
    {
        var name = Catalog.Categories[category.Id].Name.Ja;
        var office = name.Split('（')[0];
        return wording.Replace("昭和二十六年法律第百九十三号", "", StringComparison.Ordinal).Replace("（）", "", StringComparison.Ordinal)
            .Contains(office, StringComparison.Ordinal);
    }

    private static string Romaji(string kana)
    {
        const string Order = "イロハニホヘトチリヌルヲワカヨタレソ";
        string[] read = ["i", "ro", "ha", "ni", "ho", "he", "to", "chi", "ri", "nu", "ru", "wo", "wa", "ka", "yo", "ta", "re", "so"];
        return kana.Length == 0 ? "" : read[Order.IndexOf(kana, StringComparison.Ordinal)];
    }

    private static StatuteCatalog Load() => CatalogFile.Read(File) switch
    {
        Loaded<StatuteCatalog>.Whole whole => whole.Value,
        Loaded<StatuteCatalog>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
        _ => throw new InvalidOperationException(),
    };

    private static OrderRow[] ReadRows()
    {
        using var stream = System.IO.File.OpenRead(RepositoryRoot.Path("contracts", "vectors", "order_rows.json"));
        return JsonSerializer.Deserialize<OrderFacts>(stream, JsonSerializerOptions.Web)!.Rows;
    }

    private sealed record OrderFacts(string Source, OrderRow[] Rows);

    private sealed record OrderRow(string Row, string Article, string Requester, OrderLeaf[] Leaves);

    private sealed record OrderLeaf(string Provider, string Leaf, string Task, string Lead, string No, string Text);
}
