using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Witnessing;
using InfoLink.V1;
using Microsoft.AspNetCore.Connections;
using Microsoft.Data.Sqlite;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// Broker and two agents on real sockets and real databases, each agent with a clock of its own, and at the provider sources that the test
/// scripts. Person n is <c>Y-n</c> at the requester and <c>S-n</c> at the provider.
/// </summary>
internal sealed partial class AgentNetwork : IAsyncDisposable
{
    public const string TaxEntry = "106.municipality.108-1-ro";
    public const string RelationshipEntry = "106.municipality.108-1-ha";
    public static readonly Asker Clerk = new("児童手当係", "terminal-12", "認定請求の審査", "2026-KJ-1");
    public static readonly KindId Tax = KindId.Parse("municipal-inhabitant-tax");
    public static readonly KindId Relationship = KindId.Parse("resident-record-relationship");
    private readonly AgentNetworkOptions _options;
    private readonly ConcurrentQueue<InformationRequest> _reads = new();
    private AgentHost? _requester;
    private AgentHost? _provider;
    private BentBroker? _bent;

    private AgentNetwork(TestNetwork network, AgentNetworkOptions options)
    {
        Network = network;
        _options = options;
    }

    /// <summary>The broker, the folder, the hand-made clients.</summary>
    public TestNetwork Network { get; }

    public NetworkFolder Folder => Network.Folder;

    public LeapingClock RequesterClock { get; } = LeapingClock.Running();

    public LeapingClock ProviderClock { get; } = LeapingClock.Running();

    public AgentHost Requester => _requester ?? throw new InvalidOperationException("The requester's agent does not run.");

    public AgentHost Provider => _provider ?? throw new InvalidOperationException("The provider's agent does not run.");

    public BentBroker Bent => _bent ?? throw new InvalidOperationException("This network has an honest broker.");

    public IEntryReader BrokerRecords => _bent is null ? Network.Broker.Log.Store : Bent.Records;

    /// <summary>What the provider's existing system says; by default each person's own tax or relationship, and nothing of strangers.</summary>
    public Func<InformationRequest, CancellationToken, Task<Items?>> Source { get; set; } = (request, _) =>
        Task.FromResult<Items?>(request.Kind == Tax ? TaxOf(NumberOf(request.Person)) : RelationshipOf(NumberOf(request.Person)));

    /// <summary>What the source was asked.</summary>
    public IReadOnlyCollection<InformationRequest> Reads => _reads;

    public static async Task<AgentNetwork> StartAsync(AgentNetworkOptions? options = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await TryStartAsync(options ?? new());
            }
            catch (IOException taken) when (attempt < 5 && taken.InnerException is AddressInUseException)
            {
                // A port was taken between its choice and its use: other ports.
            }
        }
    }

    private static async Task<AgentNetwork> TryStartAsync(AgentNetworkOptions options)
    {
        var start = new TestNetworkOptions { Prepare = options.PrepareAll };
        var network = new AgentNetwork(options.BendBroker ? TestNetwork.PrepareOnly(start) : await TestNetwork.StartAsync(start), options);
        try
        {
            if (options.BendBroker)
            {
                network._bent = await BentBroker.StartAsync(network.Folder, network.Network.Clock, network.Network.Journal.Loggers);
            }

            await network.StartRequesterAsync();
            if (options.WithProvider)
            {
                await network.StartProviderAsync();
                await network.CosignedAsync();
            }

            return network;
        }
        catch (IOException)
        {
            network.Network.Journal.Expect("Failed to bind", "Hosting failed");
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Values that tell the person: total income is 1,000,000 and her number.</summary>
    public static Items TaxOf(int person) => new()
    {
        { "tax-year", "2026" },
        { "taxation-class", "3" },
        { "per-capita-levy", "3000" },
        { "income-levy", "124500" },
        { "total-income", $"{1_000_000 + person}" },
        { "salary-receipts", "4900000" },
        { "pension-receipts", AbsenceReason.NotApplicable },
        { "spouse-in-same-livelihood", "false" },
        { "dependants", "0" },
        { "dependants-under-16", "2" },
        { "assessed-on", "2026-05-15" },
    };

    public static Items RelationshipOf(int person) => new()
    {
        { "householder", "false" },
        { "householder-name", $"世帯主 {person}" },
        { "relationship", "20" },
    };

    public static string AtRequester(int person) => $"Y-{person}";

    public static string AtProvider(int person) => $"S-{person}";

    public static int NumberOf(string person) => int.Parse(person[2..]);

    public async Task StartRequesterAsync()
    {
        var options = Folder.AgentOptions(NetworkFolder.Requester);
        _options.Requester?.Invoke(options);
        _requester = await AgentHost.StartAsync(options, new Dictionary<KindId, IInformationSource>(), RequesterClock, Network.Journal.Loggers, _options.PersonsAtRequester);
    }

    public async Task StartProviderAsync()
    {
        var options = Folder.AgentOptions(NetworkFolder.Provider);
        options.Sources.Clear();
        _options.Provider?.Invoke(options);
        var scripted = new DelegateSource((request, cancellation) =>
        {
            _reads.Enqueue(request);
            return Source(request, cancellation);
        });
        _provider = await AgentHost.StartAsync(
            options, _options.Kinds.ToDictionary(KindId.Parse, _ => (IInformationSource)scripted), ProviderClock, Network.Journal.Loggers, _options.PersonsAtProvider);
    }

    /// <summary>Waits until the quorum has cosigned the broker's log as it is now.</summary>
    public async Task CosignedAsync()
    {
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        await BrokerCosigning.UntilPublishedAsync(patience.Token);
    }

    public Cosigning BrokerCosigning => _bent is null ? Network.Broker.Cosigning : Bent.Cosigning;

    public async Task StopProviderAsync()
    {
        await Provider.DisposeAsync();
        _provider = null;
    }

    /// <summary>Agents hold their ledgers for themselves: before files are looked into, nobody runs.</summary>
    public async Task StopAgentsAsync()
    {
        await StopProviderAsync();
        await StopRequesterAsync();
    }

    public async Task StopRequesterAsync()
    {
        await Requester.DisposeAsync();
        _requester = null;
    }

    /// <summary>Both agencies know these persons.</summary>
    public async Task LinkAsync(params IEnumerable<int> persons)
    {
        foreach (var person in persons)
        {
            await LinkAtRequesterAsync(person);
            await Provider.Agent.Links.PutAsync(AtProvider(person), Network.CodeOf(person, NetworkFolder.Provider));
        }
    }

    /// <summary>Only the requester knows this person.</summary>
    public Task LinkAtRequesterAsync(int person) => Requester.Agent.Links.PutAsync(AtRequester(person), Network.CodeOf(person));

    /// <summary>The requester asks for the tax of these persons.</summary>
    public Task<Fetched> AskAsync(params IEnumerable<int> persons) => AskAsync(CancellationToken.None, persons);

    public Task<Fetched> AskAsync(CancellationToken cancellation, params IEnumerable<int> persons) => Requester.Agent.FetchAsync(
        [.. persons.Select(AtRequester)],
        new Inquiry
        {
            Entry = EntryId.Parse(TaxEntry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse("claimant"),
            Conditions = new InquiryConditions { TaxYear = 2026 },
        },
        Clerk,
        cancellation);

    /// <summary>What an agency has on record, in order.</summary>
    public static async Task<IReadOnlyList<StoredEntry>> AllOfAsync(AgentHost agent) => await agent.Log.Store.ReadAsync(0, int.MaxValue, CancellationToken.None);

    public async Task<IReadOnlyList<StoredEntry>> AllOfBrokerAsync() => await BrokerRecords.ReadAsync(0, int.MaxValue, CancellationToken.None);

    /// <summary>The one entry of this event in a log.</summary>
    public static async Task<StoredEntry> OneAsync(IEntryReader store, AccessEvent what) =>
        Xunit.Assert.Single(await store.ReadAsync(0, int.MaxValue, CancellationToken.None), entry => entry.Open.Event == what);

    /// <summary>Waits until a log holds this event so many times, at most as long as the test has patience.</summary>
    /// <returns>The last of them.</returns>
    public static async Task<StoredEntry> UntilAsync(IEntryReader store, AccessEvent what, int times = 1)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience)
        {
            if ((await store.ReadAsync(0, int.MaxValue, CancellationToken.None)).Where(entry => entry.Open.Event == what).ElementAtOrDefault(times - 1) is { } found)
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        throw new TimeoutException($"No {what} came on record.");
    }

    /// <summary>How many tokens the provider's ledger holds as spent.</summary>
    public long SpentTokens()
    {
        using var ledger = new SqliteConnection($"Data Source={Folder.AgencyPath(NetworkFolder.Provider, "data/ledger.db")};Pooling=false");
        return ledger.ExecuteScalar<long>("SELECT COUNT(*) FROM spent");
    }

    /// <summary>In the member list there are no witnesses but the broker: time and connections are the exchange's alone.</summary>
    public static void WithoutWitnesses(NetworkFolder folder) => File.WriteAllText(
        folder.MembersPath, WitnessLine().Replace(File.ReadAllText(folder.MembersPath), ""));

    /// <summary>In the next catalog, the tax entry has ended.</summary>
    public static void EndTaxEntry(NetworkFolder folder)
    {
        const string Lasting = "    validity: { from: 2024-05-27 }\n";
        var catalog = File.ReadAllText(folder.CatalogPath);
        var at = catalog.IndexOf(Lasting, catalog.IndexOf($"  {TaxEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        File.WriteAllText(folder.CatalogPath, catalog.Remove(at, Lasting.Length).Insert(at, "    validity: { from: 2024-05-27, until: 2026-10-31 }\n"));
    }

    /// <summary>In the catalog of all, the tax entry is answered by a human.</summary>
    public static void AnswerTaxByHand(NetworkFolder folder) => RequireForTax(folder, "manual");

    /// <summary>In the catalog of all, both agencies must mean the same person.</summary>
    public static void CheckIdentityForTax(NetworkFolder folder) => RequireForTax(folder, "identityCheck");

    /// <summary>In the catalog of all, the tax entry is for open cases.</summary>
    public static void RequireCaseForTax(NetworkFolder folder) => RequireForTax(folder, "openCase");

    /// <summary>The catalog's text, where the tax entry requires this too.</summary>
    public static string RequiringForTax(string catalog, string requirement)
    {
        const string Before = "    kinds: [municipal-inhabitant-tax]\n    conditions:\n      taxYear: { use: required, from: 2022, to: 2026 }\n    modes: [single, bulk]\n";
        var at = catalog.IndexOf(Before, catalog.IndexOf($"  {TaxEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        return catalog.Insert(at + Before.Length, $"    requires: [{requirement}]\n");
    }

    private static void RequireForTax(NetworkFolder folder, string requirement) =>
        File.WriteAllText(folder.CatalogPath, RequiringForTax(File.ReadAllText(folder.CatalogPath), requirement));

    public async ValueTask DisposeAsync()
    {
        if (_requester is not null)
        {
            await _requester.DisposeAsync();
        }

        if (_provider is not null)
        {
            await _provider.DisposeAsync();
        }

        if (_bent is not null)
        {
            await _bent.DisposeAsync();
        }

        SqliteConnection.ClearAllPools();
        await Network.DisposeAsync();
    }

    private static Regex WitnessLine() => new("^(quorum:|    witnessKey:).*\n", RegexOptions.ExplicitCapture | RegexOptions.Multiline, TimeSpan.FromSeconds(1));
}

/// <summary>How a test wants its agents.</summary>
internal sealed record AgentNetworkOptions
{
    /// <summary>The requester's persons, as its own system has them.</summary>
    public IPersonSource? PersonsAtRequester { get; init; }

    /// <summary>The same at the provider.</summary>
    public IPersonSource? PersonsAtProvider { get; init; }

    /// <summary>A broker that counts, and lies when told to.</summary>
    public bool BendBroker { get; init; }

    public bool WithProvider { get; init; } = true;

    /// <summary>Kinds that the provider has a source for.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = ["municipal-inhabitant-tax", "resident-record-relationship"];

    /// <summary>Changes files before anything starts.</summary>
    public Action<NetworkFolder>? Prepare { get; init; }

    /// <summary>The agents are witnesses of the broker's log, both needed. Without: tests of clocks and of single connections.</summary>
    public bool Witnessed { get; init; } = true;

    public void PrepareAll(NetworkFolder folder)
    {
        Prepare?.Invoke(folder);
        if (!Witnessed)
        {
            AgentNetwork.WithoutWitnesses(folder);
        }
    }

    public Action<AgentOptions>? Requester { get; init; }

    public Action<AgentOptions>? Provider { get; init; }
}
