using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Trust;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Sources.Replicas;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>Exchanges over the wire while a revision of a layout goes round.</summary>
public sealed class LayoutRevisionExchangeTests
{
    private const string Item = "table-version";
    private static readonly DateOnly Revision = new(2024, 5, 28); // The day after the sample's first catalog.

    [Fact]
    public async Task The_tokens_catalog_decides_in_which_layout_is_answered()
    {
        using var folder = new TemporaryFolder();
        using (var system = new SqliteConnection($"Data Source={folder.Path("tax.db")};Pooling=false"))
        {
            system.Execute("CREATE TABLE kazei(atena, nendo, kubun, kinto, shotoku, goukei, haigu, fuyo, fuyo16, kettei, memo); INSERT INTO kazei VALUES ('S-1', 2026, '03', 3000, 0, 1, '無', 0, 0, NULL, 7)");
        }

        await using var network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Kinds = [],
            Witnessed = false,
            Provider = options =>
            {
                options.Sources.Add(Source(folder));
                options.Sources[0].Until = Revision.AddDays(-1);
                options.Sources.Add(Source(folder));
                options.Sources[1].From = Revision;
                options.Sources[1].Map![Item] = new ItemMapOptions { From = "memo", Number = true };
            },
        });
        await network.LinkAsync(1);
        Assert.Null(await VersionAsync());

        var text = await File.ReadAllTextAsync(network.Folder.CatalogPath);
        await File.WriteAllTextAsync(network.Folder.CatalogPath, text
            .Replace("effectiveFrom: 2024-05-27", "effectiveFrom: 2024-05-28", StringComparison.Ordinal)
            .Replace("      tax-year: {", $"      {Item}: {{ name: {{ ja: 表の版, en: version of the table }}, type: integer, min: 1, max: 9, required: true }}\n      tax-year: {{", StringComparison.Ordinal));
        var next = network.Folder.Sign(DocumentKind.Catalog);

        // The provider has the next one already, and the token is of the one before.
        Assert.True(network.Provider.Trust.Folder.Accept(next));
        Assert.Equal(2, network.Provider.Trust.Catalog.Version);
        Assert.Null(await VersionAsync());

        await network.Network.Broker.Acts.PublishAsync("operator", next);
        await Until.TrueAsync(() => network.Requester.Trust.Catalog.Version == 2);
        Assert.Equal("7", await VersionAsync());

        async Task<string?> VersionAsync()
        {
            var kinds = Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]).Kinds;
            return kinds[Asked.Tax].ContainsKey(Item) ? kinds.Value(Asked.Tax, Item) : null;
        }
    }

    private static SourceOptions Source(TemporaryFolder folder) => new()
    {
        Kind = Asked.Tax,
        Sqlite = folder.Path("tax.db"),
        Query = "SELECT * FROM kazei WHERE atena = @person AND nendo = @taxYear",
        Map = ReplicaWorld.Map(),
    };
}
