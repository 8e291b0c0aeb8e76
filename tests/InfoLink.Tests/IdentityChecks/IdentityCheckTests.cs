using System.Collections.Concurrent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Tests.IdentityChecks;

/// <summary>A wrong link is found before a value leaves: on the whole way, with both agencies' own attributes.</summary>
public sealed class IdentityCheckTests
{
    [Fact]
    public async Task Who_is_the_same_at_both_agencies_is_answered_for_however_it_is_written()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        people.AtProvider["S-1"] = people.AtProvider["S-1"] with { Kana = "ｼﾞﾝﾌﾞﾂ 1", BirthDate = "平成2年1月1日", Sex = "女" };
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }

    [Fact]
    public async Task A_wrong_link_moves_no_value_and_closes_the_person_to_this_requester_until_humans_decide_at_both()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        people.AtProvider["S-2"] = people.AtProvider["S-2"] with { BirthDate = "1971-07-07", Kana = "ベツジン" };
        AssertRefused(RefusalName.IdentityMismatch, await FoundAsync(network, person => person is FetchedPerson.Refused, 2));
        Assert.Empty(network.Reads);

        // At the requester in quarantine, at the provider closed to this requester only.
        AssertRefused(RefusalName.LinkMissing, await network.AskAsync(2));
        Assert.Equal("Y-2", Assert.Single(await network.Requester.Agent.Links.QuarantinedAsync()).Id.Value);
        Assert.Empty(await network.Provider.Agent.Links.QuarantinedAsync());
        Assert.Equal([LinkChange.Linked, LinkChange.Mismatched], (await network.Provider.Agent.Links.HistoryAsync(LocalId.Of("S-2"))).Select(row => row.What));

        // The record is corrected, but only the requester has decided.
        people.AtProvider["S-2"] = people.AtRequester["Y-2"];
        var decided = new LinkAct("係長", "本人に確認した");
        await network.Requester.Agent.Links.ReleaseAsync(LocalId.Of("Y-2"), decided);
        AssertRefused(RefusalName.IdentityMismatch, await network.AskAsync(2));
        await network.Requester.Agent.Links.ReleaseAsync(LocalId.Of("Y-2"), decided);
        await network.Provider.Agent.Links.ReleaseAsync(LocalId.Of("S-2"), decided);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(2)).Persons[0]);
        Assert.Contains(await AgentNetwork.AllOfAsync(network.Provider), entry => entry.Subjects.Any(subject => subject.Outcome == SubjectOutcome.MismatchOutcome));
    }

    [Fact]
    public async Task Another_name_with_the_same_birth_waits_for_a_human()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        people.AtProvider["S-1"] = people.AtProvider["S-1"] with { Kana = "ケッコン シタ" };
        Assert.IsType<FetchedPerson.Pending>((await FoundAsync(network, person => person is FetchedPerson.Pending, 1)).Persons[0]);
    }

    [Fact]
    public async Task Of_several_persons_the_mismatched_one_alone_is_refused()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        people.AtProvider["S-2"] = people.AtProvider["S-2"] with { BirthDate = "1971-07-07" };
        var fetched = await FoundAsync(network, person => person is not FetchedPerson.Answered, 1, 2, 3);
        Assert.Equal([true, false, true], fetched.Persons.Select(person => person is FetchedPerson.Answered));
    }

    [Fact]
    public async Task Who_is_not_here_is_not_available_and_never_a_mismatch()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        people.AtRequester["Y-9"] = People.Of(9);
        await network.LinkAtRequesterAsync(9);
        await network.Provider.Agent.Links.MarkAsync("S-1", withheld: true);
        people.AtProvider["S-1"] = People.Of(5);
        AssertRefused(RefusalName.NotAvailable, await network.AskAsync(9));
        AssertRefused(RefusalName.NotAvailable, await network.AskAsync(1));
    }

    [Fact]
    public async Task Without_a_check_nothing_is_answered_and_without_a_source_nothing_is_asked()
    {
        var people = People.Some();
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = AgentNetwork.CheckIdentityForTax,
            Requester = options => options.Persons = null,
            PersonsAtProvider = people.ProviderSource,
        });
        await network.LinkAsync(1);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.IdentityCheckMissing, refused.Refusal.Name);

        var yokohama = network.Network.Requester;
        var request = yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))));
        await yokohama.FetchAsync(Samples.Network.NetworkFolder.Provider, request);
        Assert.Empty(network.Reads);
        Assert.Contains(await AgentNetwork.AllOfAsync(network.Provider), entry => entry.Open.Event == AccessEvent.Answered && entry.Subjects[0].Outcome == SubjectOutcome.RefusedOutcome);
    }

    [Fact]
    public async Task A_source_of_attributes_that_breaks_answers_nothing()
    {
        var (network, people) = await StartAsync();
        await using var running = network;
        network.Network.Journal.Expect("identity check could not be made");
        people.Breaks = true;
        AssertRefused(RefusalName.SourceUnavailable, await network.AskAsync(1));
        Assert.Empty(network.Reads);
    }

    /// <summary>A tag has eight bits: one question in 256 takes somebody else for her. Three in a row do not.</summary>
    private static async Task<Fetched> FoundAsync(AgentNetwork network, Func<FetchedPerson, bool> isFound, params int[] persons)
    {
        for (var again = 0; ; again++)
        {
            var fetched = await network.AskAsync(persons);
            if (again == 2 || fetched.Persons.Any(isFound))
            {
                return fetched;
            }
        }
    }

    private static async Task<(AgentNetwork Network, People People)> StartAsync()
    {
        var people = People.Some();
        var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = AgentNetwork.CheckIdentityForTax,
            PersonsAtRequester = people.RequesterSource,
            PersonsAtProvider = people.ProviderSource,
        });
        await network.LinkAsync(1, 2, 3);
        return (network, people);
    }

    private static void AssertRefused(RefusalName name, Fetched fetched) =>
        Assert.Equal(name, Assert.IsType<FetchedPerson.Refused>(Assert.Single(fetched.Persons)).Refusal.Name);

    /// <summary>What both agencies' own systems know of the same made-up people.</summary>
    private sealed class People
    {
        public ConcurrentDictionary<string, BasicAttributes> AtRequester { get; } = new(StringComparer.Ordinal);

        public ConcurrentDictionary<string, BasicAttributes> AtProvider { get; } = new(StringComparer.Ordinal);

        public bool Breaks { get; set; }

        public IPersonSource RequesterSource => new Source(AtRequester, () => false);

        public IPersonSource ProviderSource => new Source(AtProvider, () => Breaks);

        public static People Some()
        {
            var people = new People();
            for (var i = 1; i <= 3; i++)
            {
                people.AtRequester[$"Y-{i}"] = people.AtProvider[$"S-{i}"] = Of(i);
            }

            return people;
        }

        public static BasicAttributes Of(int person) => new() { Kana = $"ジンブツ {person}", BirthDate = $"199{person - 1}-01-01", Sex = "2" };

        private sealed class Source(ConcurrentDictionary<string, BasicAttributes> people, Func<bool> breaks) : IPersonSource
        {
            public Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation) =>
                breaks() ? throw new InvalidOperationException("The register is closed.") : Task.FromResult(people.GetValueOrDefault(person));
        }
    }
}
