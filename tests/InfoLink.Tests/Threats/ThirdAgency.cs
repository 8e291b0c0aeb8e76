using System.Collections.Concurrent;
using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>
/// Kawasaki, which has nothing to do with what the others are up to. It knows the same person as they do, under its own code, and goes on with its
/// own work: after each attack it looks whether anything of it was touched.
/// </summary>
internal sealed class ThirdAgency : IAsyncDisposable
{
    /// <summary>The person whom all three know.</summary>
    public const int Person = 1;

    private const string Local = "K-1";
    private readonly AgentNetwork _network;
    private readonly ConcurrentQueue<InformationRequest> _reads;
    private readonly (int Members, int Catalog, Sha256Digest List) _trust;
    private int _asked;

    private ThirdAgency(AgentNetwork network, AgentHost host, ConcurrentQueue<InformationRequest> reads)
    {
        (_network, Host, _reads) = (network, host, reads);
        _trust = TrustNow();
    }

    public AgentHost Host { get; }

    /// <summary>Its code for the person.</summary>
    public LinkCode Code => _network.Network.CodeOf(Person, NetworkFolder.Bystander);

    public static async Task<ThirdAgency> JoinAsync(AgentNetwork network)
    {
        var reads = new ConcurrentQueue<InformationRequest>();
        var source = new DelegateSource((request, _) =>
        {
            reads.Enqueue(request);
            return Task.FromResult<Items?>(AgentNetwork.TaxOf(Person));
        });
        var host = await AgentHost.StartAsync(
            network.Folder.AgentOptions(NetworkFolder.Bystander),
            new Dictionary<KindId, IInformationSource> { [AgentNetwork.Tax] = source },
            TimeProvider.System,
            network.Network.Journal.Loggers);
        await host.Agent.Links.PutAsync(Local, network.Network.CodeOf(Person, NetworkFolder.Bystander));
        return new ThirdAgency(network, host, reads);
    }

    /// <summary>Asks Setagaya for what the law lets it ask, and gets it.</summary>
    public async Task AskAsync()
    {
        var answer = await Host.Agent.FetchAsync(
            Local, AgentNetwork.TaxEntry, NetworkFolder.Provider, new Contracts.Catalog.InquiryConditions { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant");
        Assert.Equal($"{1_000_000 + Person}", answer.Value("municipal-inhabitant-tax", "total-income"));
        _asked++;
    }

    /// <summary>Its records are those of its own questions, its list, catalog and link are what they were, and nobody read anything here.</summary>
    public async Task AssertUntouchedAsync()
    {
        var records = await AgentNetwork.AllOfAsync(Host);
        Assert.Equal(
            Enumerable.Repeat((AccessEvent[])[AccessEvent.Asked, AccessEvent.Received], _asked).SelectMany(events => events),
            records.Select(record => record.Open.Event));
        await AssertNothingMovedAsync();
    }

    /// <summary>The same, where somebody knocked and was refused: those refusals are on its record, and nothing else is new.</summary>
    public async Task AssertRefusedAllAsync(params RefusalName[] names)
    {
        var refused = (await AgentNetwork.AllOfAsync(Host)).Where(record => record.Open.Event == AccessEvent.Refused);
        Assert.Equal(names, refused.Select(record => record.Open.Refusal));
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(Host), record => record.Open.Event is AccessEvent.Answered or AccessEvent.Settled);
        await AssertNothingMovedAsync();
    }

    /// <summary>In none of these folders does its code lie. Agents that hold their files for themselves are stopped before.</summary>
    public void AssertCodeIsNotBelow(params string[] folders)
    {
        var own = new Marked().Add("Kawasaki's code", Code);
        Assert.All(folders, own.AssertNotBelow);
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private async Task AssertNothingMovedAsync()
    {
        Assert.Empty(_reads);
        Assert.Equal(_trust, TrustNow());
        Assert.Equal(Code, await Host.Agent.Links.CodeOfAsync(Local, CancellationToken.None));
    }

    private (int, int, Sha256Digest) TrustNow()
    {
        var held = Host.Trust.Folder.Held!;
        return (held.Members!.Header.Version, held.Catalogs.Newest!.Version, held.Members.Header.Sha256);
    }
}
