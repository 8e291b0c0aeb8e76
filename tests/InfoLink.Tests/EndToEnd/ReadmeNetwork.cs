using System.Diagnostics;
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
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>The network that README.md's section "A network from nothing" makes, block by block (tests/network), with a broker and three agents as processes.</summary>
internal sealed class ReadmeNetwork : IAsyncDisposable
{
    public const string Yokohama = "141003";
    public const string Setagaya = "131121";
    public const string Kawasaki = "141305";
    private const string Platform = "infolink.example";
    private const byte FirstEpoch = 1;

    /// <summary>The script gives one block 120 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(130);

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-test-");
    private readonly Dictionary<string, int> _ports;
    private readonly Process _script;

    public ReadmeNetwork()
    {
        string[] parties = ["BROKER", "YOKOHAMA", "SETAGAYA", "KAWASAKI"];
        var listeners = parties.Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        _ports = parties.Zip(listeners).ToDictionary(pair => pair.First, pair => ((IPEndPoint)pair.Second.LocalEndpoint).Port, StringComparer.Ordinal);
        listeners.ForEach(listener => listener.Stop());
        var start = new ProcessStartInfo(RepositoryRoot.Path("tests", "network"), ["-"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DIR"] = _folder.FullName;
        start.Environment["CONFIGURATION"] = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        foreach (var (name, port) in _ports)
        {
            start.Environment[name] = $"127.0.0.1:{port}";
        }

        _script = Process.Start(start)!;
    }

    /// <summary>Where the parties are, by name.</summary>
    public IReadOnlyDictionary<string, Uri> Endpoints => _ports.ToDictionary(pair => pair.Key, pair => new Uri($"https://127.0.0.1:{pair.Value}"), StringComparer.Ordinal);

    public Uri Broker => Endpoints["BROKER"];

    public string Path(params string[] parts) => System.IO.Path.Combine([_folder.FullName, .. parts]);

    /// <summary>Runs these blocks of the README, each to where it can come alone.</summary>
    public async Task RunAsync(params string[] blocks)
    {
        foreach (var block in blocks)
        {
            await _script.StandardInput.WriteLineAsync(block);
            await _script.StandardInput.FlushAsync();
            var answer = await _script.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            Assert.True(string.Equals(answer, $"DONE {block}", StringComparison.Ordinal), $"The block '{block}' of README.md failed ({answer}):\n{Output(block)}");
        }
    }

    /// <summary>A variable that the blocks read.</summary>
    public Task SetAsync(string name, string value) => _script.StandardInput.WriteLineAsync($"{name}={value}");

    /// <summary>What a block has printed so far.</summary>
    public string Output(string block)
    {
        var path = Path("output", block);
        if (!File.Exists(path))
        {
            return "";
        }

        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd();
    }

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

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close(); // The script ends, and ends what it started.
        try
        {
            await _script.WaitForExitAsync().WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            _script.Kill(entireProcessTree: true);
            throw;
        }
        finally
        {
            _script.Dispose();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            _folder.Delete(recursive: true);
        }
    }
}
