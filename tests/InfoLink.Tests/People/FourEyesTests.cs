using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Asking;
using InfoLink.Agent.Host.Releasing;
using InfoLink.Agent.Links;
using InfoLink.Agent.People.Releasing;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.Asking;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.People;

/// <summary>A question that a second person releases before anything of it leaves the agency.</summary>
public sealed class FourEyesTests : IAsyncLifetime
{
    private static readonly Asker Clerk = new("k-1", "t-1", "審査", "K-1") { Claims = Of("clerk") };
    private static readonly LinkAct Chief = new("k-9", "確認済み") { Claims = Of("chief") };
    private AgentNetwork _network = null!;

    private Releases Releases => _network.Requester.Agent.Releases;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Witnessed = false,
            Requester = options => options.People = new PeopleOptions
            {
                Record = "id",
                Roles = { ["clerk"] = new RoleOptions { Ask = { "*" } }, ["chief"] = new RoleOptions { Ask = { "*" }, Release = { "106.*" } }, ["other"] = new RoleOptions { Release = { "107.*" } } },
                FourEyes = new FourEyesOptions { Entries = { AgentNetwork.TaxEntry }, Hours = 24, Most = 3 },
            },
        });
        await _network.LinkAsync(1, 2, 3, 4);
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task Nothing_leaves_before_another_has_released_it_and_then_exactly_that_is_asked()
    {
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 1", 1);
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 1", 1); // The same question waits once.
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);
        var ticket = Assert.Single(await Releases.ListAsync());
        Assert.Equal((1, "k-1", "K-1", "Y-1"), (ticket.Persons, ticket.Question!.Operator, ticket.Question.CaseReference, Assert.Single(ticket.Question.Persons)));

        Assert.Equal(ReleaseState.Released, (await Releases.ReleaseAsync(1, Chief)).State);
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 2", 2); // About another person.
        await RefusedAsync(Clerk with { Operator = "k-2" }, RefusalName.ReleasePending, "ticket 3", 1); // By another operator.
        Assert.IsType<FetchedPerson.Answered>((await AskAsync(Clerk, 1)).Persons[0]);

        // What needs no second person goes as before.
        var relationship = await _network.Requester.Agent.FetchAsync(
            ["Y-1"], new Inquiry { Entry = EntryId.Parse(AgentNetwork.RelationshipEntry), Provider = AgencyId.Parse(NetworkFolder.Provider), Role = SubjectRole.Parse("claimant") }, Clerk);
        Assert.IsType<FetchedPerson.Answered>(relationship.Persons[0]);

        // On record: the asking, the release; and the question itself.
        var records = await AgentNetwork.AllOfAsync(_network.Requester);
        Assert.Contains(records, entry => entry.Open.Event == AccessEvent.Refused && entry.Particulars?.Operator is "k-1");
        var act = Assert.Single(records, entry => entry.Open.Event == AccessEvent.Act).Open.Act;
        Assert.Equal(("k-9", "release question", "released", "確認済み"), (act.Operator, act.What, act.After, act.Reason));
        Assert.DoesNotContain("Y-1", act.About, StringComparison.Ordinal);
        Assert.Equal(2, records.Count(entry => entry.Open.Event == AccessEvent.Asked));
    }

    [Fact]
    public async Task Who_asks_cannot_release_it_nor_who_has_no_role_that_may_and_a_refusal_holds()
    {
        var both = Clerk with { Operator = "k-9", Claims = Of("chief") };
        await RefusedAsync(both, RefusalName.ReleasePending, "ticket 1", 1);
        Assert.Contains("second person", (await Assert.ThrowsAsync<InvalidOperationException>(() => Releases.ReleaseAsync(1, Chief with { Operator = " K-9" }))).Message, StringComparison.Ordinal);
        Assert.Equal(RefusalName.OperatorNotAllowed, (await Assert.ThrowsAsync<RefusedException>(() => Releases.ReleaseAsync(1, new LinkAct("k-3", "r") { Claims = Of("other") }))).Refusal.Name);
        Assert.Equal(RefusalName.OperatorUnknown, (await Assert.ThrowsAsync<RefusedException>(() => Releases.ReleaseAsync(1, new LinkAct("k-3", "r")))).Refusal.Name);
        await Assert.ThrowsAsync<FormatException>(() => Releases.ReleaseAsync(1, Chief with { Operator = "k-8", Reason = "Y-1 さん" }));
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Act);

        await Releases.RefuseAsync(1, Chief with { Operator = "k-8" });
        await RefusedAsync(both, RefusalName.ReleaseRefused, "ticket 1", 1);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Releases.ReleaseAsync(1, Chief with { Operator = "k-8" }));
    }

    [Fact]
    public async Task It_waits_over_a_restart_lapses_at_its_deadline_and_then_holds_nobody()
    {
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 1", 1);
        await _network.StopRequesterAsync();
        var file = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(_network.Folder.AgencyPath(NetworkFolder.Requester, "data/release.db")));
        Assert.DoesNotContain("Y-1", file, StringComparison.Ordinal);
        Assert.DoesNotContain("k-1", file, StringComparison.Ordinal);
        await _network.StartRequesterAsync();
        await Releases.ReleaseAsync(1, Chief);
        Assert.IsType<FetchedPerson.Answered>((await AskAsync(Clerk, 1)).Persons[0]);

        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 2", 2);
        _network.RequesterClock.Leap(TimeSpan.FromHours(25));
        _network.ProviderClock.Leap(TimeSpan.FromHours(25));
        Assert.Equal((ReleaseState.Lapsed, null), ((await Releases.FindAsync(2)).State, (await Releases.FindAsync(2)).Question));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Releases.ReleaseAsync(2, Chief));
        Assert.Empty(await Releases.ListAsync());
    }

    [Fact]
    public async Task So_many_wait_and_no_more_and_the_same_question_at_once_is_one_ticket()
    {
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 1", 1)));
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 2", 2);
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 3", 3);
        await RefusedAsync(Clerk, RefusalName.Overloaded, "questions that wait for a release", 4);
    }

    [Fact]
    public async Task A_file_of_questions_and_several_together_wait_too()
    {
        using var files = new TemporaryFolder();
        var question = new BulkQuestion(Tax, files.Path("results.csv"), "s");
        var first = await _network.Requester.Agent.AskAllAsync("one", AskingWorld.Lines(3), question, Clerk);
        Assert.Equal("RELEASE-PENDING", Assert.Single(first.Counts, count => count.Refusal is not "LINK-MISSING").Refusal);
        var several = await _network.Requester.Agent.FetchSeveralAsync([new PersonQuestion("Y-4", Tax)], Clerk);
        Assert.Equal(RefusalName.ReleasePending, Assert.IsType<FetchedPerson.Refused>(several[0].Person).Refusal.Name);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);

        foreach (var ticket in await Releases.ListAsync())
        {
            await Releases.ReleaseAsync(ticket.Number, Chief);
        }

        var second = await _network.Requester.Agent.AskAllAsync("two", AskingWorld.Lines(3), question with { ResultFile = files.Path("again.csv") }, Clerk);
        Assert.Equal(2, second.Of(LineOutcome.Answered)); // Nobody has linked the first.
        Assert.IsType<FetchedPerson.Answered>((await _network.Requester.Agent.FetchSeveralAsync([new PersonQuestion("Y-4", Tax)], Clerk))[0].Person);
    }

    [Fact]
    public async Task Over_the_port_she_releases_whom_the_proxy_vouches_for()
    {
        await RefusedAsync(Clerk, RefusalName.ReleasePending, "ticket 1", 1);
        await using var api = await LocalPort.StartAsync(
            _network.Requester, _network.Folder.AgentOptions(NetworkFolder.Requester), [LocalPort.Key("proxy", ["*"], claims: new ClaimOptions()), LocalPort.Key("plain", ["*"])], ReleaseApi.Map);

        var wish = new { @operator = "k-9", reason = "確認済み" };
        using var plain = Client(api, "plain", "chief");
        using var clerk = Client(api, "proxy", "clerk");
        using var chief = Client(api, "proxy", "chief");
        Assert.Equal(0, (await plain.GetFromJsonAsync<JsonElement>("/v1/releases")).GetArrayLength());
        Assert.Equal(0, (await clerk.GetFromJsonAsync<JsonElement>("/v1/releases")).GetArrayLength());
        Assert.Equal("Y-1", (await chief.GetFromJsonAsync<JsonElement>("/v1/releases"))[0].GetProperty("question").GetProperty("persons")[0].GetString());
        Assert.Contains("no proxy vouches", await SaidAsync(plain, wish), StringComparison.Ordinal);
        Assert.Contains("OPERATOR-NOT-ALLOWED", await SaidAsync(clerk, wish), StringComparison.Ordinal);
        Assert.Contains("the proxy names another", await SaidAsync(chief, new { @operator = "k-8", reason = "確認済み" }), StringComparison.Ordinal);
        Assert.Contains("released", await SaidAsync(chief, wish), StringComparison.Ordinal);

        static async Task<string> SaidAsync(HttpClient client, object wish)
        {
            using var reply = await client.PostAsJsonAsync("/v1/releases/1/release", wish);
            return await reply.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task On_record_the_asker_stands_as_the_agency_chose_also_where_only_a_proxy_knows_her()
    {
        await using var network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Witnessed = false,
            Requester = options => options.People = new PeopleOptions
            {
                Record = "department",
                Roles = { ["clerk"] = new RoleOptions { Ask = { "*" } }, ["chief"] = new RoleOptions { Release = { "*" } } },
                FourEyes = new FourEyesOptions { Entries = { "*" } },
            },
        });
        await network.LinkAsync(1);
        await Assert.ThrowsAsync<RefusedException>(() => network.Requester.Agent.FetchAsync(["Y-1"], Tax, Clerk with { Claims = new OperatorClaims("", "子ども家庭課", "", ["clerk"]) }));
        await network.Requester.Agent.Releases.ReleaseAsync(1, Chief with { Claims = new OperatorClaims("", "総務課", "", ["chief"]) });
        var act = (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Act)).Open.Act;
        Assert.Equal("総務課", act.Operator);
        Assert.EndsWith("asked by 子ども家庭課", act.About, StringComparison.Ordinal);
    }

    private static Inquiry Tax => new()
    {
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Provider = AgencyId.Parse(NetworkFolder.Provider),
        Role = SubjectRole.Parse("claimant"),
        Conditions = new InquiryConditions { TaxYear = 2026 },
    };

    private static OperatorClaims Of(string role) => new("", "", "", [role]);

    private Task<Fetched> AskAsync(Asker who, int person) => _network.Requester.Agent.FetchAsync([AgentNetwork.AtRequester(person)], Tax, who);

    private async Task RefusedAsync(Asker who, RefusalName name, string detail, int person)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => AskAsync(who, person));
        Assert.Equal((name, detail), (refused.Refusal.Name, refused.Refusal.Detail));
    }

    private static HttpClient Client(LocalPort api, string key, string role) => api.Client(key, ("X-InfoLink-Operator", "k-9"), ("X-InfoLink-Roles", role));
}
