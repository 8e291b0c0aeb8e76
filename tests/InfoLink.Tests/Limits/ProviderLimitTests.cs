using InfoLink.Agent;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>A provider under pressure: a peer's flood ends before its tokens are looked at, and the other peers notice nothing.</summary>
public sealed class ProviderLimitTests
{
    [Fact]
    public async Task A_peer_whose_fetches_fill_its_places_is_told_to_come_again_and_nothing_of_it_burns()
    {
        await using var network = await StartAsync(limits => (limits.Fetch.AtOnce, limits.Fetch.Waiting) = (1, 0));
        var (entered, gate) = HoldSource(network);
        var first = network.AskAsync(1);
        await entered.Task.WaitAsync(TestNetwork.Patience);

        var owner = network.Network.Requester;
        var second = owner.Fetch(await owner.AuthorizeAsync(owner.Ask(network.Network.CodeOf(2))));
        var shed = await Refused.ByAsync(RefusalName.Overloaded, () => owner.FetchAsync(NetworkFolder.Provider, second), "calls at once");
        Assert.True(RefusalWire.TryRead(shed)!.RetryAfter > TimeSpan.Zero);
        Assert.Equal(1, network.SpentTokens());

        // Another peer is let in, as far as its token takes it.
        var other = network.Network.Bystander;
        await Refused.ByAsync(RefusalName.TokenInvalid, () => other.FetchAsync(NetworkFolder.Provider, Forged(second)), "form");

        gate.SetResult();
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>(Assert.Single((await first).Persons));
        Assert.NotEmpty(await owner.FetchAsync(NetworkFolder.Provider, second)); // The token that was shed is as good as before.
    }

    [Fact]
    public async Task Fetches_of_all_together_are_bounded()
    {
        await using var network = await StartAsync(limits => (limits.FetchOfAll.AtOnce, limits.FetchOfAll.Waiting) = (1, 0));
        var (entered, gate) = HoldSource(network);
        var first = network.AskAsync(1);
        await entered.Task.WaitAsync(TestNetwork.Patience);

        var other = network.Network.Bystander;
        await Refused.ByAsync(RefusalName.Overloaded, () => other.FetchAsync(NetworkFolder.Provider, new FetchRequest()), "calls of all");

        gate.SetResult();
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>(Assert.Single((await first).Persons));
        await Refused.ByAsync(RefusalName.TokenInvalid, () => other.FetchAsync(NetworkFolder.Provider, Forged(new FetchRequest())), "form");
    }

    [Fact]
    public async Task A_peer_over_its_pace_is_shed_before_its_tokens_are_looked_at_and_counted_in_one_record()
    {
        await using var network = await StartAsync(limits => (limits.Fetch.PerSecond, limits.Fetch.Burst) = (1, 1));
        var flood = network.Network.Bystander;
        var (shed, seen) = (0, 0);
        for (var i = 0; i < 20 || shed == 0; i++)
        {
            var fault = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => flood.FetchAsync(NetworkFolder.Provider, Forged(new FetchRequest())));
            _ = RefusalWire.TryRead(fault)!.Name == RefusalName.Overloaded ? shed++ : seen++;
        }

        Assert.Equal(20, shed + seen);
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>(Assert.Single((await network.AskAsync(1)).Persons));

        await network.StopProviderAsync(); // Ends with the counts on record.
        await network.StartProviderAsync();
        var record = Assert.Single(await AgentNetwork.AllOfAsync(network.Provider), entry => entry.Open.Refusal == RefusalName.Overloaded);
        Assert.Equal(((uint)shed, NetworkFolder.Bystander), (record.Open.RepeatedRefusals, record.Open.Caller));
    }

    private static async Task<AgentNetwork> StartAsync(Action<LimitOptions> change)
    {
        var network = await AgentNetwork.StartAsync(new() { Provider = options => change(options.Limits) });
        await network.LinkAsync(1, 2);
        return network;
    }

    /// <summary>From now on the existing system answers when the gate opens.</summary>
    private static (TaskCompletionSource Entered, TaskCompletionSource Gate) HoldSource(AgentNetwork network)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        network.Source = async (request, cancellation) =>
        {
            entered.TrySetResult();
            await gate.Task.WaitAsync(cancellation);
            return AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));
        };
        return (entered, gate);
    }

    /// <summary>A token that is not one.</summary>
    private static FetchRequest Forged(FetchRequest request)
    {
        var forged = request.Clone();
        forged.Token = "é";
        return forged;
    }
}
