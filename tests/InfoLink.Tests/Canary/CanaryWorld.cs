using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using InfoLink.Agent.Links;
using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.CodeAuthority.Derivation;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Watching;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>
/// A broker with its Redis, three agents, registry, code authority and numbering authority, each a process of its own, in whose world every person is marked. Every
/// hop between them is tapped, what they log and trace is kept, and Redis tells each command that it gets.
/// </summary>
internal sealed class CanaryWorld : IAsyncDisposable
{
    public const string ByHandEntry = "106.municipality.108-6-ro";

    /// <summary>Made an entry that may carry individual numbers, with a kind that holds one.</summary>
    public const string NumberEntry = "106.municipality.108-6-ha";

    public const string NumberKind = "number-statement";
    public static readonly string[] Agencies = [NetworkFolder.Requester, NetworkFolder.Provider, NetworkFolder.Bystander];

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("infolink-test-");
    private readonly Dictionary<string, MarkedPerson> _people = new(StringComparer.Ordinal);
    private readonly List<TcpRelay> _relays = [];
    private readonly List<byte[]> _answers = [];
    private readonly MemoryStream _monitored = new();
    private readonly TcpClient _monitor = new();
    private Task _monitoring = Task.CompletedTask;
    private int _taps;

    private CanaryWorld(RedisServer redis, PostgresServer? postgres)
    {
        Redis = redis;
        Postgres = postgres;
        Institutions = new Institutions(this);
        Folder = NetworkFolder.Create(Path("network"), Tap("redis", new Uri($"https://{redis.Address}")).Authority, TimeProvider.System);
    }

    public NetworkFolder Folder { get; }

    public RedisServer Redis { get; }

    /// <summary>Whom agents and broker tell their metrics and spans.</summary>
    public Running.Collector Collector { get; private set; } = null!;

    /// <summary>Where the logs and the ledger are there and not in SQLite.</summary>
    public PostgresServer? Postgres { get; }

    public Party Broker { get; private set; } = null!;

    public Institutions Institutions { get; }

    public Dictionary<string, Party> Agents { get; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<MarkedPerson> People => _people.Values;

    /// <summary>What the requester's existing system got to read.</summary>
    public byte[] Answers => [.. _answers.SelectMany(answer => answer)];

    /// <summary>Every command that Redis got, as it tells them.</summary>
    public byte[] Monitored => _monitored.ToArray();

    public MarkedPerson this[string part] => _people[part];

    /// <summary>The databases in PostgreSQL, by party.</summary>
    public Dictionary<string, string> Databases { get; } = new(StringComparer.Ordinal);

    public string Path(params string[] parts) => System.IO.Path.Combine([_root.FullName, .. parts]);

    public static async Task<CanaryWorld> StartAsync(bool onPostgres, params string[] parts)
    {
        var world = new CanaryWorld(await RedisServer.StartAsync(), onPostgres ? await PostgresServer.StartAsync() : null);
        try
        {
            await world.StartAsync(parts);
            return world;
        }
        catch
        {
            await world.DisposeAsync(); // Nobody is left running.
            throw;
        }
    }

    private async Task StartAsync(string[] parts)
    {
        Draw(parts);
        Collector = await Running.Collector.StartAsync();
        await ListenToRedisAsync();
        await ConfigureAsync();
        Broker = await Party.StartAsync("broker", Party.Built("broker/InfoLink.Broker", "infolink-broker"), Path("traces", "broker"), "--config", Folder.BrokerPath);
        if (Postgres is not null)
        {
            // Brokers that share a database share the directory in it, which is new.
            foreach (var (member, endpoint) in Agencies.Select(agency => (agency, Folder.EndpointOf(agency))).Concat(Canary.Institutions.Names.Select(name => (name, Folder.EndpointOf(name)))))
            {
                await InfolinkAsync("member", "endpoint", member, $"https://{endpoint}", "--broker", Path("network", "broker"));
            }
        }

        await Institutions.StartAsync();
        await Institutions.NumberAsync();
        MarkedSystems.Create(Path("existing-" + NetworkFolder.Requester + ".db"), People, person => person.AtRequester);
        MarkedSystems.Create(Path("existing-" + NetworkFolder.Provider + ".db"), People, person => person.AtProvider);
        await Institutions.LinkAsync();
    }

    /// <summary>The agencies' agents, on what their clerks have linked.</summary>
    public async Task StartAgentsAsync()
    {
        await Institutions.StopClerksAsync();
        var started = await Task.WhenAll(Agencies.Select(agency => Party.StartAsync(
            agency, Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), Path("traces", agency), "--config", Folder.AgencyPath(agency, "agent.json"))));
        foreach (var agent in started)
        {
            Agents[agent.Name] = agent;
        }

        var export = Path("export.csv");
        await File.WriteAllTextAsync(export, MarkedSystems.Export(People));
        await AgentAsync(NetworkFolder.Provider, 0, "replica", "import", export, "--source", MarkedSystems.Exported, "--operator", PeopleAtWork.Operator);
    }

    /// <summary>A command of the agency's own operators, at its running agent.</summary>
    /// <returns>What it prints.</returns>
    public async Task<string> AgentAsync(string agency, int expected, params string[] arguments)
    {
        var (code, output) = await TryAgentAsync(agency, arguments);
        Assert.True(code == expected, $"{string.Join(' ', arguments)} ended with {code}: {output}");
        return output;
    }

    /// <inheritdoc cref="AgentAsync"/>
    public Task<(int ExitCode, string Output)> TryAgentAsync(string agency, params string[] arguments) =>
        Tool.TryAsync("dotnet", [Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), .. arguments, "--config", Folder.AgencyPath(agency, "agent.json")]);

    /// <summary>The requester's existing system asks its agent; its words are kept, and so is what it reads.</summary>
    public async Task<string> AskAsync(string person, string entry = Walk.Entry, string role = Walk.Role, object? conditions = null, string provider = NetworkFolder.Provider) =>
        await PostAsync(JsonSerializer.SerializeToUtf8Bytes(new
        {
            person,
            entry,
            provider,
            role,
            conditions = conditions ?? new { taxYear = Walk.TaxYear },
            @operator = "児童手当係",
            terminal = "terminal-12",
            use = "児童手当の認定請求の審査",
        }));

    /// <returns>"answered", "pending", or the refusal's name.</returns>
    public async Task<string> PostAsync(byte[] question)
    {
        using var client = LocalSocket.Client(Folder.AgencyPath(NetworkFolder.Requester, "data/agent.sock"), TestNetwork.Patience * 2);
        using var content = new ByteArrayContent(question) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var reply = await client.PostAsync(new Uri("http://agent/v1/fetch"), content);
        var answer = await reply.Content.ReadAsByteArrayAsync();
        lock (_answers)
        {
            _answers.Add(answer);
        }

        using var read = JsonDocument.Parse(answer);
        return read.RootElement.TryGetProperty("refused", out var refused) ? refused.GetString()! : read.RootElement.GetProperty("outcome").GetString()!;
    }

    /// <summary>An agency's table of link codes, as its own people open it.</summary>
    public LinkTable LinksOf(string agency) => LinkTable.Open(Folder.AgencyPath(agency, "data/links.db"));

    /// <summary>Until the requester has a person's code of an epoch: beside the one in use, or in use.</summary>
    public Task UntilInUseAsync(string person, byte epoch, bool beside) => Eventually.HoldsAsync(
        async () =>
        {
            var links = LinksOf(NetworkFolder.Requester);
            links.CurrentEpoch = () => beside ? epoch : null;
            return (await links.CodeOfAsync(person, CancellationToken.None))?.Epoch == epoch;
        },
        $"codes of epoch {epoch}");

    /// <summary>The operators' tool.</summary>
    public async Task<(int ExitCode, string Output)> InfolinkAsync(params string[] arguments) =>
        await Tool.TryAsync("dotnet", [Party.Built("tools/infolink", "infolink"), .. arguments]);

    /// <summary>The streams that passed a hop, each direction of each connection.</summary>
    public string[] Traffic(string hop) => Directory.Exists(Path("traffic", hop)) ? Directory.GetFiles(Path("traffic", hop)) : [];

    /// <summary>Nobody runs any more; what they left lies where it lay.</summary>
    public async Task StopAsync()
    {
        foreach (var party in Agents.Values.Append(Broker))
        {
            await party.StopAsync();
        }

        await Institutions.KillAsync();
        _monitor.Close();
        await _monitoring;
        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var party in Agents.Values.Append(Broker))
        {
            if (party is not null)
            {
                await party.DisposeAsync();
            }
        }

        await Institutions.DisposeAsync();
        _monitor.Dispose();
        foreach (var relay in _relays)
        {
            await relay.DisposeAsync();
        }

        if (Collector is not null)
        {
            await Collector.DisposeAsync();
        }

        await Redis.DisposeAsync();
        if (Postgres is not null)
        {
            await Postgres.DisposeAsync();
        }

        SqliteConnection.ClearAllPools();
        _root.Delete(recursive: true);
    }

    /// <summary>An entry that may carry individual numbers, and a kind that holds one.</summary>
    internal static string WithNumbers(string catalog)
    {
        const string Kinds = "    kinds: [resident-record-relationship]\n";
        var at = catalog.IndexOf(Kinds, catalog.IndexOf($"  {NumberEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        return catalog.Remove(at, Kinds.Length)
            .Insert(at, $"    kinds: [{NumberKind}]\n    carriesIndividualNumber: true\n")
            .Replace("\nkinds:\n", $$"""

            kinds:
              {{NumberKind}}:
                name: { ja: 個人番号に関する情報, en: individual number }
                legalTerm: 個人番号
                layout: illustrative
                items:
                  number: { name: { ja: 個人番号, en: individual number }, type: individualNumber, required: true }

            """, StringComparison.Ordinal);
    }

    /// <summary>Persons' codes are those that the code authority and the broker will make of them, now and after the change of codes.</summary>
    private void Draw(string[] parts)
    {
        using var authority = new IdCodeDerivation(KeyFile.ReadKey(Folder.InstitutionPath(NetworkFolder.CodeAuthority, "code-authority.key")));
        using var masters = new CodeMasters();
        foreach (var epoch in (byte[])[NetworkFolder.Epoch, BrokerSetup.AddMaster(Folder.BrokerOptions())])
        {
            masters.Add(epoch, KeyFile.ReadKey(Folder.Path("broker", "keys", "masters", $"{epoch}.key")));
        }

        var cipher = new LinkCodeCipher(masters);
        foreach (var part in parts)
        {
            _people[part] = new MarkedPerson(part, authority, cipher);
        }
    }

    private async Task ConfigureAsync()
    {
        // An entry that humans answer.
        var catalog = await File.ReadAllTextAsync(Folder.CatalogPath);
        const string Modes = "    modes: [single, bulk]\n";
        var at = catalog.IndexOf(Modes, catalog.IndexOf($"  {ByHandEntry}:", StringComparison.Ordinal), StringComparison.Ordinal) + Modes.Length;
        await File.WriteAllTextAsync(Folder.CatalogPath, WithNumbers(catalog.Insert(at, "    requires: [manual]\n")));

        var broker = Folder.BrokerOptions();
        var relay = Tap("broker", new Uri($"https://{broker.Listen}"));
        broker.Address = $"https://{relay.Authority}";
        broker.Postgres = await DatabaseAsync("broker");
        broker.Otlp.Endpoint = Collector.EndpointFor(broker.Otlp.Protocol);
        broker.Write(Folder.BrokerPath);
        Folder.RedirectBroker(relay);
        foreach (var agency in Agencies)
        {
            var options = Folder.AgentOptions(agency);
            Folder.Redirect(agency, Tap(agency, new Uri($"https://{options.Listen}")));
            options.Sources.Clear();
            options.Persons = null;
            if (agency is NetworkFolder.Provider)
            {
                MarkedSystems.Connect(options, Path("existing-" + agency + ".db"));
            }

            if (agency is not NetworkFolder.Bystander)
            {
                options.Persons = MarkedSystems.Persons(Path("existing-" + agency + ".db"));
            }

            PeopleAtWork.Configure(options, Path());
            options.Postgres = await DatabaseAsync(agency);
            options.Otlp.Protocol = agency is NetworkFolder.Provider ? OtlpOptions.Http : OtlpOptions.Grpc;
            options.Otlp.Endpoint = Collector.EndpointFor(options.Otlp.Protocol);
            options.Write(Folder.AgencyPath(agency, "agent.json"));
        }

        Folder.Flag(NetworkFolder.Requester, MemberFlags.NumberNotifier);
        Folder.Flag(NetworkFolder.Bystander, MemberFlags.Numberless);
        Institutions.Configure(Tap, broker.Address, await DatabaseAsync(NetworkFolder.Numbering));
        Folder.Publish();
    }

    private async Task<string> DatabaseAsync(string party)
    {
        if (Postgres is null)
        {
            return "";
        }

        var direct = Databases[party] = await Postgres.CreateDatabaseAsync();
        var tapped = Tap("postgres-" + party, new Uri($"https://127.0.0.1:{Postgres.Port}"));
        return direct.Replace($"Port={Postgres.Port}", $"Port={tapped.Port}", StringComparison.Ordinal) + ";SSL Mode=Disable";
    }

    private Uri Tap(string hop, Uri target)
    {
        Directory.CreateDirectory(Path("traffic", hop));
        var relay = new TcpRelay(target)
        {
            Record = () => new FileStream(Path("traffic", hop, $"{Interlocked.Increment(ref _taps)}"), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0),
        };
        _relays.Add(relay);
        return relay.Address;
    }

    private async Task ListenToRedisAsync()
    {
        // On disk as it is in memory: an append-only file and a snapshot, neither compressed.
        await Redis.AskAsync("CONFIG", "SET", "rdbcompression", "no");
        await Redis.AskAsync("CONFIG", "SET", "appendonly", "yes");
        var address = Redis.Address.Split(':');
        await _monitor.ConnectAsync(address[0], int.Parse(address[1]));
        var stream = _monitor.GetStream();
        await stream.WriteAsync("MONITOR\r\n"u8.ToArray());
        _monitoring = Task.Run(async () =>
        {
            try
            {
                await stream.CopyToAsync(_monitored);
            }
            catch (Exception end) when (end is IOException or ObjectDisposedException)
            {
                // Redis was killed, or all is over.
            }
        });
    }
}
