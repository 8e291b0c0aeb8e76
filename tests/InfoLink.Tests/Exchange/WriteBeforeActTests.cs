using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Exchange;

/// <summary>
/// The order of effects, tried by failing at each step, before it happened and after: nothing leaves before it is on record, and the service
/// returns by itself.
/// </summary>
public sealed class WriteBeforeActTests : IAsyncLifetime
{
    private FaultyEntryStore? _log;
    private FaultyTokenStore? _tokens;
    private TestNetwork? _network;

    private FaultyEntryStore Log => _log!;

    private FaultyTokenStore Tokens => _tokens!;

    private TestNetwork Network => _network!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.StartAsync(new()
        {
            AroundLog = store => _log = new FaultyEntryStore(store),
            AroundTokens = store => _tokens = new FaultyTokenStore(store),
        });
        _network.Journal.Expect("a test's fault", "callers were told that they do not");
    }

    public ValueTask DisposeAsync() => Network.DisposeAsync();

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task Without_a_durable_approval_no_token_leaves_and_its_grant_is_revoked(Fault fault)
    {
        Log.Fault = fault;
        await Refused.ByAsync(RefusalName.LogUnavailable, ApproveAsync);
        await NoTokenLivesAsync();
        Assert.Equal(fault == Fault.Kept ? [AccessEvent.Approved] : [], await AllEventsAsync());

        // An approval that turns out to stand in the log is withdrawn there as soon as the log can be written.
        Log.Fault = Fault.None;
        await WorksAsync();
        await UntilAsync(async () => (await AllEventsAsync()).Contains(AccessEvent.Withdrawn) == (fault == Fault.Kept));
    }

    [Fact]
    public async Task A_commit_whose_answer_alone_was_lost_is_a_commit()
    {
        Log.Fault = Fault.AnswerLost;
        Assert.NotEmpty((await Network.Requester.AuthorizeAsync(Network.Requester.Ask(Network.CodeOf(1)))).Token);
        Assert.Equal([AccessEvent.Approved], await AllEventsAsync());
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task Without_a_kept_grant_no_token_leaves_and_the_approval_is_withdrawn(Fault fault)
    {
        Tokens.Faults[StoreStep.Issue] = fault;
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, ApproveAsync);
        await NoTokenLivesAsync();
        var records = await Network.AllRecordsAsync();
        Assert.Equal([AccessEvent.Approved, AccessEvent.Withdrawn], records.Select(record => record.Open.Event));
        Assert.Equal(RefusalName.TokenStoreUnavailable, records[1].Open.Refusal);
        Assert.Equal(records[0].Open.ExchangeId, records[1].Open.ExchangeId);
        Assert.Equal(records[0].Subjects.Select(subject => subject.Leaf), records[1].Subjects.Select(subject => subject.Leaf));

        Tokens.Faults.Clear();
        await WorksAsync();
    }

    [Fact]
    public async Task A_full_store_withdraws_as_any_other_that_fails()
    {
        await using var network = await TestNetwork.StartAsync(new()
        {
            AroundTokens = _ => new Broker.Tokens.MemoryTokenStore(TimeProvider.System, capacity: 1),
        });
        await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, () => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(2))));
        Assert.Equal(
            [AccessEvent.Approved, AccessEvent.Approved, AccessEvent.Withdrawn],
            (await network.AllRecordsAsync()).Select(record => record.Open.Event));
    }

    [Fact]
    public async Task A_Redis_that_dies_withdraws_approvals_and_the_broker_goes_on_when_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var network = await TestNetwork.StartAsync(new() { Redis = redis.Address });
        var lost = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        await redis.KillAsync();
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, () => network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1))));
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, () => network.Provider.RedeemAsync(lost.Token, AttemptId.New()));
        Assert.Equal(
            [AccessEvent.Approved, AccessEvent.Approved, AccessEvent.Withdrawn],
            (await network.AllRecordsAsync()).Select(record => record.Open.Event));

        await redis.StartAgainAsync();
        AuthorizeReply? approval = null;
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (approval is null)
        {
            var end = await HandMadeClient.RefusalOfAsync(async () =>
                approval = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1))));
            Assert.True(end is "(accepted)" or "TOKEN-STORE-UNAVAILABLE" && waited.Elapsed < TestNetwork.Patience, end);
        }

        await network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        await Refused.ByAsync(RefusalName.TokenUnknown, () => network.Provider.RedeemAsync(lost.Token, AttemptId.New())); // Absence means refusal.
    }

    [Fact]
    public async Task A_token_that_cannot_even_be_revoked_never_left_and_is_withdrawn_all_the_same()
    {
        (Tokens.Faults[StoreStep.Issue], Tokens.Faults[StoreStep.Revoke]) = (Fault.Kept, Fault.Lost);
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, ApproveAsync);
        Assert.Equal([AccessEvent.Approved, AccessEvent.Withdrawn], await AllEventsAsync());
        Assert.Contains(Network.Journal.Lines, line => line.Text.Contains("could not be revoked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_approval_that_cannot_be_withdrawn_still_lets_no_token_leave()
    {
        Tokens.Faults[StoreStep.Issue] = Fault.Kept;
        (Log.Fault, Log.On) = (Fault.Lost, AccessEvent.Withdrawn);
        await Refused.ByAsync(RefusalName.LogUnavailable, ApproveAsync);
        await NoTokenLivesAsync();
    }

    [Fact]
    public async Task When_both_fail_nothing_is_there_and_the_refusal_is_one_of_the_two()
    {
        Tokens.Faults[StoreStep.Issue] = Fault.Lost;
        Log.Fault = Fault.Lost;
        var end = await HandMadeClient.RefusalOfAsync(ApproveAsync);
        Assert.True(end is "LOG-UNAVAILABLE" or "TOKEN-STORE-UNAVAILABLE", end);
        await NoTokenLivesAsync();
        Assert.Empty(await AllEventsAsync());
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task Without_a_durable_redeem_no_code_leaves_and_the_same_attempt_gets_them_later_on_one_record(Fault fault)
    {
        var (approval, attempt) = (await ApproveAsync(), AttemptId.New());
        (Log.Fault, Log.On) = (fault, AccessEvent.Redeemed);
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Provider.RedeemAsync(approval.Token, attempt));
        if (fault == Fault.Lost)
        {
            await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Provider.RedeemAsync(approval.Token, attempt));
        }

        Log.Fault = Fault.None;
        Assert.Single((await Network.Provider.RedeemAsync(approval.Token, attempt)).Subjects);
        Network.Journal.Expect("ALARM");
        await Refused.ByAsync(RefusalName.TokenSpent, () => Network.Provider.RedeemAsync(approval.Token, AttemptId.New()));
        Assert.Single(await AllEventsAsync(), AccessEvent.Redeemed);
    }

    [Theory]
    [InlineData(StoreStep.Find, Fault.Lost)]
    [InlineData(StoreStep.Redeem, Fault.Lost)]
    [InlineData(StoreStep.Redeem, Fault.Kept)]
    public async Task A_redeem_that_the_store_did_not_confirm_gives_no_code_and_the_same_attempt_may_try_again(StoreStep step, Fault fault)
    {
        var (approval, attempt) = (await ApproveAsync(), AttemptId.New());
        Tokens.Faults[step] = fault;
        await Refused.ByAsync(RefusalName.TokenStoreUnavailable, () => Network.Provider.RedeemAsync(approval.Token, attempt));
        Assert.DoesNotContain(AccessEvent.Redeemed, await AllEventsAsync());

        Tokens.Faults.Clear();
        Assert.Single((await Network.Provider.RedeemAsync(approval.Token, attempt)).Subjects);
        Assert.Single(await AllEventsAsync(), AccessEvent.Redeemed);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_gives_no_second_answer_and_settles_nothing()
    {
        var (approval, attempt) = (await ApproveAsync(), AttemptId.New());
        await Network.Provider.RedeemAsync(approval.Token, attempt);
        Log.ReadsFail = true;
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Provider.RedeemAsync(approval.Token, attempt));
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Provider.SettleAsync(approval.Settlement()));
        Log.ReadsFail = false;
        await Network.Provider.RedeemAsync(approval.Token, attempt);
        await Network.Provider.SettleAsync(approval.Settlement());
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task A_settlement_that_is_not_durable_is_not_acknowledged_and_may_be_repeated_onto_one_record(Fault fault)
    {
        var approval = await ApproveAsync();
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        (Log.Fault, Log.On) = (fault, AccessEvent.Settled);
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Provider.SettleAsync(approval.Settlement()));

        Log.Fault = Fault.None;
        await Network.Provider.SettleAsync(approval.Settlement());
        Assert.Single(await AllEventsAsync(), AccessEvent.Settled);
    }

    [Fact]
    public async Task A_refusal_that_cannot_be_recorded_is_not_told()
    {
        var request = Network.Requester.Ask(Network.CodeOf(1));
        request.Entry = "106.no.such";
        Log.Fault = Fault.Lost;
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Requester.AuthorizeAsync(request));
        Log.Fault = Fault.None;
        await Refused.ByAsync(RefusalName.EntryUnknown, () => Network.Requester.AuthorizeAsync(request));
    }

    [Fact]
    public async Task Some_subjects_refusal_that_cannot_be_recorded_holds_the_others_back()
    {
        (Log.Fault, Log.On) = (Fault.Lost, AccessEvent.Refused);
        await Refused.ByAsync(RefusalName.LogUnavailable, () => Network.Requester.AuthorizeAsync(
            Network.Requester.Ask(Network.CodeOf(1), Network.CodeOf(1, NetworkFolder.Bystander))));
        Assert.Empty(Tokens.Issued);
        Assert.Empty(await AllEventsAsync());
    }

    [Fact]
    public async Task Every_token_that_leaves_under_changing_faults_is_on_record()
    {
        using var stop = new CancellationTokenSource();
        var shaking = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                Log.Fault = (Fault)(i % 3);
                Tokens.Faults[StoreStep.Issue] = (Fault)((i / 3) % 3);
                await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System);
            }
        });
        var left = new System.Collections.Concurrent.ConcurrentBag<AuthorizeReply>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var end = await HandMadeClient.RefusalOfAsync(async () => left.Add(await ApproveAsync()));
                Assert.True(end is "(accepted)" or "LOG-UNAVAILABLE" or "TOKEN-STORE-UNAVAILABLE", end);
            }
        })));
        await stop.CancelAsync();
        await shaking;
        (Log.Fault, Tokens.Faults[StoreStep.Issue]) = (Fault.None, Fault.None);

        Assert.NotEmpty(left);
        var approved = (await Network.AllRecordsAsync()).Where(record => record.Open.Event == AccessEvent.Approved).ToDictionary(record => record.Serial);
        var withdrawn = (await Network.AllRecordsAsync()).Where(record => record.Open.Event == AccessEvent.Withdrawn).Select(record => record.Open.ExchangeId).ToHashSet();
        Assert.All(left, reply =>
        {
            var record = approved[(long)reply.Receipt.Index];
            Assert.Equal(reply.Receipt.OpenPart.ToByteArray(), record.OpenPartBytes);
            Assert.Equal(reply.Settlement().TokenSha256, record.Open.TokenSha256);
            Assert.DoesNotContain(record.Open.ExchangeId, withdrawn);
        });
    }

    private async Task<AuthorizeReply> ApproveAsync() => await Network.Requester.AuthorizeAsync(Network.Requester.Ask(Network.CodeOf(1)));

    private async Task<IEnumerable<AccessEvent>> AllEventsAsync() => (await Network.AllRecordsAsync()).Select(record => record.Open.Event);

    private async Task NoTokenLivesAsync()
    {
        Assert.NotEmpty(Tokens.Issued);
        foreach (var key in Tokens.Issued)
        {
            Assert.Null(await Tokens.Real.FindAsync(key, CancellationToken.None));
        }
    }

    /// <summary>Nobody restarted anything, and a whole exchange goes through.</summary>
    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(waited.Elapsed < TestNetwork.Patience, "It did not happen in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private async Task WorksAsync()
    {
        var approval = await ApproveAsync();
        await Network.Provider.RedeemAsync(approval.Token, AttemptId.New());
        await Network.Provider.SettleAsync(approval.Settlement());
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed, AccessEvent.Settled], await Network.EventsOfAsync(approval.ExchangeId));
    }
}
