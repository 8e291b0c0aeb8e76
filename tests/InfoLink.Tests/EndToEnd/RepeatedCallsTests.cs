using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Which calls are made again over a broken connection, counted where they arrive.</summary>
public sealed class RepeatedCallsTests
{
    [Fact]
    public async Task A_redeem_whose_reply_was_lost_is_repeated_under_the_same_attempt_and_gets_the_same_answer()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Network.Journal.Expect("Hung up");
        network.Bent.Redeeming = (call, reply, context) =>
        {
            if (call <= 2)
            {
                BentBroker.HangUp(context);
            }

            return Task.FromResult(reply);
        };
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.Equal(3, network.Bent.Redeems.Count);
        Assert.Single(network.Bent.Redeems.Select(redeem => redeem.AttemptId).Distinct());
        Assert.Single(network.Bent.Redeems.Select(redeem => redeem.Token).Distinct(StringComparer.Ordinal));

        // Redeemed once, read once, spent once.
        await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Redeemed);
        Assert.Single(network.Reads);
        Assert.Equal(1, network.SpentTokens());
    }

    [Fact]
    public async Task While_the_broker_is_known_to_be_away_no_token_is_spent_and_afterwards_all_goes_on()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Network.Journal.Expect("Hung up");
        network.Bent.Redeeming = (_, reply, context) =>
        {
            BentBroker.HangUp(context);
            return Task.FromResult(reply);
        };
        for (var exchange = 0; exchange < 3; exchange++)
        {
            await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        }

        // Ten tries failed: the circuit is open, and the next token is refused unspent.
        Assert.Equal((10, 3), (network.Bent.Redeems.Count, network.SpentTokens()));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.BrokerUnreachable, refused.Refusal.Name);
        Assert.Equal((10, 3), (network.Bent.Redeems.Count, network.SpentTokens()));

        network.Bent.Redeeming = (_, reply, _) => Task.FromResult(reply);
        network.ProviderClock.Leap(TimeSpan.FromSeconds(5));
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }

    [Fact]
    public async Task Two_exchanges_never_share_an_attempt()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        await network.AskAsync(1);
        await network.AskAsync(1);
        Assert.Equal(2, network.Bent.Redeems.Select(redeem => redeem.AttemptId).Distinct().Count());
    }

    [Fact]
    public async Task An_authorize_that_the_broker_may_have_heard_is_not_repeated()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Network.Journal.Expect("Hung up");
        network.Bent.Approved = BentBroker.HangUp;
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.AnswerLost, refused.Refusal.Name);
        Assert.Equal(1, network.Bent.AuthorizeCalls);
        await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Approved);
        Assert.Empty(network.Bent.Redeems);
        Assert.Equal(RefusalName.AnswerLost, (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed)).Open.Refusal);
    }

    [Fact]
    public async Task A_connection_that_was_cut_between_two_exchanges_is_made_again()
    {
        TcpRelay? relay = null;
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Witnessed = false,
            Prepare = folder =>
            {
                var provider = new Uri("https://" + folder.AgentOptions(NetworkFolder.Provider).Listen);
                relay = new TcpRelay(provider);
                folder.Redirect(NetworkFolder.Provider, relay.Address);
            },
        });
        await using var wire = relay!;
        await network.LinkAsync(1);
        for (var exchange = 0; exchange < 3; exchange++)
        {
            Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
            wire.Cut();
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System); // The cut is seen before the next begins.
        }

        Assert.Equal(3, wire.Connections);
        Assert.Equal(3, network.Reads.Count);
    }
}
