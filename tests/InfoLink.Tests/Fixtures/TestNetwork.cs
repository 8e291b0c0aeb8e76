using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.Broker.Tokens;
using InfoLink.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// The sample's network in a temporary folder, for one test: a real broker on a real socket, with agents where they are asked for, on a clock
/// that can be set ahead. Deleted afterwards; an error that nobody expected in its log fails the test.
/// </summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    /// <summary>How long a test waits for what must come. No test passes by waiting this long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _root;
    private readonly Dictionary<string, HandMadeClient> _clients = new(StringComparer.Ordinal);
    private readonly TestNetworkOptions _options;
    private RunningNetwork? _running;
    private BrokerHost? _brokerAlone;

    private TestNetwork(DirectoryInfo root, TestNetworkOptions options)
    {
        _root = root;
        _options = options;
        Folder = NetworkFolder.Create(System.IO.Path.Combine(root.FullName, "network"), options.Redis, TimeProvider.System);
        options.Prepare?.Invoke(Folder);
        Folder.Publish();
    }

    public NetworkFolder Folder { get; }

    /// <summary>The parts' clock (not the hand-made clients'); set <see cref="MovableClock.Ahead"/>.</summary>
    public MovableClock Clock { get; } = new(TimeProvider.System);

    public Journal Journal { get; } = new();

    public BrokerHost Broker => _brokerAlone ?? Running.Broker;

    /// <summary>Broker and agents, where the test asked for agents.</summary>
    public RunningNetwork Running => _running ?? throw new InvalidOperationException("This network was started without agents.");

    /// <summary>The broker's log, read as an auditor would.</summary>
    public IEntryReader Records => Broker.Log.Store;

    /// <summary>A broker, and no agents: tests call by hand what agents would call.</summary>
    public static Task<TestNetwork> StartAsync(TestNetworkOptions? options = null) => StartAsync(options ?? new(), withAgents: false);

    /// <summary>Broker and both agencies.</summary>
    public static Task<TestNetwork> StartWithAgentsAsync(TestNetworkOptions? options = null) => StartAsync(options ?? new(), withAgents: true);

    /// <summary>The folder alone, nothing running: for brokers in a process of their own.</summary>
    public static TestNetwork PrepareOnly(TestNetworkOptions? options = null) => Make(options ?? new());

    public async Task StopBrokerAsync()
    {
        if (_brokerAlone is not null)
        {
            await _brokerAlone.DisposeAsync();
            _brokerAlone = null;
        }
    }

    public async Task StartBrokerAsync() => _brokerAlone = await BrokerHost.StartAsync(
        Folder.BrokerOptions(), Clock, Journal.Loggers, _options.AroundLog ?? (store => store), _options.AroundTokens ?? (store => store));

    /// <summary>A member that calls by hand; one client, and so one certificate, for each member.</summary>
    public HandMadeClient Of(string agency) =>
        _clients.TryGetValue(agency, out var client) ? client : _clients[agency] = new HandMadeClient(Folder, agency, TimeProvider.System);

    public HandMadeClient Requester => Of(NetworkFolder.Requester);

    public HandMadeClient Provider => Of(NetworkFolder.Provider);

    public HandMadeClient Bystander => Of(NetworkFolder.Bystander);

    /// <summary>The ID code of a made-up person, by number.</summary>
    public static IdCode Person(int number) => IdCode.Create(IdCodeKind.Test, (ulong)number, generation: 0);

    /// <summary>The link code that an agency holds for a made-up person.</summary>
    public LinkCode CodeOf(int person, string agency = NetworkFolder.Requester, byte epoch = NetworkFolder.Epoch)
    {
        using var masters = new CodeMasters();
        masters.Add(epoch, KeyFile.ReadKey(Folder.Path("broker", "keys", "masters", $"{epoch}.key")));
        return new LinkCodeCipher(masters).Encode(Person(person), AgencyId.Parse(agency), epoch);
    }

    /// <summary>Everything on record at the broker, in order.</summary>
    public async Task<IReadOnlyList<StoredEntry>> AllRecordsAsync() => await Records.ReadAsync(0, int.MaxValue, CancellationToken.None);

    /// <summary>What is on record of one exchange, by event.</summary>
    public async Task<AccessEvent[]> EventsOfAsync(Google.Protobuf.ByteString exchange) =>
        [.. (await Records.FindAsync(ExchangeId.FromBytes(exchange.Span), CancellationToken.None)).Select(entry => entry.Open.Event)];

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        if (_brokerAlone is not null)
        {
            await _brokerAlone.DisposeAsync();
        }

        _root.Delete(recursive: true);
        Journal.AssertNoUnexpectedError();
    }

    private static async Task<TestNetwork> StartAsync(TestNetworkOptions options, bool withAgents)
    {
        for (var attempt = 0; ; attempt++)
        {
            var network = Make(options);
            try
            {
                if (withAgents)
                {
                    network._running = await RunningNetwork.StartAsync(network.Folder, network.Clock, network.Journal.Loggers);
                }
                else
                {
                    await network.StartBrokerAsync();
                }

                return network;
            }
            catch (IOException) when (attempt < 5)
            {
                network._root.Delete(recursive: true); // A port was taken between its choice and its use: other ports.
            }
        }
    }

    private static TestNetwork Make(TestNetworkOptions options) => new(Directory.CreateTempSubdirectory("infolink-test-"), options);
}

/// <summary>How a test wants its network.</summary>
internal sealed record TestNetworkOptions
{
    /// <summary><c>host:port</c>; empty for tokens in memory.</summary>
    public string Redis { get; init; } = "";

    /// <summary>Changes files before anything starts.</summary>
    public Action<NetworkFolder>? Prepare { get; init; }

    /// <summary>Puts something between the broker and its log's store, e.g. what fails.</summary>
    public Func<IEntryStore, IEntryStore>? AroundLog { get; init; }

    /// <summary>The same for its token store.</summary>
    public Func<ITokenStore, ITokenStore>? AroundTokens { get; init; }
}
