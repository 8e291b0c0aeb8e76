using System.Collections.Concurrent;
using System.Text;
using InfoLink.Agent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Testing;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Service;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Tests.InMemory;

/// <summary>
/// Yokohama asks Setagaya: over the real wire, or in memory. Person n is <c>Y-n</c> and <c>S-n</c>; Setagaya's system is <see cref="Source"/>, and has sources for the tax alone.
/// </summary>
internal interface IExchangeWorld : IAsyncDisposable
{
    InfoLinkAgent Yokohama { get; }

    /// <summary>Setagaya's existing system; throws, answers, or has nothing.</summary>
    Func<InformationRequest, Items?> Source { get; set; }

    Task LinkAtYokohamaAsync(int person);

    /// <summary>Both know the person.</summary>
    Task LinkAsync(int person);

    /// <summary>A second identifier of one person at Yokohama.</summary>
    Task LinkAtYokohamaTooAsync(int person, string id);

    /// <summary>The broker takes no code that Yokohama has for this person.</summary>
    Task RefuseCodeAsync(int person);

    Task MarkAtSetagayaAsync(int person, bool withheld, bool manualOnly);

    Task TakeSetagayaAwayAsync();

    Task TakeBrokerAwayAsync();
}

/// <summary>How a world is made.</summary>
internal sealed record WorldOptions
{
    /// <summary>Of the tax entry: <c>manual</c>, <c>identityCheck</c>, or none.</summary>
    public string? Requires { get; init; }

    /// <summary>An agency or an entry that Setagaya has cut off.</summary>
    public string? BlockedAtSetagaya { get; init; }

    /// <summary>Setagaya is closed until then.</summary>
    public DateTimeOffset? SetagayaClosedUntil { get; init; }

    /// <summary>By local identifier, at either side.</summary>
    public ConcurrentDictionary<string, BasicAttributes> People { get; init; } = new(StringComparer.Ordinal);

    public IPersonSource Persons => new Attributes(People);

    private sealed class Attributes(ConcurrentDictionary<string, BasicAttributes> people) : IPersonSource
    {
        public Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation) => Task.FromResult(people.GetValueOrDefault(person));
    }
}

/// <summary>Broker, agents, sockets, certificates, tokens, seals, logs.</summary>
internal sealed class WireWorld : IExchangeWorld
{
    private readonly AgentNetwork _network;
    private bool _isAway;

    private WireWorld(AgentNetwork network)
    {
        _network = network;
        _network.Network.Journal.Expect("did not answer", "outside the layout", "does not map");
        _network.Source = (request, _) => Task.FromResult(Source(request));
    }

    public InfoLinkAgent Yokohama => _network.Requester.Agent;

    public Func<InformationRequest, Items?> Source { get; set; } = request => AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));

    public static async Task<IExchangeWorld> StartAsync(WorldOptions options)
    {
        var network = await AgentNetwork.StartAsync(Of(options));
        if (options.SetagayaClosedUntil is not null)
        {
            await Stops.UntilKnownAsync(network);
        }

        return new WireWorld(network);
    }

    private static AgentNetworkOptions Of(WorldOptions options) => new()
    {
        Witnessed = false,
        Kinds = [AgentNetwork.Tax.Value],
        PersonsAtRequester = options.Persons,
        PersonsAtProvider = options.Persons,
        Prepare = folder =>
        {
            if (options.Requires is { } requirement)
            {
                File.WriteAllText(folder.CatalogPath, AgentNetwork.RequiringForTax(File.ReadAllText(folder.CatalogPath), requirement));
            }
        },
        Provider = agent =>
        {
            if (options.BlockedAtSetagaya is { } blocked)
            {
                (blocked.Contains('.', StringComparison.Ordinal) ? agent.BlockedEntries : agent.BlockedAgencies).Add(blocked);
            }

            if (options.SetagayaClosedUntil is { } until)
            {
                Stops.Of(Stops.In(TimeSpan.FromHours(-1)), until)(agent);
            }
        },
    };

    public Task LinkAtYokohamaAsync(int person) => _network.LinkAtRequesterAsync(person);

    public Task LinkAsync(int person) => _network.LinkAsync(person);

    public Task LinkAtYokohamaTooAsync(int person, string id) => Yokohama.Links.JoinAsync(LocalId.Of(id), LocalId.Of(AgentNetwork.AtRequester(person)), LinkAct.ByProgram);

    public Task RefuseCodeAsync(int person) => Yokohama.Links.PutAsync(AgentNetwork.AtRequester(person), _network.Network.CodeOf(person, NetworkFolder.Provider));

    public Task MarkAtSetagayaAsync(int person, bool withheld, bool manualOnly) =>
        _network.Provider.Agent.Links.MarkAsync(AgentNetwork.AtProvider(person), withheld: withheld, manualOnly: manualOnly);

    public async Task TakeSetagayaAwayAsync()
    {
        await _network.StopProviderAsync();
        _isAway = true;
    }

    public Task TakeBrokerAwayAsync() => _network.Network.StopBrokerAsync();

    public async ValueTask DisposeAsync()
    {
        if (_isAway)
        {
            _network.Network.Journal.Expect("unreachable");
        }

        await _network.DisposeAsync();
    }
}

/// <summary>The same without any of that.</summary>
internal sealed class MemoryWorld : IExchangeWorld
{
    private readonly InMemoryNetwork _network;
    private readonly InMemoryAgency _yokohama;
    private readonly InMemoryAgency _setagaya;
    private readonly ConcurrentDictionary<int, TestPerson> _persons = new();

    private MemoryWorld(StatuteCatalog catalog, WorldOptions options)
    {
        _network = InMemoryNetwork.Start(catalog);
        _yokohama = _network.AddAgency(NetworkFolder.Requester, "municipality", "welfare-authority", "public-housing-operator").Answers(kinds => kinds.MapPersons(options.Persons));
        _setagaya = _network.AddAgency(NetworkFolder.Provider, "municipality", "welfare-authority").Answers(kinds => kinds
            .MapPersons(options.Persons)
            .MapKind(AgentNetwork.Tax.Value, (request, _) => Task.FromResult(Source(request))));
        _network.AddAgency(NetworkFolder.HealthMinister, "health-minister");
        if (options.BlockedAtSetagaya is { } blocked)
        {
            _setagaya.Blocks(blocked);
        }

        _setagaya.ClosedUntil = options.SetagayaClosedUntil;
    }

    public InfoLinkAgent Yokohama => _yokohama.Agent;

    public Func<InformationRequest, Items?> Source { get; set; } = request => AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));

    public static Task<IExchangeWorld> StartAsync(WorldOptions options)
    {
        var text = File.ReadAllText(RepositoryRoot.Path("samples", "Network", "catalog.yaml"));
        text = options.Requires is { } requirement ? AgentNetwork.RequiringForTax(text, requirement) : text;
        var catalog = ((Loaded<StatuteCatalog>.Whole)CatalogFile.Parse("catalog.yaml", Encoding.UTF8.GetBytes(text))).Value;
        return Task.FromResult<IExchangeWorld>(new MemoryWorld(catalog, options));
    }

    public Task LinkAtYokohamaAsync(int person)
    {
        PersonOf(person).At(_yokohama, AgentNetwork.AtRequester(person));
        return Task.CompletedTask;
    }

    public async Task LinkAsync(int person)
    {
        await LinkAtYokohamaAsync(person);
        PersonOf(person).At(_setagaya, AgentNetwork.AtProvider(person));
    }

    public Task LinkAtYokohamaTooAsync(int person, string id)
    {
        PersonOf(person).At(_yokohama, id);
        return Task.CompletedTask;
    }

    public Task RefuseCodeAsync(int person)
    {
        PersonOf(person).CodeIsRefused = true;
        return Task.CompletedTask;
    }

    public Task MarkAtSetagayaAsync(int person, bool withheld, bool manualOnly)
    {
        var known = _setagaya.Person(AgentNetwork.AtProvider(person));
        _ = withheld ? known.IsWithheld() : known.IsManualOnly();
        return Task.CompletedTask;
    }

    public Task TakeSetagayaAwayAsync()
    {
        _setagaya.IsAway = true;
        return Task.CompletedTask;
    }

    public Task TakeBrokerAwayAsync()
    {
        _network.BrokerIsAway = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private TestPerson PersonOf(int person) => _persons.GetOrAdd(person, _ => _network.AddPerson());
}
