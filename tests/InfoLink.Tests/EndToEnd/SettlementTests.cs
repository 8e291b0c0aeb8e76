using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

public sealed class SettlementTests
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task What_came_of_an_exchange_reaches_the_broker_by_itself()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.AskAsync(1);
        var settled = await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        Assert.Equal(SubjectOutcome.AnsweredOutcome, Assert.Single(settled.Subjects).Outcome);
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Settled);
    }

    [Fact]
    public async Task It_is_told_when_the_broker_is_back()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        var away = true;
        network.Bent.Settling = (_, context) =>
        {
            if (away)
            {
                BentBroker.HangUp(context);
            }

            return Task.CompletedTask;
        };
        network.Network.Journal.Expect("Hung up", "torn");
        await network.AskAsync(1);
        await UntilAsync(() => network.Bent.SettleCalls >= 4); // Tried, and tried again three times.
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(network.Provider), entry => entry.Open.Event is AccessEvent.Settled or AccessEvent.Unsettled);

        away = false;
        await LeapUntilAsync(network, AccessEvent.Settled);
    }

    [Fact]
    public async Task It_is_told_by_the_next_process_where_the_first_one_died()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Bent.Settling = (_, context) =>
        {
            BentBroker.HangUp(context);
            return Task.CompletedTask;
        };
        network.Network.Journal.Expect("Hung up", "torn");
        await network.AskAsync(1);
        await UntilAsync(() => network.Bent.SettleCalls >= 1);
        await network.StopProviderAsync();
        Assert.DoesNotContain(await network.AllOfBrokerAsync(), entry => entry.Open.Event == AccessEvent.Settled);

        network.Bent.Settling = (_, _) => Task.CompletedTask;
        await network.StartProviderAsync();
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Settled);
        await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Settled);
    }

    [Fact]
    public async Task An_agent_stops_at_once_though_the_broker_hangs()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        var asked = new TaskCompletionSource();
        network.Bent.Settling = async (_, context) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        await network.AskAsync(1);
        await asked.Task.WaitAsync(TestNetwork.Patience);
        await network.StopProviderAsync().WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_broker_that_tears_the_call_away_does_not_end_the_telling()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1, 2);
        network.Network.Journal.Expect("Hung up", "torn");
        network.Bent.Settling = (_, _) => throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Cancelled, "torn"));
        await network.AskAsync(1);
        await UntilAsync(() => network.Bent.SettleCalls >= 1);

        network.Bent.Settling = (_, _) => Task.CompletedTask;
        await network.AskAsync(2);
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        await LeapUntilAsync(network, AccessEvent.Settled, times: 2);
    }

    [Fact]
    public async Task A_settlement_that_the_broker_refuses_is_an_alarm_and_is_not_tried_for_ever()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Network.Journal.Expect("ALARM");
        network.Bent.Settling = (request, _) =>
        {
            request.TokenSha256 = Google.Protobuf.ByteString.CopyFrom(new byte[32]);
            return Task.CompletedTask;
        };
        await network.AskAsync(1);
        var unsettled = await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Unsettled);
        Assert.Equal(RefusalName.ExchangeUnknown, unsettled.Open.Refusal);
        Assert.Contains(network.Network.Journal.Lines, line => line.Text.Contains("ALARM", StringComparison.Ordinal));
        for (var look = 0; look < 3; look++)
        {
            network.ProviderClock.Leap(LookInterval);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.Equal(1, network.Bent.SettleCalls);
    }

    private static async Task LeapUntilAsync(AgentNetwork network, AccessEvent what, int times = 1)
    {
        // A leap over a write that is under way is a write that took too long; it is looked for again like all else.
        network.Network.Journal.Expect("Settling could not go on", "could not write a batch");
        for (var look = 0; look < 100; look++)
        {
            if ((await AgentNetwork.AllOfAsync(network.Provider)).Count(entry => entry.Open.Event == what) >= times)
            {
                return;
            }

            network.ProviderClock.Leap(LookInterval);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.Fail($"{what} came not on record.");
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds() && TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.True(holds());
    }
}
