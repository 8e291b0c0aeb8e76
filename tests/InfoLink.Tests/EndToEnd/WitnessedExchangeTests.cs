using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A provider answers on the word of a log that a quorum has cosigned within the last minute, and of no other.</summary>
public sealed class WitnessedExchangeTests
{
    [Fact]
    public async Task The_published_checkpoint_has_the_quorums_cosignatures()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        await network.CosignedAsync();
        var log = network.Network.Broker.Log;
        var members = network.Network.Broker.Members.Current;
        var published = SignedCheckpoint.Open((await log.Tree.PublishedAsync(CancellationToken.None))!.Note, log.Key)!;
        Assert.True(published.Checkpoint.Size >= 2);
        Assert.IsType<QuorumDecision.Met>(
            new Quorum(NetworkFolder.Quorum, members.Witnesses).Decide(CosignedCheckpoint.Read(published, members.Witnesses)!.By));
    }

    [Fact]
    public async Task Without_witnesses_a_minute_passes_then_nothing_is_answered_until_they_are_back()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.StopRequesterAsync();
        Assert.Single(await FetchAsync(network), part => part.Subject is not null);

        // With one witness of two left the quorum's last word grows old.
        Leap(TimeSpan.FromSeconds(61));
        await Refused.ByAsync(RefusalName.LogStale, () => FetchAsync(network));
        Assert.Single(network.Reads);

        await network.StartRequesterAsync();
        await network.CosignedAsync();
        Assert.Single(await FetchAsync(network), part => part.Subject is not null);

        void Leap(TimeSpan by)
        {
            network.Network.Clock.Ahead += by;
            network.RequesterClock.Leap(by);
            network.ProviderClock.Leap(by);
        }
    }

    /// <summary>By hand, so that the requester's agent need not run.</summary>
    private static async Task<IReadOnlyList<FetchReply>> FetchAsync(AgentNetwork network)
    {
        using var client = new HandMadeClient(network.Folder, NetworkFolder.Requester, network.Network.Clock);
        return await client.FetchAsync(NetworkFolder.Provider, client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(1)))));
    }
}
