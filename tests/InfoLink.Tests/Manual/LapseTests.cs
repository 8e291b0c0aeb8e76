using InfoLink.Agent.AccessLog;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static InfoLink.Tests.Manual.HandWorld;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Manual;

/// <summary>What nobody answers or collects ends at its deadline, at both agencies; and what collects itself is collected.</summary>
public sealed class LapseTests
{
    [Fact]
    public async Task At_the_deadline_both_logs_have_lapsed_for_whom_nothing_was_collected_and_no_content_stays()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known, Withheld, Unknown, ManualOnly);
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        await world.Pending.CollectAsync(exchange);
        await world.Queue.ApproveAsync((await world.QuestionAsync(ManualOnly)).Number, Clerk); // Decided, and never collected.

        Leap(world, TimeSpan.FromDays(9));
        var provider = await AgentNetwork.UntilAsync(world.Network.Provider.Log.Store, AccessEvent.Lapsed);
        var requester = await AgentNetwork.UntilAsync(world.Network.Requester.Log.Store, AccessEvent.Lapsed);
        foreach (var lapsed in (Transparency.StoredEntry[])[provider, requester])
        {
            Assert.Equal((exchange, AgentNetwork.TaxEntry), (ExchangeId.FromBytes(lapsed.Open.ExchangeId.Span), lapsed.Open.Entry));
            Assert.Equal([1u, 2u, 3u], lapsed.Subjects.Select(subject => subject.Index));
            Assert.All(lapsed.Subjects, subject => Assert.Equal(SubjectOutcome.PendingOutcome, subject.Outcome));
        }

        await Fixtures.Eventually.HoldsAsync(async () => (await world.Queue.ListAsync(all: true)).All(question => question.Content is null), "the queue is empty of content");
        Assert.Equal([QueueState.Collected, QueueState.Lapsed, QueueState.Lapsed, QueueState.Lapsed], (await world.Queue.ListAsync(all: true)).OrderBy(question => question.Index).Select(question => question.State));
        Assert.Contains("past its deadline", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.DenyAsync(2, DenialReason.NotAvailable, Clerk))).Message, StringComparison.Ordinal);
        await Fixtures.Eventually.HoldsAsync( // It is on record first.
            async () => (await world.Pending.FindAsync(exchange))!.Persons.All(person => person.State != PendingState.Waiting), "the requester's list has lapsed too");
        Assert.Equal(
            [PendingState.Answered, PendingState.Lapsed, PendingState.Lapsed, PendingState.Lapsed],
            (await world.Pending.FindAsync(exchange))!.Persons.Select(person => person.State));

        // The broker's log, which knows nothing of it, and the agencies' agree as before.
        await Fixtures.Eventually.HoldsAsync( // The settlement is sent when it can be.
            async () => (await Threats.NetworkAudit.ReconcileAsync(world.Network, world.Network.RequesterClock, world.Network.Requester, world.Network.Provider)).Count == 0, "the logs agree");

        // What is collected too late is refused, by the own agent already.
        Assert.All((await world.Pending.CollectAsync(exchange)).Persons, person => Assert.Equal(RefusalName.NothingPending, Assert.IsType<FetchedPerson.Refused>(person).Refusal.Name));

        // Once, however often it is looked at.
        await world.Network.StopAgentsAsync();
        await world.Network.StartRequesterAsync();
        await world.Network.StartProviderAsync();
        await world.Pending.LookAsync(CancellationToken.None);
        Assert.Single(await AgentNetwork.AllOfAsync(world.Network.Provider), entry => entry.Open.Event == AccessEvent.Lapsed);
        Assert.Single(await AgentNetwork.AllOfAsync(world.Network.Requester), entry => entry.Open.Event == AccessEvent.Lapsed);
    }

    [Fact]
    public async Task What_was_queued_by_an_agent_that_was_killed_before_it_answered_lapses_without_a_record()
    {
        await using var world = await StartAsync();
        var clock = world.Network.ProviderClock;
        var (store, content) = (QueueStore.Open(world.Network.Folder.AgencyPath(NetworkFolder.Provider, "data/queue.db")), new QueueContent(new byte[32]));
        var exchange = ExchangeId.New();
        var asked = new AskedAbout(world.Network.Network.CodeOf(Known, NetworkFolder.Provider), SubjectRole.Parse("claimant"), [AgentNetwork.Tax], InquiryConditions.None, QueueCause.Entry, []);
        var row = new QueuedRow(
            0, exchange, 0, AgencyId.Parse(NetworkFolder.Requester), EntryId.Parse(AgentNetwork.TaxEntry), QueueState.Waiting, clock.GetUtcNow(), clock.GetUtcNow() - TimeSpan.FromSeconds(1), content.Seal(exchange, 0, asked));
        Assert.True(await store.AddAsync([row], new ManualOptions()));
        var lapse = new QueueLapse(
            store, new AgencyRecords(world.Network.Provider.Log, AgencyId.Parse(NetworkFolder.Provider), clock), clock, NullLogger<QueueLapse>.Instance);
        await lapse.LookAsync(CancellationToken.None);
        Assert.Equal(QueueState.Lapsed, Assert.Single(await store.ListAsync(all: true, 10, 0, CancellationToken.None)).State);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(world.Network.Provider), entry => entry.Open.Event == AccessEvent.Lapsed);
    }

    [Fact]
    public async Task What_collects_itself_is_kept_sealed_until_somebody_takes_it()
    {
        await using var world = await StartAsync();
        var asked = await world.AskAsync(Tax with { CollectsItself = true }, Known, ManualOnly);
        var exchange = asked.ExchangeId!.Value;
        var pending = Assert.Single(await world.Pending.ListAsync());
        Assert.InRange(pending.Next!.Value, pending.AskedAt + TimeSpan.FromMinutes(8), pending.AskedAt + TimeSpan.FromMinutes(12));

        // Due, and nobody has decided: later.
        world.MakeDue();
        await world.Pending.LookAsync(CancellationToken.None);
        Assert.True((await world.Pending.FindAsync(exchange))!.Next > world.Network.RequesterClock.GetUtcNow());

        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        world.MakeDue();
        await world.Pending.LookAsync(CancellationToken.None);
        Assert.Equal([(PendingState.Answered, true), (PendingState.Waiting, false)], (await world.Pending.FindAsync(exchange))!.Persons.Select(person => (person.State, person.IsKept)));

        // Taken at a time when the provider is away, after a restart.
        await world.Network.StopAgentsAsync();
        await world.Network.StartRequesterAsync();
        var taken = (await world.Pending.CollectAsync(exchange)).Persons;
        Assert.Equal("1000001", IncomeOf(taken[0]));
        Assert.IsType<FetchedPerson.Pending>(taken[1]);
        Assert.Equal([false, false], (await world.Pending.FindAsync(exchange))!.Persons.Select(person => person.IsKept));
        var received = (await AgentNetwork.AllOfAsync(world.Network.Requester)).Where(entry => entry.Open.Event == AccessEvent.Received).ToList();
        Assert.Equal(3, received.Count);
        Assert.All(received, entry => Assert.Equal(AgentNetwork.Clerk.Operator, entry.Particulars!.Operator));
    }

    [Fact]
    public async Task A_provider_that_is_away_is_asked_again_later_and_the_trouble_is_told()
    {
        await using var world = await StartAsync();
        var exchange = (await world.AskAsync(Tax with { CollectsItself = true }, Known)).ExchangeId!.Value;
        await world.Network.StopProviderAsync();
        world.MakeDue();
        await world.Pending.LookAsync(CancellationToken.None);
        var pending = (await world.Pending.FindAsync(exchange))!;
        Assert.Equal("PROVIDER-UNREACHABLE", pending.Trouble);
        Assert.True(pending.Next > world.Network.RequesterClock.GetUtcNow());
        await Assert.ThrowsAsync<RefusedException>(() => world.Pending.CollectAsync(exchange));

        await world.Network.StartProviderAsync();
        Leap(world, TimeSpan.FromSeconds(15)); // Its ledger takes the tokens of from now on.
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        world.MakeDue();
        await world.Pending.LookAsync(CancellationToken.None);
        Assert.Equal("1000001", IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public void The_next_try_is_ever_later_never_in_step_and_once_more_before_the_deadline()
    {
        var now = new DateTimeOffset(2026, 9, 15, 10, 0, 0, TimeSpan.Zero);
        var deadline = now + TimeSpan.FromDays(3);
        for (var attempts = 0; attempts < 20; attempts++)
        {
            var plain = TimeSpan.FromMinutes(Math.Min(360, 10 * Math.Pow(2, attempts)));
            Assert.InRange(PendingList.NextTry(now, deadline, attempts, TimeSpan.Zero) - now, plain * 0.8, plain * 1.2);
        }

        Assert.True(Enumerable.Range(0, 50).Select(_ => PendingList.NextTry(now, deadline, 5, TimeSpan.Zero)).Distinct().Count() > 10);
        Assert.InRange(deadline - PendingList.NextTry(deadline - TimeSpan.FromHours(2), deadline, 10, TimeSpan.Zero), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(8), PendingList.NextTry(now, deadline, 0, TimeSpan.FromHours(8)) - now);
    }

    private static void Leap(HandWorld world, TimeSpan by)
    {
        world.Network.RequesterClock.Leap(by);
        world.Network.ProviderClock.Leap(by);
        world.Network.Network.Clock.Ahead = by;
    }
}
