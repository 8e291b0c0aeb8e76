using System.Diagnostics;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>What a running broker puts on record by itself.</summary>
public sealed class HousekeepingTests
{
    [Fact]
    public async Task What_nobody_settled_in_time_is_unsettled_and_may_still_be_settled()
    {
        await using var network = await TestNetwork.StartAsync();
        var (forgotten, settled, unused) = (await ApproveAsync(network), await ApproveAsync(network), await ApproveAsync(network));
        await network.Provider.RedeemAsync(forgotten.Token, AttemptId.New());
        await network.Provider.RedeemAsync(settled.Token, AttemptId.New());
        await network.Provider.SettleAsync(settled.Settlement());
        network.Clock.Ahead = TimeSpan.FromSeconds(301); // The default deadline is 300.

        await UntilAsync(async () => (await network.EventsOfAsync(forgotten.ExchangeId)).Contains(AccessEvent.Unsettled));
        await network.Provider.SettleAsync(forgotten.Settlement());
        Assert.Equal(
            [AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Unsettled, AccessEvent.Settled], await network.EventsOfAsync(forgotten.ExchangeId));
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Settled], await network.EventsOfAsync(settled.ExchangeId));
        Assert.Equal([AccessEvent.Approved], await network.EventsOfAsync(unused.ExchangeId));
        Assert.Contains(network.Journal.Lines, line => line.Text.Contains("not settled in time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Counted_refusals_are_on_record_after_their_minute_and_before_the_broker_stops()
    {
        await using var network = await TestNetwork.StartAsync();
        await RefuseAsync(network, 70);
        Assert.Equal(60, (await network.AllRecordsAsync()).Count);
        network.Clock.Ahead = TimeSpan.FromSeconds(61);
        await UntilAsync(async () => (await network.AllRecordsAsync()).Count > 60);
        Assert.Equal(10u, (await network.AllRecordsAsync())[^1].Open.RepeatedRefusals);

        await RefuseAsync(network, 65);
        await network.StopBrokerAsync();
        await network.StartBrokerAsync();
        var records = await network.AllRecordsAsync();
        Assert.Equal(60 + 1 + 60 + 1, records.Count);
        Assert.Equal((RefusalName.EntryUnknown, 5u), (records[^1].Open.Refusal, records[^1].Open.RepeatedRefusals));
    }

    [Fact]
    public async Task A_round_that_fails_is_told_to_the_operator_and_the_next_one_does_its_work()
    {
        FaultyEntryStore? log = null;
        await using var network = await TestNetwork.StartAsync(new() { AroundLog = store => log = new FaultyEntryStore(store) });
        network.Journal.Expect("a test's fault");
        var approval = await ApproveAsync(network);
        await network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        (log!.Fault, log.On) = (Fault.Lost, AccessEvent.Unsettled);
        network.Clock.Ahead = TimeSpan.FromSeconds(301);
        await UntilAsync(() => Task.FromResult(network.Journal.Lines.Any(line => string.Equals(line.Event, "RoundFailed", StringComparison.Ordinal))));
        log.Fault = Fault.None;
        await UntilAsync(async () => (await network.EventsOfAsync(approval.ExchangeId)).Contains(AccessEvent.Unsettled));
    }

    private static async Task<AuthorizeReply> ApproveAsync(TestNetwork network) =>
        await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));

    private static async Task RefuseAsync(TestNetwork network, int times)
    {
        var request = network.Requester.Ask(network.CodeOf(1));
        request.Entry = "106.no.such";
        for (var i = 0; i < times; i++)
        {
            await Refused.ByAsync(RefusalName.EntryUnknown, () => network.Requester.AuthorizeAsync(request));
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < TestNetwork.Patience, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
