using InfoLink.Agent;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Broker.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Asking;

/// <summary>Two agencies whose agents run, with many persons that both know, and a folder for the files of bulk questions.</summary>
internal sealed class AskingWorld : IAsyncDisposable
{
    private AskingWorld(AgentNetwork network) => Network = network;

    public AgentNetwork Network { get; }

    public TemporaryFolder Files { get; } = new();

    public string Results => Files.Path("results.csv");

    public static async Task<AskingWorld> StartAsync(int persons, Action<NetworkFolder>? prepare = null, Action<AgentOptions>? provider = null)
    {
        var world = new AskingWorld(await AgentNetwork.StartAsync(new AgentNetworkOptions { Witnessed = false, Prepare = prepare, Provider = provider }));
        await world.LinkAsync(world.Network.Requester.Agent.Links, NetworkFolder.Requester, AgentNetwork.AtRequester, persons);
        await world.LinkAsync(world.Network.Provider.Agent.Links, NetworkFolder.Provider, AgentNetwork.AtProvider, persons);
        return world;
    }

    /// <summary>A question about everybody's tax of 2026.</summary>
    public BulkQuestion Tax(string? results = null, string source = "source-1") => new(
        new Inquiry
        {
            Entry = EntryId.Parse(AgentNetwork.TaxEntry),
            Provider = AgencyId.Parse(NetworkFolder.Provider),
            Role = SubjectRole.Parse("claimant"),
            Conditions = new InquiryConditions { TaxYear = 2026 },
        },
        results ?? Results,
        source);

    public static async IAsyncEnumerable<BulkLine> Lines(int persons)
    {
        await Task.Yield();
        for (var i = 0; i < persons; i++)
        {
            yield return new BulkLine(i + 2, AgentNetwork.AtRequester(i));
        }
    }

    public Task<AskJob> RunAsync(int persons, BulkQuestion question, IProgress<AskJob>? progress = null, CancellationToken cancellation = default) =>
        Network.Requester.Agent.AskAllAsync("job", Lines(persons), question, AgentNetwork.Clerk, progress, cancellation);

    /// <summary>The result lines, heading included, field by field.</summary>
    public static List<IReadOnlyList<string>> Read(string path)
    {
        using var file = File.OpenText(path);
        var lines = new Hosting.CsvLines(file, longestRecord: 100_000);
        var read = new List<IReadOnlyList<string>>();
        while (lines.Next() is { } fields)
        {
            read.Add(fields);
        }

        return read;
    }

    /// <summary>Each line of the source stands in the results once, with the value of its own person.</summary>
    public void EachLineOnce(int persons)
    {
        var results = Read(Results);
        var income = results[0].ToList().IndexOf("municipal-inhabitant-tax/total-income");
        Assert.Equal(
            Enumerable.Range(0, persons).Select(i => ($"{i + 2}", AgentNetwork.AtRequester(i), "answered", $"{1_000_000 + i}")),
            results.Skip(1).Select(fields => (fields[0], fields[1], fields[2], fields[income])));
    }

    /// <summary>How often the requester has this on record.</summary>
    public async Task<int> OnRecordAsync(AccessEvent what) => (await AgentNetwork.AllOfAsync(Network.Requester)).Count(entry => entry.Open.Event == what);

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        Files.Dispose();
    }

    private async Task LinkAsync(LinkTable links, string agency, Func<int, string> id, int persons)
    {
        using var masters = new CodeMasters();
        masters.Add(NetworkFolder.Epoch, Contracts.Identity.KeyFile.ReadKey(Network.Folder.Path("broker", "keys", "masters", $"{NetworkFolder.Epoch}.key")));
        var cipher = new LinkCodeCipher(masters);
        var codes = Enumerable.Range(0, persons).Select(person => cipher.Encode(Fixtures.TestNetwork.Person(person), AgencyId.Parse(agency), NetworkFolder.Epoch)).ToList();
        await links.WriteAsync(
            writing =>
            {
                for (var i = 0; i < codes.Count; i++)
                {
                    writing.Put(LocalId.Of(id(i)), codes[i], LinkAct.ByProgram);
                }
            },
            CancellationToken.None);
    }
}

/// <summary>Progress that is told at once, on the thread that tells.</summary>
internal sealed class Told(Action<AskJob> tell) : IProgress<AskJob>
{
    public void Report(AskJob value) => tell(value);
}
