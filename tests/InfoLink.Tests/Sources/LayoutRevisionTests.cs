using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.Catalog;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;
using StatuteCatalog = InfoLink.Contracts.Catalog.StatuteCatalog;

namespace InfoLink.Tests.Sources;

/// <summary>A layout that a revision changes: two maps of one kind side by side, each for the catalogs of its days.</summary>
public sealed class LayoutRevisionTests : IDisposable
{
    private static readonly DateOnly Revision = new(2026, 10, 1);
    private readonly TemporaryFolder _folder = new();
    private readonly Journal _journal = new();
    private readonly StatuteCatalog _before = SmallestCatalog.Load();
    private readonly StatuteCatalog _after = SmallestCatalog.Load(text => text
        .Replace("version: 1", "version: 2", StringComparison.Ordinal)
        .Replace("effectiveFrom: 2026-01-01", "effectiveFrom: 2026-10-01", StringComparison.Ordinal)
        .Replace("date: 2026-09-15", "date: 2026-10-15", StringComparison.Ordinal)
        .Replace("      amount: {", "      currency: { name: { ja: 通貨, en: currency }, type: string, maxLength: 3, required: true }\n      amount: {", StringComparison.Ordinal));

    public LayoutRevisionTests()
    {
        using var system = new SqliteConnection($"Data Source={_folder.Path("tax.db")};Pooling=false");
        system.Execute("CREATE TABLE tax(person TEXT, gaku INTEGER, tsuuka TEXT); INSERT INTO tax VALUES ('S-1', 300, 'JPY')");
    }

    public void Dispose()
    {
        _folder.Dispose();
        _journal.AssertNoUnexpectedError();
    }

    [Fact]
    public async Task Each_layout_is_answered_by_the_source_of_its_days()
    {
        var options = Options(Source(until: Revision.AddDays(-1)), Source(from: Revision, withCurrency: true));
        Assert.DoesNotContain(options.Errors(), error => error.StartsWith("sources", StringComparison.Ordinal));
        Assert.Empty(SourceFit.Errors(options, _before));
        Assert.Empty(SourceFit.Errors(options, _after));
        await using var opened = Open(options);
        var table = Table(opened);
        Assert.Equal("amount=300", await ReadAsync(table, _before));
        Assert.Equal("amount=300 currency=JPY", await ReadAsync(table, _after));
        Assert.Null(await table.WaitAsIfReadAsync(_after, [SmallestCatalog.Tax], CancellationToken.None));
    }

    [Fact]
    public void A_map_that_does_not_fit_is_told_for_the_layout_of_its_own_days_and_before_they_come()
    {
        var options = Options(Source());
        var catalogs = CatalogSet.Empty.With(_before, Now).With(_after, Now);
        Assert.Empty(SourceFit.Errors(options, _before));
        Assert.Equal("From 2026-10-01 on: sources, tax, map: the required item 'currency' is missing.", Assert.Single(SourceFit.ErrorsToCome(options, catalogs, Now)));
        Assert.Empty(SourceFit.ErrorsToCome(options, catalogs, JapanTime.StartOf(Revision)));
        Assert.Single(SourceFit.Errors(options, catalogs.InForce(JapanTime.StartOf(Revision))));

        var ended = Options(Source(until: Revision.AddDays(-1)));
        Assert.Equal("sources, tax: none is for the catalog of 2026-10-01 (version 2); see 'from' and 'until'.", Assert.Single(SourceFit.Errors(ended, _after)));
        Assert.False(Table(Open(ended)).Serves(SmallestCatalog.Tax, _after));
        Assert.True(Table(Open(ended)).Serves(SmallestCatalog.Tax, _before));
    }

    [Fact]
    public void Two_sources_for_one_day_are_an_error_and_so_are_days_that_run_backwards()
    {
        Assert.Contains(Options(Source(until: Revision), Source(from: Revision)).Errors(), error => error.Contains("has two sources for the same days", StringComparison.Ordinal));
        Assert.Contains(Options(Source(), Source(from: Revision)).Errors(), error => error.Contains("has two sources for the same days", StringComparison.Ordinal));
        Assert.Contains(Options(Source(from: Revision, until: Revision.AddDays(-1))).Errors(), error => error.Contains("until lies before from", StringComparison.Ordinal));
        Assert.Equal(["tax", "tax@2026-10-01"], new[] { Source(until: Revision), Source(from: Revision) }.Select(source => source.Id), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_program_s_own_source_is_told_which_layout_is_asked_for()
    {
        var asked = new List<DateOnly>();
        var table = new SourceTable(
            new Dictionary<KindId, IInformationSource>
            {
                [SmallestCatalog.Tax] = new DelegateSource((request, _) =>
                {
                    asked.Add(request.LayoutFrom);
                    return Task.FromResult<Items?>(null);
                }),
            },
            TimeSpan.FromSeconds(10),
            TimeProvider.System,
            _journal.Loggers.CreateLogger<SourceTable>());
        await ReadAsync(table, _before);
        await ReadAsync(table, _after);
        Assert.Equal([_before.EffectiveFrom, Revision], asked);
    }

    private static DateTimeOffset Now => new(2026, 9, 15, 0, 0, 0, TimeSpan.Zero);

    private AgentOptions Options(params IEnumerable<SourceOptions> sources) => new() { Folder = _folder.Path(), Sources = [.. sources] };

    private static ConfiguredSources Open(AgentOptions options) => ConfiguredSources.Open(new Dictionary<KindId, IInformationSource>(), persons: null, options, TimeProvider.System);

    private SourceTable Table(ConfiguredSources opened) => new(opened.All, TimeSpan.FromSeconds(10), TimeProvider.System, _journal.Loggers.CreateLogger<SourceTable>());

    private static SourceOptions Source(DateOnly? from = null, DateOnly? until = null, bool withCurrency = false)
    {
        var source = new SourceOptions
        {
            Kind = SmallestCatalog.Tax.Value,
            From = from,
            Until = until,
            Sqlite = "tax.db",
            Query = "SELECT * FROM tax WHERE person = @person",
            Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal) { ["amount"] = new() { From = "gaku" } },
        };
        if (withCurrency)
        {
            source.Map["currency"] = new ItemMapOptions { From = "tsuuka" };
        }

        return source;
    }

    private static async Task<string> ReadAsync(SourceTable table, StatuteCatalog catalog)
    {
        var outcome = await table.ReadAsync(catalog, [Asked.For("S-1", new InquiryConditions { TaxYear = 2026 }, SmallestCatalog.Tax.Value)], CancellationToken.None);
        return outcome is Outcome<IReadOnlyDictionary<KindId, Items>>.Done done ? Asked.Text(done.Value[SmallestCatalog.Tax]) : "";
    }
}
