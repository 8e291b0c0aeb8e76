using System.Net.NetworkInformation;
using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Broker.Membership;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>How a test wants its world.</summary>
internal sealed record FaultWorldOptions
{
    /// <summary>Tokens lie in a Redis of the world's own.</summary>
    public bool WithRedis { get; init; }

    /// <summary>Tokens lie in these instead, which the test starts and hits: <c>host:port</c>, comma-separated, and whom the checker asks at the end.</summary>
    public (string Address, Func<IReadOnlyList<RedisServer>> Now)? OtherRedis { get; init; }

    /// <summary>The broker's log lies in PostgreSQL.</summary>
    public bool BrokerOnPostgres { get; init; }

    /// <summary>The provider's log and ledger lie in PostgreSQL.</summary>
    public bool ProviderOnPostgres { get; init; }

    /// <summary>Each party's data folder is a disk of its own, of a few MB.</summary>
    public bool OnSmallDisks { get; init; }

    /// <summary>Changes files before anything starts.</summary>
    public Action<NetworkFolder>? Prepare { get; init; }
}

/// <summary>
/// A network of real processes on real stores: <c>infolink-broker</c>, the requester's and the provider's <c>infolink-agent</c>, each with its folder and port,
/// with wires between them that can be cut, and a diary of all that was asked and done. Whatever a test does to it, it ends with <see cref="CheckAsync"/>.
/// </summary>
internal sealed class FaultWorld : IAsyncDisposable
{
    /// <summary>People whom both agencies know, by number from 1; each one's income tells who it is.</summary>
    public const int Persons = 6;

    /// <summary>Questions in the agents' hands at any moment, at most.</summary>
    public const int MostAtATime = 4;

    /// <summary>The shortest that a broker may be set to: what is open longer is <em>unsettled</em>.</summary>
    private const int SettleWithinSeconds = 60;

    private static readonly HashSet<int> PortsGiven = [];

    private readonly TestNetwork _network;
    private readonly Dictionary<Party, PartyProcess> _processes = [];
    private readonly FaultWorldOptions _options;
    private readonly Dictionary<Party, SmallDisk> _disks = [];
    private WorldPlaces _places;
    private int _beforeStart;

    private FaultWorld(TestNetwork network, FaultWorldOptions options, TcpRelay brokerWire, TcpRelay providerWire)
    {
        (_network, _options, BrokerWire, ProviderWire) = (network, options, brokerWire, providerWire);
        _places = new WorldPlaces(network.Folder);
        Clerks = new Clerks(Folder.AgencyPath(NetworkFolder.Requester, "data/agent.sock"), Diary, Persons);
    }

    public NetworkFolder Folder => _network.Folder;

    /// <summary>Clients by hand, with the members' keys.</summary>
    public TestNetwork Network => _network;

    public WorldPlaces Places => _options.OtherRedis is { } other ? _places with { Redis = other.Now() } : _places;

    public Diary Diary { get; } = new();

    public Clerks Clerks { get; }

    /// <summary>What was asked since the world was up.</summary>
    public IEnumerable<Question> Asked => Diary.Questions.Skip(_beforeStart);

    /// <summary>Between both agents and the broker.</summary>
    public TcpRelay BrokerWire { get; }

    /// <summary>Between the requester and the provider.</summary>
    public TcpRelay ProviderWire { get; }

    public RedisServer? Redis { get; private set; }

    public PostgresServer? Postgres { get; private set; }

    public PartyProcess this[Party party] => _processes[party];

    /// <summary>Where a world has them.</summary>
    public SmallDisk DiskOf(Party party) => _disks[party];

    /// <summary>A party's data folder.</summary>
    public string DataOf(Party party) => party == Party.Broker ? Folder.Path("broker", "data") : Folder.AgencyPath(AgencyOf(party), "data");

    /// <summary>The custodian's name of a party in records.</summary>
    public static string CustodianOf(Party party) => party == Party.Broker ? WorldOnRecord.Broker : AgencyOf(party);

    /// <summary>What the provider's own system says of a person.</summary>
    public static string IncomeOf(int person) => $"{1_000_000 + person}";

    /// <summary>All are up, and the first question was answered.</summary>
    public static async Task<FaultWorld> StartAsync(FaultWorldOptions? options = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var world = await MakeAsync(options ?? new());
            try
            {
                await Task.WhenAll(((Party[])[Party.Broker, Party.Requester, Party.Provider]).Select(world.StartAsync));
                await world.Clerks.AnsweredAsync();
                world._beforeStart = world.Diary.Questions.Count;
                return world;
            }
            catch (InvalidOperationException taken) when (attempt < 5 && taken.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
            {
                await world.DisposeAsync(); // Other ports.
            }
            catch
            {
                await world.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Starts one that does not run, on its data and port.</summary>
    public async Task StartAsync(Party party)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                var started = party == Party.Broker
                    ? await PartyProcess.StartBrokerAsync(Folder)
                    : await PartyProcess.StartAgentAsync(Folder, AgencyOf(party));
                lock (_processes)
                {
                    _processes[party] = started;
                }

                return;
            }
            catch (InvalidOperationException taken) when (_processes.ContainsKey(party)
                && taken.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase)
                && TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System); // Somebody's passing connection has the port.
            }
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(Party party)
    {
        Diary.Note(party, "kill -9");
        await _processes[party].DisposeAsync();
    }

    public async Task KillAndStartAsync(Party party)
    {
        await KillAsync(party);
        await StartAsync(party);
    }

    /// <summary>As an operator ends it, with what it has in hand.</summary>
    public async Task StopAsync(Party party)
    {
        Diary.Note(party, "SIGTERM");
        Assert.Equal(0, await _processes[party].StopAsync());
        await _processes[party].DisposeAsync();
    }

    /// <summary>All end as their operators end them; their stores stay.</summary>
    public async Task StopAllAsync()
    {
        foreach (var party in (Party[])[Party.Requester, Party.Provider, Party.Broker])
        {
            await StopAsync(party);
        }
    }

    /// <summary>Asks the broker by hand, as the requester, for persons of this world; the diary has the token.</summary>
    public async Task<AuthorizeReply> AuthorizeByHandAsync(params IEnumerable<int> persons)
    {
        var client = _network.Requester;
        return NoteByHand(await client.AuthorizeAsync(client.Ask([.. persons.Select(person => _network.CodeOf(person))])));
    }

    /// <summary>A token came to a client without an agent.</summary>
    public AuthorizeReply NoteByHand(AuthorizeReply reply)
    {
        Assert.True(ExchangeToken.TryParse(reply.Token, out var token));
        Assert.True(TokenPayload.TryPeekTokenId(token, out var id));
        Diary.Handed(reply, id);
        return reply;
    }

    /// <summary>The next event of this kind at a custodian, counted from what it has.</summary>
    public async Task UntilOnRecordAsync(string custodian, AccessEvent what, int count)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await CountAsync(custodian, what) < count)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience, $"{what} did not come on record at {custodian}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>How many records of an event a custodian has.</summary>
    public Task<int> CountAsync(string custodian, AccessEvent what) => WorldOnRecord.CountAsync(Places, custodian, what);

    /// <summary>Does it while clerks ask, and says in the diary what it was.</summary>
    public async Task HitAsync(Party party, string what, Func<Task> fault)
    {
        Diary.Note(party, what);
        await fault();
    }

    /// <summary>An outbox that missed its hint looks after a minute, or when it starts: the provider is restarted.</summary>
    public async Task SettleNowAsync()
    {
        await StopAsync(Party.Provider);
        await StartAsync(Party.Provider);
    }

    /// <summary>Nobody asks any more, all are up, what was answered is settled, and every log is published to its end.</summary>
    public async Task RestAsync(bool settled = true)
    {
        await Clerks.StopAsync();
        await WorldRest.ComesAsync(Places, settled);
    }

    /// <summary>Comes to rest and is looked over.</summary>
    public async Task CheckAsync(WorldExpectation? expectation = null)
    {
        await RestAsync(settled: expectation is not { Unsettled: true });
        var breaches = await WorldInvariants.FindAsync(Places, Diary, expectation);
        Assert.True(breaches.Count == 0, $"{string.Join('\n', breaches)}\nFaults:\n{string.Join('\n', Diary.Incidents)}");
        Assert.True(Diary.Answered > 0, "Nothing was ever answered.");
    }

    public async ValueTask DisposeAsync()
    {
        await Clerks.DisposeAsync();
        foreach (var process in _processes.Values)
        {
            await process.DisposeAsync();
        }

        await BrokerWire.DisposeAsync();
        await ProviderWire.DisposeAsync();
        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        SqliteConnection.ClearAllPools();
        foreach (var disk in _disks.Values)
        {
            await disk.DisposeAsync();
        }

        await _network.DisposeAsync();
    }

    /// <summary>The agency behind a party.</summary>
    public static string AgencyOf(Party party) => party switch
    {
        Party.Requester => NetworkFolder.Requester,
        Party.Provider => NetworkFolder.Provider,
        _ => throw new ArgumentOutOfRangeException(nameof(party)),
    };

    private static async Task<FaultWorld> MakeAsync(FaultWorldOptions options)
    {
        var redis = options.WithRedis ? await RedisServer.StartAsync() : null;
        var postgres = options.BrokerOnPostgres || options.ProviderOnPostgres ? await PostgresServer.StartAsync() : null;
        var brokerDatabase = options.BrokerOnPostgres ? await postgres!.CreateDatabaseAsync() : null;
        var providerDatabase = options.ProviderOnPostgres ? await postgres!.CreateDatabaseAsync() : null;
        TcpRelay? brokerWire = null;
        TcpRelay? providerWire = null;
        var network = TestNetwork.PrepareOnly(new()
        {
            Redis = options.OtherRedis?.Address ?? redis?.Address ?? "",
            Prepare = folder =>
            {
                var ports = FreePorts(3);
                var broker = folder.BrokerOptions();
                broker.Listen = $"127.0.0.1:{ports[0]}";
                brokerWire = new TcpRelay(new Uri($"https://{broker.Listen}"));
                broker.Address = $"https://{brokerWire.Address.Authority}";
                broker.SettleWithinSeconds = SettleWithinSeconds;
                broker.Postgres = brokerDatabase ?? "";
                broker.Write(folder.BrokerPath);
                folder.RedirectBroker(brokerWire.Address);
                Change(folder, NetworkFolder.Requester, agent => agent.Listen = $"127.0.0.1:{ports[1]}");
                Change(folder, NetworkFolder.Provider, agent => (agent.Listen, agent.Postgres) = ($"127.0.0.1:{ports[2]}", providerDatabase ?? ""));
                providerWire = new TcpRelay(new Uri($"https://127.0.0.1:{ports[2]}"));
                folder.Redirect(NetworkFolder.Provider, providerWire.Address);
                options.Prepare?.Invoke(folder);
            },
        });
        var world = new FaultWorld(network, options, brokerWire!, providerWire!) { Redis = redis, Postgres = postgres };
        world._places = world._places with
        {
            BrokerPostgres = brokerDatabase,
            ProviderPostgres = providerDatabase,
            Redis = redis is null ? [] : [redis],
        };
        await world.PeopleAsync();
        if (brokerDatabase is not null)
        {
            // Where the parties are reached stands beside the log.
            var directory = new FileDirectoryStore(Path.Combine(world.DataOf(Party.Broker), "directory.json"));
            await using var shared = await PostgresDirectoryStore.OpenAsync(brokerDatabase, CancellationToken.None);
            await shared.ReplaceAsync(0, (await directory.ReadAsync(CancellationToken.None))!, CancellationToken.None);
        }

        if (options.OnSmallDisks)
        {
            foreach (var party in (Party[])[Party.Broker, Party.Requester, Party.Provider])
            {
                world._disks[party] = await SmallDisk.MountAsync(world.DataOf(party));
            }
        }

        return world;
    }

    private static void Change(NetworkFolder folder, string agency, Action<Agent.AgentOptions> change)
    {
        var options = folder.AgentOptions(agency);
        change(options);
        options.Write(folder.AgencyPath(agency, "agent.json"));
    }

    /// <summary>Person n is Y-n at the requester and S-n at the provider.</summary>
    private async Task PeopleAsync()
    {
        var requester = LinkTable.Open(Folder.AgencyPath(NetworkFolder.Requester, "data/links.db"));
        var provider = LinkTable.Open(Folder.AgencyPath(NetworkFolder.Provider, "data/links.db"));
        await using var existing = new SqliteConnection($"Data Source={Folder.AgencyPath(NetworkFolder.Provider, "existing.db")};Pooling=false");
        await existing.OpenAsync();
        for (var person = 1; person <= Persons; person++)
        {
            await requester.PutAsync($"Y-{person}", _network.CodeOf(person));
            await provider.PutAsync($"S-{person}", _network.CodeOf(person, NetworkFolder.Provider));
            await existing.ExecuteAsync(
                "INSERT INTO resident_tax VALUES (@name, 2026, '3', 3000, 124500, @income, 4900000, 'false', 0, 2, '2026-05-15')",
                new { name = $"S-{person}", income = 1_000_000 + person });
        }
    }

    /// <summary>Below the ports that passing connections are given, so that a party that was killed finds its own again.</summary>
    private static int[] FreePorts(int count)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        var ports = new List<int>();
        lock (PortsGiven)
        {
            while (ports.Count < count)
            {
                var port = System.Security.Cryptography.RandomNumberGenerator.GetInt32(20_000, 32_000);
                if (!taken.Contains(port) && PortsGiven.Add(port))
                {
                    ports.Add(port);
                }
            }
        }

        return [.. ports];
    }
}
