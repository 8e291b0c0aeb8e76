using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using static InfoLink.Tests.Manual.HandWorld;

namespace InfoLink.Tests.Manual;

/// <summary>A question that people answer, from the asking to the values, over the wire.</summary>
public sealed class ManualAnswersTests
{
    [Fact]
    public async Task A_clerk_approves_and_the_values_arrive_when_they_are_collected()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known);
        var question = Assert.Single(await world.Queue.ListAsync());
        Assert.Equal((exchange, 0u, NetworkFolder.Requester, AgentNetwork.TaxEntry, QueueState.Waiting), (question.Exchange, question.Index, question.Requester.Value, question.Entry.Value, question.State));
        Assert.Equal((2026, QueueCause.Entry, LocalId.Of("S-1")), (question.Content!.Conditions.TaxYear!.Value, question.Content.Cause, Assert.Single(question.Content.Persons)));

        // Nobody has decided: pending as before.
        Assert.Equal(question.Deadline, Assert.IsType<FetchedPerson.Pending>(await world.CollectOneAsync(exchange)).Deadline);
        Assert.Empty(world.Network.Reads);

        var decided = await world.Queue.ApproveAsync(question.Number, Clerk);
        Assert.Equal((QueueState.Decided, QueueAct.Approved, Clerk), (decided.State, decided.Decision!.What, decided.Decision.By));
        Assert.Equal("1000001", IncomeOf(await world.CollectOneAsync(exchange)));
        Assert.Single(world.Network.Reads);
        Assert.Equal(QueueState.Collected, (await world.Queue.FindAsync(question.Number)).State);
        Assert.Empty(await world.Queue.ListAsync());
        Assert.Empty(await world.Pending.ListAsync());

        // Whoever loses it has it again, as it was decided.
        world.Network.Source = (_, _) => throw new InvalidOperationException("Nobody asks the source again.");
        Assert.Equal("1000001", IncomeOf(await world.CollectOneAsync(exchange)));

        // Who decided stands on record: the act, and the answer.
        var provider = await AgentNetwork.AllOfAsync(world.Network.Provider);
        Assert.Equal(("decide queued question", Clerk.Operator, Clerk.Reason, "approved"), Assert.Single(
            provider.Where(entry => entry.Open.Event == AccessEvent.Act).Select(entry => (entry.Open.Act.What, entry.Open.Act.Operator, entry.Open.Act.Reason, entry.Open.Act.After))));
        var collected = provider.Where(entry => entry.Open.Event == AccessEvent.Answered && entry.Subjects[0].Outcome == SubjectOutcome.AnsweredOutcome).ToList();
        Assert.Equal([exchange, exchange], collected.Select(entry => ExchangeId.FromBytes(entry.Open.Continues.Span)));
        Assert.All(collected, entry => Assert.Equal((Clerk.Operator, $"question {question.Number}"), (entry.Particulars!.Operator, entry.Particulars.CaseReference)));
    }

    [Fact]
    public async Task What_people_deny_is_denied_for_a_reason_of_the_list()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known);
        await world.Queue.DenyAsync((await world.QuestionAsync(Known)).Number, DenialReason.ByLetter, Clerk);
        var refused = Assert.IsType<FetchedPerson.Refused>(await world.CollectOneAsync(exchange)).Refusal;
        Assert.Equal((RefusalName.AnswerDenied, "by-letter"), (refused.Name, refused.Detail));
        Assert.Equal((PendingState.Refused, "ANSWER-DENIED"), Assert.Single((await world.Pending.FindAsync(exchange))!.Persons.Select(person => (person.State, person.Refusal))));
        Assert.Empty(world.Network.Reads);
    }

    [Fact]
    public async Task A_part_is_answered_and_the_rest_is_absent_for_a_reason_of_the_layout()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known);
        var number = (await world.QuestionAsync(Known)).Number;

        // What the layout does not take decides nothing.
        var outside = new HandAnswer { FromSource = true, Items = With(("total-income", new ItemAnswer.Absent(AbsenceReason.WithheldByLaw))) };
        Assert.Contains("total-income: ReasonNotAllowed", (await Assert.ThrowsAsync<FormatException>(() => world.Queue.AnswerAsync(number, outside, Clerk))).Message, StringComparison.Ordinal);
        var other = new HandAnswer { Items = new Dictionary<KindId, Items> { [AgentNetwork.Relationship] = [] } };
        Assert.Contains("not asked for", (await Assert.ThrowsAsync<FormatException>(() => world.Queue.AnswerAsync(number, other, Clerk))).Message, StringComparison.Ordinal);
        Assert.Equal(QueueState.Waiting, (await world.Queue.FindAsync(number)).State);

        await world.Queue.AnswerAsync(
            number, new HandAnswer { FromSource = true, Items = With(("per-capita-levy", new ItemAnswer.Absent(AbsenceReason.NotYetDetermined)), ("income-levy", new ItemAnswer.Value("777"))) }, Clerk);
        var answered = Assert.IsType<FetchedPerson.Answered>(await world.CollectOneAsync(exchange)).Kinds["municipal-inhabitant-tax"];
        Assert.Equal(new ItemAnswer.Absent(AbsenceReason.NotYetDetermined), answered["per-capita-levy"]);
        Assert.Equal(new ItemAnswer.Value("777"), answered["income-levy"]);
        Assert.Equal(new ItemAnswer.Value("1000001"), answered["total-income"]);
    }

    [Fact]
    public async Task Values_by_hand_need_no_source()
    {
        await using var world = await StartAsync();
        world.Network.Source = (_, _) => throw new InvalidOperationException("The existing system is closed.");
        world.Network.Network.Journal.Expect("did not answer");
        var exchange = await world.PendingAsync(Known);
        var number = (await world.QuestionAsync(Known)).Number;
        Assert.Contains("SOURCE-UNAVAILABLE", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.ApproveAsync(number, Clerk))).Message, StringComparison.Ordinal);
        await world.Queue.AnswerAsync(number, new HandAnswer { Items = new Dictionary<KindId, Items> { [AgentNetwork.Tax] = AgentNetwork.TaxOf(42) } }, Clerk);
        Assert.Equal("1000042", IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public async Task Who_is_not_to_be_answered_automatically_is_answered_by_people()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(ManualOnly);
        await world.Queue.ApproveAsync((await world.QuestionAsync(ManualOnly)).Number, Clerk);
        Assert.Equal("1000005", IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public async Task Of_several_persons_each_has_its_own_decision_and_only_the_open_ones_are_asked_for_again()
    {
        await using var world = await StartAsync();
        await world.Network.LinkAsync(7, 8);
        var exchange = await world.PendingAsync(Known, 7, 8);
        await world.Queue.ApproveAsync((await world.QuestionAsync(8)).Number, Clerk);
        await world.Queue.DenyAsync((await world.QuestionAsync(Known)).Number, DenialReason.Grounds, Clerk);
        var first = (await world.Pending.CollectAsync(exchange)).Persons;
        Assert.IsType<FetchedPerson.Refused>(first[0]);
        Assert.IsType<FetchedPerson.Pending>(first[1]);
        Assert.Equal("1000008", IncomeOf(first[2]));

        await world.Queue.ApproveAsync((await world.QuestionAsync(7)).Number, Second);
        var second = (await world.Pending.CollectAsync(exchange)).Persons;
        Assert.Equal(RefusalName.AnswerDenied, Assert.IsType<FetchedPerson.Refused>(second[0]).Refusal.Name);
        Assert.Equal(["1000007", "1000008"], second.Skip(1).Select(IncomeOf), StringComparer.Ordinal);
        Assert.Empty(await world.Pending.ListAsync());
    }

    [Fact]
    public async Task Where_two_decide_the_second_is_somebody_else_and_confirms_what_the_first_has_seen()
    {
        await using var world = await StartAsync(provider: options => options.Manual.FourEyes.Add(AgentNetwork.TaxEntry));
        var exchange = await world.PendingAsync(Known);
        var number = (await world.QuestionAsync(Known)).Number;
        Assert.Contains("Nothing waits", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.ConfirmAsync(number, Second))).Message, StringComparison.Ordinal);
        Assert.Equal(QueueState.Proposed, (await world.Queue.ApproveAsync(number, Clerk)).State);
        Assert.IsType<FetchedPerson.Pending>(await world.CollectOneAsync(exchange));
        Assert.Contains("second person", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.ConfirmAsync(number, Clerk with { Operator = " 課税課 甲" }))).Message, StringComparison.Ordinal);

        world.Network.Source = (_, _) => Task.FromResult<Items?>(AgentNetwork.TaxOf(99));
        var confirmed = await world.Queue.ConfirmAsync(number, Second);
        Assert.Equal((QueueState.Decided, Clerk, Second.Operator), (confirmed.State, confirmed.Decision!.By, confirmed.Decision.ConfirmedBy));
        Assert.Equal("1000001", IncomeOf(await world.CollectOneAsync(exchange)));
        var answered = (await AgentNetwork.AllOfAsync(world.Network.Provider)).Last(entry => entry.Open.Event == AccessEvent.Answered);
        Assert.Equal($"{Clerk.Operator}, {Second.Operator}", answered.Particulars!.Operator);
        Assert.Contains("decided already", (await Assert.ThrowsAsync<InvalidOperationException>(async () => await DecideAgainAsync(world))).Message.Replace("collected", "decided", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_who_decide_at_once_one_does()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known);
        var number = (await world.QuestionAsync(Known)).Number;
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                await world.Queue.DenyAsync(number, i % 2 == 0 ? DenialReason.Grounds : DenialReason.OtherAgency, Clerk);
                return i % 2 == 0 ? "grounds" : "other-agency";
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }));
        Assert.Equal(Assert.Single(outcomes, outcome => outcome is not null), Assert.IsType<FetchedPerson.Refused>(await world.CollectOneAsync(exchange)).Refusal.Detail);
    }

    [Fact]
    public async Task Both_agents_may_restart_in_between()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Known);
        await world.Network.StopAgentsAsync();
        await world.Network.StartRequesterAsync();
        await world.Network.StartProviderAsync();
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        await world.Network.StopAgentsAsync();
        await world.Network.StartRequesterAsync();
        await world.Network.StartProviderAsync();
        Assert.Equal("1000001", IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public async Task A_reply_that_was_lost_behind_the_queue_is_collected_under_its_exchange()
    {
        await using var world = await StartAsync();
        var yokohama = world.Network.Network.Requester;
        var approved = await yokohama.AuthorizeAsync(yokohama.Ask(world.Network.Network.CodeOf(Known)));
        await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(approved)); // The reply is nobody's.
        var question = await world.QuestionAsync(Known);
        await world.Queue.ApproveAsync(question.Number, Clerk);
        Assert.Equal("1000001", IncomeOf(Assert.Single((await world.AskAsync(Tax with { Continues = question.Exchange }, Known)).Persons)));
    }

    [Fact]
    public async Task Another_person_year_kind_or_exchange_collects_nothing()
    {
        await using var world = await StartAsync();
        await world.Network.LinkAsync(7);
        var exchange = await world.PendingAsync(Known);
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        var continued = Tax with { Continues = exchange };
        foreach (var (inquiry, person) in ((Inquiry, int)[])
            [
                (continued, 7),
                (continued, Unknown),
                (continued with { Conditions = new Contracts.Catalog.InquiryConditions { TaxYear = 2025 } }, Known),
                (Tax with { Continues = ExchangeId.New() }, Known),
            ])
        {
            var refused = Assert.IsType<FetchedPerson.Refused>(Assert.Single((await world.AskAsync(inquiry, person)).Persons)).Refusal;
            Assert.Equal((RefusalName.NothingPending, ""), (refused.Name, refused.Detail));
        }

        Assert.Equal("1000001", IncomeOf(Assert.Single((await world.AskAsync(continued, Known)).Persons)));
    }

    [Fact]
    public async Task What_was_approved_does_not_leave_once_the_person_is_withheld_or_the_code_is_somebody_elses()
    {
        await using var world = await StartAsync();
        await world.Network.LinkAsync(7);
        var (first, second) = (await world.PendingAsync(Known), await world.PendingAsync(7));
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        await world.Queue.ApproveAsync((await world.QuestionAsync(7)).Number, Clerk);
        var links = world.Network.Provider.Agent.Links;
        await links.MarkAsync("S-1", withheld: true);
        Assert.Equal(RefusalName.NotAvailable, Assert.IsType<FetchedPerson.Refused>(await world.CollectOneAsync(first)).Refusal.Name);

        await links.UnlinkAsync(LocalId.Of("S-7"), Clerk);
        await links.PutAsync("S-70", world.Network.Network.CodeOf(7, NetworkFolder.Provider));
        Assert.Equal(RefusalName.NothingPending, Assert.IsType<FetchedPerson.Refused>(await world.CollectOneAsync(second)).Refusal.Name);
    }

    [Fact]
    public async Task Without_room_for_all_of_an_exchange_nobody_of_it_is_queued_whoever_they_are()
    {
        await using var world = await StartAsync(provider: options => options.Manual.MostOfOneRequester = 3);
        await world.PendingAsync(Known, Withheld);
        foreach (var persons in (int[][])[[Known, ManualOnly], [Withheld, Quarantined], [Unknown, Quarantined]])
        {
            Assert.All((await world.AskAsync(Tax, persons)).Persons, person =>
            {
                var refused = Assert.IsType<FetchedPerson.Refused>(person).Refusal;
                Assert.Equal((RefusalName.Overloaded, TimeSpan.FromHours(1)), (refused.Name, refused.RetryAfter));
            });
        }

        Assert.Equal(2, (await world.Queue.ListAsync()).Count);
        await world.PendingAsync(Unknown);
    }

    [Fact]
    public async Task Without_room_for_a_pending_exchange_nothing_is_asked_that_people_answer()
    {
        await using var world = await StartAsync(requester: options => options.Manual.MostPending = 1);
        await world.PendingAsync(Known);
        Assert.Equal(RefusalName.Overloaded, (await Assert.ThrowsAsync<RefusedException>(() => world.AskAsync(Tax, ManualOnly))).Refusal.Name);
        Assert.Single(await world.Queue.ListAsync());
    }

    [Fact]
    public async Task A_reason_that_names_the_person_stands_on_no_record()
    {
        await using var world = await StartAsync();
        await world.PendingAsync(Known);
        var number = (await world.QuestionAsync(Known)).Number;
        await Assert.ThrowsAsync<FormatException>(() => world.Queue.ApproveAsync(number, Clerk with { Reason = "S-1 に確認した" }));
        Assert.Equal(QueueState.Waiting, (await world.Queue.FindAsync(number)).State);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(world.Network.Provider), entry => entry.Open.Event == AccessEvent.Act);
    }

    private static Task<QueuedQuestion> DecideAgainAsync(HandWorld world) => world.Queue.DenyAsync(1, DenialReason.Grounds, Clerk);

    private static Dictionary<KindId, Items> With(params (string Item, ItemAnswer Answer)[] items)
    {
        var made = new Items();
        foreach (var (item, answer) in items)
        {
            made[item] = answer;
        }

        return new Dictionary<KindId, Items> { [AgentNetwork.Tax] = made };
    }
}
