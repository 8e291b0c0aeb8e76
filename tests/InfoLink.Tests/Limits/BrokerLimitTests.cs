using System.Security.Cryptography;
using Grpc.Core;
using InfoLink.Broker.Limits;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>A broker under pressure: who presses is told when to come again, the others are served, and what is begun is finished.</summary>
public sealed class BrokerLimitTests
{
    [Fact]
    public async Task An_agency_over_its_pace_is_told_when_to_come_again_and_the_others_are_served()
    {
        await using var network = await StartAsync(limits => (limits.Authorize.PerSecond, limits.Authorize.Burst) = (1, 1));
        var fault = await UntilShedAsync(network);
        Assert.Equal((StatusCode.ResourceExhausted, "calls a second"), (fault.StatusCode, RefusalWire.TryRead(fault)!.Detail));
        var wait = RefusalWire.TryRead(fault)!.RetryAfter;
        Assert.InRange(wait, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));

        await ApproveAsync(network.Bystander, network);
        network.Clock.Ahead += wait;
        await ApproveAsync(network.Requester, network);
    }

    [Fact]
    public async Task What_was_shed_is_counted_in_one_record_and_in_none_of_its_own()
    {
        await using var network = await StartAsync(limits => (limits.Authorize.PerSecond, limits.Authorize.Burst) = (1, 1));
        var shed = 0;
        for (var i = 0; i < 10; i++)
        {
            await UntilShedAsync(network);
            shed++;
        }

        await network.StopBrokerAsync(); // Ends with the counts on record.
        await network.StartBrokerAsync();
        var record = Assert.Single(await network.AllRecordsAsync(), entry => entry.Open.Event == AccessEvent.Refused);
        Assert.Equal(
            (RefusalName.Overloaded, (uint)shed, NetworkFolder.Requester),
            (record.Open.Refusal, record.Open.RepeatedRefusals, record.Open.Caller));
    }

    [Fact]
    public async Task While_nothing_more_may_be_begun_what_is_begun_is_finished()
    {
        HeldTokenStore? tokens = null;
        await using var network = await StartAsync(
            limits => (limits.Authorize.AtOnce, limits.Authorize.Waiting, limits.AuthorizeOfAll.AtOnce, limits.AuthorizeOfAll.Waiting) = (1, 0, 1, 0),
            store => tokens = new HeldTokenStore(store));
        var begun = await ApproveAsync(network.Requester, network);
        var gate = tokens!.Hold();
        var held = ApproveAsync(network.Requester, network);
        await tokens.Entered.Task.WaitAsync(TestNetwork.Patience);

        await Refused.ByAsync(RefusalName.Overloaded, () => ApproveAsync(network.Requester, network), "calls at once");
        await Refused.ByAsync(RefusalName.Overloaded, () => ApproveAsync(network.Bystander, network), "calls of all");
        var redeemed = await network.Provider.RedeemAsync(begun.Token, AttemptId.New());
        Assert.Single(redeemed.Subjects);
        await network.Provider.SettleAsync(begun.Settlement());

        gate.SetResult();
        await held;
        await ApproveAsync(network.Requester, network);
    }

    [Fact]
    public async Task Of_three_calls_one_runs_one_waits_and_one_is_shed()
    {
        HeldTokenStore? tokens = null;
        await using var network = await StartAsync(
            limits => (limits.Authorize.AtOnce, limits.Authorize.Waiting) = (1, 1), store => tokens = new HeldTokenStore(store));
        var gate = tokens!.Hold();
        List<Task> calls = [.. Enumerable.Range(0, 3).Select(_ => ApproveAsync(network.Requester, network))];
        var shed = await Task.WhenAny(calls).WaitAsync(TestNetwork.Patience);
        await Refused.ByAsync(RefusalName.Overloaded, () => shed, "calls at once");

        gate.SetResult();
        calls.Remove(shed);
        await Task.WhenAll(calls).WaitAsync(TestNetwork.Patience);
    }

    [Fact]
    public async Task The_days_quota_of_one_agency_is_its_own_is_on_record_and_is_there_again_tomorrow()
    {
        await using var network = await StartAsync(limits => limits.PersonsPerDay = 1_000);
        var people = Enumerable.Range(1, 999).Select(person => network.CodeOf(person)).ToList();
        await network.Requester.AuthorizeAsync(network.Requester.Ask(people));

        var two = network.Requester.Ask(people.Take(2));
        var record = await network.RefusedAndRecordedAsync(RefusalName.Overloaded, () => network.Requester.AuthorizeAsync(two), "persons a day");
        Assert.Equal(2u, record.Open.Count);
        var fault = await Refused.ByAsync(RefusalName.Overloaded, () => network.Requester.AuthorizeAsync(two), "persons a day");
        await ApproveAsync(network.Bystander, network);
        await ApproveAsync(network.Requester, network); // The thousandth.

        var told = V1.Refusal.Parser.ParseFrom(fault.Trailers.GetValueBytes(RefusalWire.TrailerName));
        Assert.InRange(told.RetryAfterMs, 1, 24 * 3_600_000);
        network.Clock.Ahead += TimeSpan.FromMilliseconds(told.RetryAfterMs + 1);
        await network.Requester.AuthorizeAsync(two);
    }

    [Fact]
    public async Task An_agency_that_tries_codes_is_slowed_and_reported_and_an_honest_one_beside_it_is_not()
    {
        await using var network = await StartAsync(limits => limits.LongestPauseSeconds = 3_600);
        network.Journal.Expect("ALARM: 141003");
        var begun = await ApproveAsync(network.Requester, network);
        var forged = Enumerable.Range(0, 40).Select(_ => new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(LinkCode.BlockLength))).ToList();
        await Refused.ByAsync(RefusalName.LinkCodeRefused, () => network.Requester.AuthorizeAsync(network.Requester.Ask(forged)));

        var fault = await Refused.ByAsync(RefusalName.Overloaded, () => ApproveAsync(network.Requester, network), "refused codes");
        var wait = RefusalWire.TryRead(fault)!.RetryAfter;
        Assert.InRange(wait, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        var seen = Assert.Single(network.Broker.Limits.Codes.View());
        Assert.Equal((NetworkFolder.Requester, 40), (seen.Agency.Value, seen.Codes));
        Assert.NotNull(seen.SlowedUntil);
        Assert.NotNull(seen.ToldAt);

        // Others notice nothing, and what was begun with the slowed one is finished.
        await ApproveAsync(network.Bystander, network);
        await network.Provider.RedeemAsync(begun.Token, AttemptId.New());

        // Told once, and of no code.
        var alarm = Assert.Single(network.Journal.Lines, line => line.Level == LogLevel.Critical);
        Assert.Contains("40 link codes", alarm.Text, StringComparison.Ordinal);
        var marked = new Marked();
        forged.ForEach(code => marked.Add("forged code", code));
        marked.AssertNotIn(alarm.Text);

        // When the window has passed, it is an agency like any other.
        network.Clock.Ahead += TimeSpan.FromMinutes(10);
        await ApproveAsync(network.Requester, network);
        await ApproveAsync(network.Requester, network);
    }

    [Fact]
    public async Task Codes_of_persons_who_are_also_asked_for_rightly_count_too()
    {
        await using var network = await StartAsync(limits => limits.RefusedCodes = 1);
        network.Journal.Expect("ALARM: 141003");
        for (var i = 1; i <= 2; i++)
        {
            var foreign = network.CodeOf(7, NetworkFolder.Bystander);
            Assert.Single((await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(i), foreign))).Refused);
        }

        Assert.Equal(2, Assert.Single(network.Broker.Limits.Codes.View()).Codes);
        Assert.Single(network.Journal.Lines, line => line.Level == LogLevel.Critical);
    }

    private static Task<TestNetwork> StartAsync(Action<LimitOptions> change, Func<ITokenStore, ITokenStore>? aroundTokens = null) => TestNetwork.StartAsync(new()
    {
        Prepare = folder =>
        {
            var options = folder.BrokerOptions();
            change(options.Limits);
            options.Write(folder.BrokerPath);
        },
        AroundTokens = aroundTokens,
    });

    private static Task<AuthorizeReply> ApproveAsync(HandMadeClient client, TestNetwork network) =>
        client.AuthorizeAsync(client.Ask(network.CodeOf(1, client.Agency)));

    /// <summary>However fast the pace comes back on this machine, calls that go on are shed sometime.</summary>
    private static async Task<RpcException> UntilShedAsync(TestNetwork network)
    {
        for (var i = 0; i < 1_000; i++)
        {
            try
            {
                await ApproveAsync(network.Requester, network);
            }
            catch (RpcException fault) when (RefusalWire.TryRead(fault)?.Name == RefusalName.Overloaded)
            {
                return fault;
            }
        }

        throw new TimeoutException("No call was shed.");
    }

    /// <summary>The real store, in which issuing waits while a test holds it.</summary>
    private sealed class HeldTokenStore(ITokenStore real) : ITokenStore
    {
        private TaskCompletionSource? _gate;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task IssueAsync(TokenKey key, byte[] sealedGrant, TokenTimes times, CancellationToken cancellation)
        {
            if (_gate is { } gate)
            {
                Entered.TrySetResult();
                await gate.Task;
            }

            await real.IssueAsync(key, sealedGrant, times, cancellation);
        }

        public Task<byte[]?> FindAsync(TokenKey key, CancellationToken cancellation) => real.FindAsync(key, cancellation);

        public Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt, CancellationToken cancellation) => real.RedeemAsync(key, attempt, cancellation);

        public Task RevokeAsync(TokenKey key, CancellationToken cancellation) => real.RevokeAsync(key, cancellation);

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
