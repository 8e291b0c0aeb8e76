using InfoLink.Agent;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Testing;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using AnsweredKinds = InfoLink.Agent.Requesting.AnsweredKinds;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.InMemory;

/// <summary>What a developer's own tests are written with: a person for every outcome, and the developer's own source asked as a real agent asks it.</summary>
public sealed class InMemoryNetworkTests
{
    private const string Tax = "municipal-inhabitant-tax";
    private static readonly InquiryConditions Year2026 = new() { TaxYear = 2026 };

    [Fact]
    public async Task Values_are_made_up_for_every_kind_and_keep_the_layout()
    {
        await using var network = InMemoryNetwork.StartSample();
        var person = network.AddPerson().At(network.Agency("131121"), "S-1");
        foreach (var kind in network.Catalog.Kinds.Values)
        {
            person.Answers(kind.Id.Value);
            Assert.Empty(Layout.Check(kind, LayoutSample.Of(kind)));
            Assert.Equal(kind.Items.Select(item => item.Id), LayoutSample.Of(kind).Keys, StringComparer.Ordinal);
            foreach (var reason in kind.Items.SelectMany(item => item.AbsenceReasons).Distinct())
            {
                person.AnswersAbsent(kind.Id.Value, reason);
            }
        }

        Assert.Throws<ArgumentException>(() => person.AnswersAbsent("municipal-inhabitant-tax", AbsenceReason.WithheldByLaw));
    }

    [Theory]
    [InlineData("[0-9]{4}", 1, "0000")]
    [InlineData("[0-9][0-9Z](-[0-9][0-9Z]){0,2}", 1, "00")]
    [InlineData("[ァ-ヶー・ 　（）．－]+", 3, "ァァァ")]
    [InlineData("(AB|CD)?x{2,}\\.\\d", 1, "xx.1")]
    [InlineData("[^a]", 1, null)]
    [InlineData("\\p{Lu}", 1, null)]
    [InlineData("(?<name>a)", 1, null)]
    [InlineData("^a$", 1, null)]
    public void Texts_are_made_up_for_simple_patterns_and_for_no_others(string pattern, int least, string? text)
    {
        var made = PatternSample.Of(pattern, least);
        Assert.True(TextPattern.TryCreate(pattern, out var known, out _));
        Assert.Equal(text, made is not null && known.Matches(made) ? made : null);
    }

    [Fact]
    public async Task There_is_a_person_for_every_outcome()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        KnownPerson At(string id)
        {
            var person = network.AddPerson();
            person.At(yokohama, $"Y-{id}");
            return person.At(setagaya, $"S-{id}");
        }

        At("made-up").Answers(Tax);
        At("given").Answers(Tax, AgentNetwork.TaxOf(7));
        At("absent").AnswersAbsent(Tax, AbsenceReason.NotYetDetermined);
        At("nothing").HasNothing(Tax);
        At("withheld").Answers(Tax).IsWithheld();
        At("manual-only").Answers(Tax).IsManualOnly();
        At("waits").Answers(Tax).WaitsForAHuman();
        At("else").Answers(Tax).IsSomebodyElse();
        At("closed").Answers(Tax).IsRefused(RefusalName.SourceUnavailable, Tax);
        At("broken").Answers(Tax, new Items { { "tax-year", "not a year" } });
        network.AddPerson().At(yokohama, "Y-unknown");

        Assert.Equal("2026", await ValueAsync(yokohama, "made-up", "tax-year"));
        Assert.Equal("1000007", await ValueAsync(yokohama, "given", "total-income"));
        Assert.Null(await ValueAsync(yokohama, "absent", "income-levy"));
        foreach (var (id, name) in ((string, string)[])[("nothing", "NOT-AVAILABLE"), ("withheld", "NOT-AVAILABLE"), ("manual-only", "NOT-AVAILABLE"), ("unknown", "NOT-AVAILABLE"), ("not-linked", "LINK-MISSING"),
            ("else", "IDENTITY-MISMATCH"), ("else", "LINK-MISSING"), ("closed", "SOURCE-UNAVAILABLE"), ("broken", "LAYOUT-VIOLATION")])
        {
            Assert.Equal(name, (await Assert.ThrowsAsync<RefusedException>(() => AskAsync(yokohama, id))).Refusal.Text);
        }

        var pending = await Assert.ThrowsAsync<PendingException>(() => AskAsync(yokohama, "waits"));
        Assert.True(pending.Deadline > network.Time.GetUtcNow());
        setagaya.IsAway = true;
        Assert.Equal("PROVIDER-UNREACHABLE", (await Assert.ThrowsAsync<RefusedException>(() => AskAsync(yokohama, "given"))).Refusal.Text);
        network.BrokerIsAway = true;
        Assert.Equal("BROKER-UNREACHABLE", (await Assert.ThrowsAsync<RefusedException>(() => AskAsync(yokohama, "given"))).Refusal.Text);
        network.BrokerIsAway = setagaya.IsAway = false;
        setagaya.IsSuspended = true;
        Assert.Equal("MEMBER-SUSPENDED", (await Assert.ThrowsAsync<RefusedException>(() => AskAsync(yokohama, "given"))).Refusal.Text);
        setagaya.IsSuspended = false;
        yokohama.IsSuspended = true;
        Assert.Equal("MEMBER-SUSPENDED", (await Assert.ThrowsAsync<RefusedException>(() => AskAsync(yokohama, "given"))).Refusal.Text);
    }

    [Fact]
    public async Task A_pending_answer_is_collected_as_often_as_one_asks_when_the_human_has_decided_and_lapses_at_its_deadline()
    {
        var clock = new MovableClock(TimeProvider.System);
        await using var network = InMemoryNetwork.StartSample(clock);
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        KnownPerson[] persons = [.. Enumerable.Range(1, 3).Select(i =>
        {
            var person = network.AddPerson();
            person.At(yokohama, $"Y-{i}");
            return person.At(setagaya, $"S-{i}").Answers(Tax).WaitsForAHuman();
        })];
        string[] ids = ["Y-1", "Y-2", "Y-3"];
        var asked = await yokohama.Agent.FetchAsync(ids, Inquiry(), AgentNetwork.Clerk);
        Assert.All(asked.Persons, person => Assert.IsType<FetchedPerson.Pending>(person));
        var first = ((FetchedPerson.Pending)asked.Persons[0]).Deadline;

        // Not decided: as before, under the first deadline.
        var collecting = Inquiry() with { Continues = asked.ExchangeId };
        clock.Ahead = TimeSpan.FromDays(2);
        var early = await yokohama.Agent.FetchAsync(ids, collecting, AgentNetwork.Clerk);
        Assert.All(early.Persons, person => Assert.Equal(first, Assert.IsType<FetchedPerson.Pending>(person).Deadline));

        persons[0].HumanAnswers();
        persons[1].HumanLetsItLapse();
        var collected = await yokohama.Agent.FetchAsync(ids, collecting, AgentNetwork.Clerk);
        Assert.IsType<FetchedPerson.Answered>(collected.Persons[0]);
        Assert.Equal(PendingDesk.NothingPending, Assert.IsType<FetchedPerson.Refused>(collected.Persons[1]).Refusal.Name);
        Assert.IsType<FetchedPerson.Pending>(collected.Persons[2]);
        Assert.Single(setagaya.Reads);

        // Again, for whoever lost it; under this entry and these conditions; until the deadline.
        Assert.IsType<FetchedPerson.Answered>(Assert.Single((await yokohama.Agent.FetchAsync(["Y-1"], collecting, AgentNetwork.Clerk)).Persons));
        persons[2].HumanAnswers();
        Assert.Equal(PendingDesk.NothingPending, await RefusalOfAsync(yokohama, "Y-3", collecting with { Conditions = new() { TaxYear = 2025 } }));
        Assert.Equal(PendingDesk.NothingPending, await RefusalOfAsync(yokohama, "Y-3", collecting with { Continues = ExchangeId.New() }));
        clock.Ahead = TimeSpan.FromDays(9);
        Assert.Equal(PendingDesk.NothingPending, await RefusalOfAsync(yokohama, "Y-3", collecting));
    }

    [Fact]
    public async Task The_developers_own_source_is_asked_as_a_real_agent_asks_it()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        setagaya.Answers(kinds => kinds.MapKind(Tax, (request, _) => Task.FromResult<Items?>(request.Person is "S-1" ? AgentNetwork.TaxOf(1) : null)));
        var person = network.AddPerson();
        person.At(yokohama, "Y-1");
        person.At(setagaya, "S-1");
        Assert.Equal("1000001", (await AskAsync(yokohama, "1")).Value(Tax, "total-income"));
        var read = Assert.Single(setagaya.Reads);
        Assert.Equal(
            ("S-1", Tax, 2026, AgentNetwork.TaxEntry, "claimant", "141003"),
            (read.Person, read.Kind.Value, read.Conditions.TaxYear, read.Entry.Value, read.Role.Value, read.Requester.Value));

        // One answers a kind: the source, or the test persons.
        Assert.Throws<InvalidOperationException>(() => setagaya.Person("S-1").Answers(Tax));
        Assert.Throws<InvalidOperationException>(() => setagaya.Answers(kinds => kinds.MapKind(Tax, (_, _) => Task.FromResult<Items?>(null))));
        Assert.Throws<InvalidOperationException>(() => setagaya.Answers(kinds => kinds.MapKind("shoe-sizes", (_, _) => Task.FromResult<Items?>(null))));
    }

    [Fact]
    public async Task A_source_that_hangs_heeds_the_callers_cancellation()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        setagaya.Answers(kinds => kinds.MapKind(Tax, async (_, stop) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            return null;
        }));
        var person = network.AddPerson();
        person.At(yokohama, "Y-1");
        person.At(setagaya, "S-1");
        using var given = new CancellationTokenSource();
        var asking = yokohama.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, "131121", Year2026, AgentNetwork.Clerk, "claimant", given.Token);
        await begun.Task;
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task Who_is_asked_follows_the_address_and_ordinary_rules()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        var person = network.AddPerson().LivesIn("131121").LivesIn("141003", new DateOnly(2026, 9, 1));
        person.At(yokohama, "Y-1");
        person.At(setagaya, "S-1").Answers(Tax);
        var fetched = await yokohama.Agent.FetchAsync(["Y-1"], Inquiry() with { Provider = null }, AgentNetwork.Clerk);
        Assert.IsType<FetchedPerson.Answered>(Assert.Single(fetched.Persons));
        Assert.Equal((setagaya.Id, ProviderRule.AddressOnFirstOfJanuary), (fetched.Choice!.Provider, fetched.Choice.Rule));
        network.AddPerson().At(yokohama, "Y-2");
        Assert.Equal(RefusalName.ProviderAddressUnknown, await RefusalOfAsync(yokohama, "Y-2", Inquiry() with { Provider = null }));
        network.AddPerson().LivesIn("010006").At(yokohama, "Y-3");
        var elsewhere = await Assert.ThrowsAsync<ProviderNotMemberException>(() => yokohama.Agent.FetchAsync(["Y-3"], Inquiry() with { Provider = null }, AgentNetwork.Clerk));
        Assert.Equal("010006", elsewhere.Municipality);
    }

    [Fact]
    public async Task A_bulk_job_runs_in_memory_and_the_container_gives_the_agent()
    {
        await using var network = InMemoryNetwork.StartSample();
        using var folder = new TemporaryFolder();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        for (var i = 1; i <= 5; i++)
        {
            var person = network.AddPerson();
            person.At(yokohama, $"Y-{i}");
            person.At(setagaya, $"S-{i}").Answers(Tax);
        }

        await using var services = new ServiceCollection().AddInMemoryInfoLinkAgent(yokohama).BuildServiceProvider();
        var agent = services.GetRequiredService<InfoLinkAgent>();
        var job = await agent.AskAllAsync(
            "first", Enumerable.Range(1, 6).Select(i => new BulkLine(i, $"Y-{i}")).ToAsyncEnumerable(), new BulkQuestion(Inquiry(), folder.Path("result.csv"), "six"), AgentNetwork.Clerk);
        Assert.Equal((5, 1, true), (job.Of(LineOutcome.Answered), job.Of(LineOutcome.Refused), job.Agrees));
        Assert.Equal(5, setagaya.Reads.Count);
        Assert.Throws<NotSupportedException>(() => agent.Remedies);
    }

    [Fact]
    public async Task Many_ask_at_the_same_time_in_several_networks()
    {
        await using var one = InMemoryNetwork.StartSample();
        await using var other = InMemoryNetwork.StartSample();
        foreach (var (network, value) in ((InMemoryNetwork, int)[])[(one, 1), (other, 2)])
        {
            var person = network.AddPerson();
            person.At(network.Agency("141003"), "Y-1");
            person.At(network.Agency("131121"), "S-1").Answers(Tax, AgentNetwork.TaxOf(value));
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => AskAsync((i % 2 == 0 ? one : other).Agency("141003"), "1"))));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i % 2 == 0 ? "1000001" : "1000002"), answers.Select(answer => answer.Value(Tax, "total-income")), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Mistakes_in_a_test_are_said_at_once()
    {
        await using var network = InMemoryNetwork.Start(RepositoryRoot.Path("samples", "Network", "catalog.yaml"));
        Assert.Contains("municipality", Assert.Throws<ArgumentException>(() => network.AddAgency("141003", "city")).Message, StringComparison.Ordinal);
        var yokohama = network.AddAgency("141003", "municipality");
        Assert.Throws<ArgumentException>(() => network.AddAgency("141003", "municipality"));
        Assert.Throws<ArgumentException>(() => network.Agency("131121"));
        Assert.Throws<ArgumentException>(() => network.AddPerson().At(yokohama, "Y-1").Answers("shoe-sizes"));
        Assert.Throws<ArgumentException>(() => yokohama.Person("Y-2"));
        Assert.Throws<FormatException>(() => InMemoryNetwork.Start(RepositoryRoot.Path("samples", "Network", "members.example.yaml")));
        await using var other = InMemoryNetwork.StartSample();
        Assert.Throws<ArgumentException>(() => other.AddPerson().At(yokohama, "Y-1"));
    }

    private static Inquiry Inquiry() => new()
    {
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Provider = AgencyId.Parse("131121"),
        Role = SubjectRole.Parse("claimant"),
        Conditions = Year2026,
    };

    private static Task<AnsweredKinds> AskAsync(InMemoryAgency agency, string person) =>
        agency.Agent.FetchAsync($"Y-{person}", AgentNetwork.TaxEntry, "131121", Year2026, AgentNetwork.Clerk, "claimant");

    private static async Task<string?> ValueAsync(InMemoryAgency agency, string person, string item) => (await AskAsync(agency, person)).Value(Tax, item);

    private static async Task<RefusalName> RefusalOfAsync(InMemoryAgency agency, string person, Inquiry inquiry)
    {
        try
        {
            return Assert.IsType<FetchedPerson.Refused>(Assert.Single((await agency.Agent.FetchAsync([person], inquiry, AgentNetwork.Clerk)).Persons)).Refusal.Name;
        }
        catch (RefusedException refused)
        {
            return refused.Refusal.Name;
        }
    }
}
