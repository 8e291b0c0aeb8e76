using System.Net;
using System.Net.Sockets;
using InfoLink.Agent;
using InfoLink.Agent.Links;
using InfoLink.Broker;
using InfoLink.Broker.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.EndToEnd;

/// <summary>The network that README.md's section "A network from nothing" makes, block by block (tests/network), with a broker and three agents as processes.</summary>
internal sealed class ReadmeNetwork : IAsyncDisposable
{
    public const string Yokohama = "141003";
    public const string Setagaya = "131121";
    public const string Kawasaki = "141305";
    private const string Platform = "infolink.example";
    private const byte FirstEpoch = 1;

    private readonly Dictionary<string, int> _ports;
    private readonly PageBlocks _blocks;

    public ReadmeNetwork()
    {
        string[] parties = ["BROKER", "YOKOHAMA", "SETAGAYA", "KAWASAKI"];
        var listeners = parties.Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        _ports = parties.Zip(listeners).ToDictionary(pair => pair.First, pair => ((IPEndPoint)pair.Second.LocalEndpoint).Port, StringComparer.Ordinal);
        listeners.ForEach(listener => listener.Stop());
        _blocks = new PageBlocks("README.md", "network", _ports.Select(port => KeyValuePair.Create(port.Key, $"127.0.0.1:{port.Value}")));
    }

    /// <summary>Where the parties are, by name.</summary>
    public IReadOnlyDictionary<string, Uri> Endpoints => _ports.ToDictionary(pair => pair.Key, pair => new Uri($"https://127.0.0.1:{pair.Value}"), StringComparer.Ordinal);

    public Uri Broker => Endpoints["BROKER"];

    public string Path(params string[] parts) => _blocks.Path(parts);

    /// <summary>Runs these blocks of the README, each to where it can come alone.</summary>
    public Task RunAsync(params string[] blocks) => _blocks.RunAsync(blocks);

    /// <summary>A variable that the blocks read.</summary>
    public Task SetAsync(string name, string value) => _blocks.SetAsync(name, value);

    /// <summary>What a block has printed so far.</summary>
    public string Output(string block) => _blocks.Output(block);

    public void ChangeBroker(Action<BrokerOptions> change)
    {
        var options = BrokerOptions.Read(Path("broker", "broker.json"));
        change(options);
        options.Write(Path("broker", "broker.json"));
    }

    public void ChangeAgent(string agency, Action<AgentOptions> change)
    {
        var options = AgentOptions.Read(Path(agency, "agent.json"));
        change(options);
        options.Write(Path(agency, "agent.json"));
    }

    /// <summary>The link code of a made-up person at an agency; there is no registry to make it yet, so it is made with the broker's master.</summary>
    public LinkCode CodeOf(int person, string agency)
    {
        using var masters = new CodeMasters();
        masters.Add(FirstEpoch, KeyFile.ReadKey(Path("broker", "keys", "masters", $"{FirstEpoch}.key")));
        return new LinkCodeCipher(masters).Encode(TestNetwork.Person(person), AgencyId.Parse(agency), FirstEpoch);
    }

    public Task LinkAsync(string agency, int person, string name) => LinkTable.Open(Path(agency, "data", "links.db")).PutAsync(name, CodeOf(person, agency));

    /// <summary>The member list and the directory, as an agency has them.</summary>
    public MemberList MembersAt(string agency)
    {
        var members = TrustFolder.Open(Path(agency, "trust"), TimeProvider.System).Held!.Members!.Value;
        return members.With(DirectoryFileOnDisk.Open(Path(agency, "trust", "directory.json"), members, TimeProvider.System).Current, Broker);
    }

    /// <summary>A client with an agency's key, without its agent's manners.</summary>
    public HandMadeClient ClientOf(string agency) => new(
        agency,
        IdentityKey.Open(SpiffeName.ForAgency(Platform, AgencyId.Parse(agency)), Path(agency), "identity.pem"),
        MembersAt(agency),
        TimeProvider.System);

    public ValueTask DisposeAsync() => _blocks.DisposeAsync();
}
