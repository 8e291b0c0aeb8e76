using System.Collections.Frozen;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Broker;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Beside;

/// <summary>
/// Three brokers behind one address, on one PostgreSQL and one Redis Cluster: real agents exchange through whichever they meet, a master of
/// the tokens dies on the way, and all logs reconcile without a difference.
/// </summary>
public sealed class ReconciledTests
{
    private const int Brokers = 3;
    private const int Exchanges = 12;

    [Fact]
    public async Task Agents_exchange_through_all_of_them_over_a_failover_and_all_logs_reconcile()
    {
        await using var redis = await RedisCluster.StartAsync();
        await using var network = TestNetwork.PrepareOnly(new() { Redis = redis.Addresses });
        var folder = network.Folder;
        var database = await SharedPostgres.CreateDatabaseAsync();
        folder.AddBroker(database);
        folder.AddBroker(database);
        await using var first = await BrokerAsync("broker/broker.json");
        await using var second = await BrokerAsync("broker-2/broker.json");
        await using var third = await BrokerAsync("broker-3/broker.json");
        BrokerHost[] brokers = [first, second, third];
        await using var address = new TcpRelay(brokers.Select(broker => broker.Endpoint));
        folder.RedirectBroker(address.Address);

        // The directory is the brokers' own, in their database: said at one, known at both.
        foreach (var agency in folder.Agencies)
        {
            await first.Acts.SetEndpointAsync("operator", AgencyId.Parse(agency), new Uri($"https://{folder.EndpointOf(agency)}"));
        }

        await using var provider = await AgentAsync(NetworkFolder.Provider);
        await using var witness = await AgentAsync(NetworkFolder.Bystander);
        foreach (var broker in brokers)
        {
            await broker.Cosigning.UntilPublishedAsync(Soon());
        }

        // An agent keeps its connection; started anew, it comes to another broker.
        for (var i = 0; i < Brokers - 1; i++)
        {
            address.Target = i;
            await using var before = await AgentAsync(NetworkFolder.Requester);
            await ExchangeAsync(before);
        }

        address.Target = Brokers - 1;
        await using var requester = await AgentAsync(NetworkFolder.Requester);
        await redis.FailOverAsync(redis.Servers[0]);
        await ServesAgainAsync(requester);
        await ExchangeAsync(requester);
        await SettledAsync(provider);

        var all = await Task.WhenAll(brokers.Select(broker => broker.Log.Store.ReadAsync(0, 1000, Soon())));
        Assert.All(all, records => Assert.True(records.Count(record => record.Open.Event == AccessEvent.Approved) >= Exchanges / Brokers));
        Assert.Contains(all.SelectMany(records => records).GroupBy(record => record.Open.ExchangeId), exchange => exchange.DistinctBy(record => record.Origin, StringComparer.Ordinal).Count() > 1);

        var bundles = Directory.CreateTempSubdirectory("infolink-bundles-");
        try
        {
            string[] exported =
            [
                await ExportAsync("broker-1", first.Log, first.Cosigning, null),
                await ExportAsync("broker-2", second.Log, second.Cosigning, null),
                await ExportAsync("broker-3", third.Log, third.Cosigning, null),
                await ExportAsync("requester", requester.Log, requester.Cosigning, NetworkFolder.Requester),
                await ExportAsync("provider", provider.Log, provider.Cosigning, NetworkFolder.Provider),
            ];
            var members = folder.Members();
            var differences = new List<Difference>();
            var options = new ReconciliationOptions
            {
                Catalogs = [folder.Catalog()],
                Each = differences.Add,
                Margin = TimeSpan.Zero,
            };
            var report = await Reconciliation.RunAsync(exported, members, options, Soon());
            Assert.Equal([], differences);
            Assert.Equal([], report.Missing);
            Assert.True(report.Sound);
            Assert.True(report.Exchanges >= Exchanges);
        }
        finally
        {
            bundles.Delete(recursive: true);
        }

        Task<BrokerHost> BrokerAsync(string file) =>
            BrokerHost.StartAsync(BrokerOptions.Read(folder.Path(file)), network.Clock, network.Journal.Loggers);

        Task<AgentHost> AgentAsync(string agency) => AgentHost.StartAsync(
            folder.AgentOptions(agency), FrozenDictionary<KindId, IInformationSource>.Empty, network.Clock, network.Journal.Loggers);

        async Task<string> ExportAsync(string name, Transparency.AccessLog log, Cosigning cosigning, string? agency)
        {
            await cosigning.UntilPublishedAsync(Soon());
            var path = Path.Combine(bundles.FullName, name);
            await BundleExport.WriteAsync(log.Store, path, agency is null ? null : folder.AgencyPath(agency, "data/pins"), network.Clock, Soon());
            return path;
        }
    }

    private static async Task ExchangeAsync(AgentHost requester)
    {
        for (var i = 0; i < Exchanges / Brokers; i++)
        {
            await AskAsync(requester);
        }
    }

    private static async Task AskAsync(AgentHost requester)
    {
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(Walk.Entry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse(Walk.Role),
            Conditions = new InquiryConditions { TaxYear = Walk.TaxYear },
        };
        var fetched = await requester.Agent.FetchAsync([ExistingSystems.ClaimantAtYokohama], inquiry, AgentNetwork.Clerk);
        Assert.IsType<FetchedPerson.Answered>(fetched.Persons[0]);
    }

    /// <summary>Brokers notice a failover at the calls that fail: each is asked until it has; tokens of every master must have been.</summary>
    private static async Task ServesAgainAsync(AgentHost requester)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        for (var inARow = 0; inARow < 5;)
        {
            try
            {
                await AskAsync(requester);
                inARow++;
            }
            catch (RefusedException refused) when (waited.Elapsed < TestNetwork.Patience)
            {
                Assert.True(refused.Refusal.Name is RefusalName.TokenStoreUnavailable or RefusalName.TokenUnknown, refused.Message);
                inARow = 0;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>Also what was asked while a failover was waited for.</summary>
    private static async Task SettledAsync(AgentHost provider)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (await OpenAsync() > 0)
        {
            Assert.True(waited.Elapsed < TestNetwork.Patience, "Not everything was settled.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        async Task<int> OpenAsync()
        {
            var records = await provider.Log.Store.ReadAsync(0, 1000, Soon());
            return records.Count(record => record.Open.Event == AccessEvent.Answered) - records.Count(record => record.Open.Event == AccessEvent.Settled);
        }
    }

    private static CancellationToken Soon() => new CancellationTokenSource(TestNetwork.Patience).Token;
}
