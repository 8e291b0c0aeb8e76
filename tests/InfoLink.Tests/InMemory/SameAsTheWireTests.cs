using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Service;
using Xunit;

namespace InfoLink.Tests.InMemory;

/// <summary>One list of scenarios, over the real wire and in memory: the same results, the same refusals, the same details.</summary>
public sealed class SameAsTheWireTests
{
    private static readonly InquiryConditions Year2026 = new() { TaxYear = 2026 };

    [Fact]
    public Task What_is_answered_and_what_each_refuses() => BothAsync(new(), async (world, told) =>
    {
        await LinkAsync(world, 1, 2, 3, 4, 5, 6, 7, 8);
        await world.LinkAtYokohamaAsync(9);
        await told.AsksAsync("one person", 1);
        await told.AsksAsync("several, one of whom Setagaya does not know and one not linked", 1, 9, 77, 2);
        await told.AsksAsync("unknown at Setagaya", 9);
        await told.AsksAsync("not linked", 77);
        await world.MarkAtSetagayaAsync(3, withheld: true, manualOnly: false);
        await told.AsksAsync("withheld", 3);
        await world.MarkAtSetagayaAsync(4, withheld: false, manualOnly: true);
        await told.AsksAsync("manual only", 4);
        await world.LinkAtYokohamaTooAsync(2, "Y-200");
        await told.AsksAsync("one person under two identifiers", 2, 200);

        // The existing system.
        world.Source = _ => null;
        await told.AsksAsync("nothing in the system", 1);
        world.Source = _ => throw new InvalidOperationException("Y-1 is 見てはならない");
        await told.AsksAsync("the system breaks", 1);
        world.Source = _ => new Items { { "tax-year", "2026" } };
        await told.AsksAsync("items are missing", 1);
        world.Source = request => With(request, "taxation-class", "9");
        await told.AsksAsync("a code that is none", 1);
        world.Source = request => With(request, "shoe-size", "42");
        await told.AsksAsync("an item that is none", 1);
        world.Source = request => With(request, "income-levy", "0012");
        await told.AsksAsync("not canonical", 1);
        world.Source = request => Absent(request, "income-levy", AbsenceReason.NotYetDetermined);
        await told.AsksAsync("absent with a reason", 1);
        world.Source = request => Absent(request, "income-levy", AbsenceReason.WithheldByLaw);
        await told.AsksAsync("absent with a reason that the layout does not allow", 1);
        world.Source = request => AgentNetwork.NumberOf(request.Person) == 2 ? null : AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));
        await told.AsksAsync("one of three has nothing", 1, 2, 5);
        await world.RefuseCodeAsync(6);
        await told.AsksAsync("a code that is refused, beside one that is not", 6, 5);
        await told.AsksAsync("a code that is refused alone", 6);
    });

    [Fact]
    public Task What_the_question_must_be() => BothAsync(new(), async (world, told) =>
    {
        await LinkAsync(world, 1, 2, 3);
        var asked = Inquiry();
        await told.AsksAsync("no tax year", asked with { Conditions = InquiryConditions.None }, 1);
        await told.AsksAsync("a tax year that is too old", asked with { Conditions = new() { TaxYear = 2021 } }, 1);
        await told.AsksAsync("a condition that the entry has not", asked with { Conditions = new() { TaxYear = 2026, AsOf = new DateOnly(2026, 1, 1) } }, 1);
        await told.AsksAsync("an entry that is none", asked with { Entry = EntryId.Parse("106.municipality.999") }, 1);
        await told.AsksAsync("no role, where there are two", asked with { Role = null }, 1);
        await told.AsksAsync("a role that the entry has not", asked with { Role = SubjectRole.Parse("eligible-child") }, 1);
        await told.AsksAsync("another role", asked with { Role = SubjectRole.Parse("child-sharing-livelihood") }, 1);
        await told.AsksAsync("a kind that the entry has not", asked with { Kinds = [KindId.Parse("family-register")] }, 1);
        await told.AsksAsync("its kind by name", asked with { Kinds = [AgentNetwork.Tax] }, 1);
        await told.AsksAsync("somebody who is no member", asked with { Provider = AgencyId.Parse("010006") }, 1);
        await told.AsksAsync("a member whom the entry does not name", asked with { Provider = AgencyId.Parse(NetworkFolder.HealthMinister) }, 1);
        await told.AsksAsync("itself", asked with { Provider = AgencyId.Parse(NetworkFolder.Requester) }, 1);
        await told.AsksAsync("a kind that Setagaya does not answer", asked with { Entry = EntryId.Parse(AgentNetwork.RelationshipEntry), Conditions = InquiryConditions.None }, 1);
        await told.AsksAsync("an entry that Yokohama may not use", asked with { Entry = EntryId.Parse("106.prime-minister.108-2"), Conditions = InquiryConditions.None, Role = SubjectRole.Parse("facility-claimant") }, 1);
        await told.AsksAsync("no terminal", asked, AgentNetwork.Clerk with { Terminal = " " }, "Y-1");
        await told.AsksAsync("an individual number for a person", asked, AgentNetwork.Clerk, "123456789018");
        await told.AsksAsync("nobody", asked, AgentNetwork.Clerk);
        await told.AsksAsync("one twice", asked, AgentNetwork.Clerk, "Y-1", "Y-1");
        await told.AsksAsync("more than a thousand", asked, AgentNetwork.Clerk, [.. Enumerable.Range(1, 1001).Select(i => $"Y-{i}")]);
        await told.AsksAsync("all well", asked, 1, 2, 3);
        await world.TakeSetagayaAwayAsync();
        await told.AsksAsync("Setagaya is away", 1);
        await told.AsksAsync("Setagaya is away, and the catalog refuses first", asked with { Conditions = InquiryConditions.None }, 1);
        await world.TakeBrokerAwayAsync();
        await told.AsksAsync("the broker is away", 1);
        await told.AsksAsync("the broker is away, and nobody is linked", 77);
    });

    [Fact]
    public Task Where_a_human_answers_everybody_waits() => BothAsync(new() { Requires = "manual" }, async (world, told) =>
    {
        await LinkAsync(world, 1, 2);
        await world.LinkAtYokohamaAsync(3);
        await told.AsksAsync("a person", 1);
        await world.MarkAtSetagayaAsync(2, withheld: true, manualOnly: false);
        await told.AsksAsync("withheld and unknown ones too", 1, 2, 3);
    });

    [Fact]
    public Task Both_must_mean_the_same_person()
    {
        var options = new WorldOptions { Requires = "identityCheck" };
        foreach (var person in (int[])[1, 2, 3, 5])
        {
            options.People[$"Y-{person}"] = options.People[$"S-{person}"] = new() { Kana = $"ジンブツ {person}", BirthDate = $"199{person - 1}-01-01", Sex = "2" };
        }

        options.People["S-2"] = new() { Kana = "ケッコン シタ", BirthDate = "1991-01-01", Sex = "2" };
        options.People["S-3"] = new() { Kana = "ベツジン", BirthDate = "1971-07-07", Sex = "1" };
        return BothAsync(options, async (world, told) =>
        {
            await LinkAsync(world, 1, 2, 3, 4);
            await world.LinkAtYokohamaAsync(5);
            await told.AsksAsync("the same", 1);
            await told.AsksUntilAsync("another name", person => person is FetchedPerson.Pending, 2);
            await told.AsksAsync("nobody here", 5);
            await told.AsksAsync("nothing is known of her at either side", 4);
            await told.AsksUntilAsync("somebody else", person => person is FetchedPerson.Refused, 3);
            await told.AsksAsync("and her link is not used again", 3);
        });
    }

    [Theory]
    [InlineData(NetworkFolder.Requester)]
    [InlineData(AgentNetwork.TaxEntry)]
    public Task The_provider_has_a_will_of_its_own(string blocked) => BothAsync(new() { BlockedAtSetagaya = blocked }, async (world, told) =>
    {
        await LinkAsync(world, 1);
        await told.AsksAsync("blocked", 1);
        await told.AsksAsync("blocked, and unknown", 1, 77);
    });

    [Fact]
    public Task The_provider_is_closed_by_its_own_word() => BothAsync(new() { SetagayaClosedUntil = Stops.In(TimeSpan.FromHours(30)) }, async (world, told) =>
    {
        await LinkAsync(world, 1);
        await told.AsksAsync("closed", 1);
        await told.AsksAsync("closed, and nobody is linked", 77);
        await told.AsksAsync("closed, and the catalog would refuse", Inquiry() with { Conditions = InquiryConditions.None }, 1);
        await told.AsksAsync("closed, and the entry has no such role", Inquiry() with { Role = SubjectRole.Parse("eligible-child") }, 1);
    });

    /// <summary>The same scenes in both worlds; what is told of them must be the same, line by line.</summary>
    private static async Task BothAsync(WorldOptions options, Func<IExchangeWorld, Told, Task> scenes)
    {
        var lines = new List<IReadOnlyList<string>>();
        foreach (var start in (Func<WorldOptions, Task<IExchangeWorld>>[])[WireWorld.StartAsync, MemoryWorld.StartAsync])
        {
            await using var world = await start(options);
            var told = new Told(world);
            await scenes(world, told);
            lines.Add(told.Lines);
        }

        Assert.NotEmpty(lines[0]);
        Assert.Equal(lines[0], lines[1]);
        Assert.Equal(lines[0].Count, lines[0].Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task LinkAsync(IExchangeWorld world, params int[] persons)
    {
        foreach (var person in persons)
        {
            await world.LinkAsync(person);
        }
    }

    private static Inquiry Inquiry() => new()
    {
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Provider = AgencyId.Parse(NetworkFolder.Provider),
        Role = SubjectRole.Parse("claimant"),
        Conditions = Year2026,
    };

    private static Items With(InformationRequest request, string item, string value)
    {
        var items = AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));
        items[item] = new ItemAnswer.Value(value);
        return items;
    }

    private static Items Absent(InformationRequest request, string item, AbsenceReason reason)
    {
        var items = AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person));
        items[item] = new ItemAnswer.Absent(reason);
        return items;
    }

    /// <summary>What came of each scene, in words.</summary>
    private sealed class Told(IExchangeWorld world)
    {
        public List<string> Lines { get; } = [];

        public Task AsksAsync(string scene, params int[] persons) => AsksAsync(scene, Inquiry(), persons);

        public Task AsksAsync(string scene, Inquiry inquiry, params int[] persons) =>
            AsksAsync(scene, inquiry, AgentNetwork.Clerk, [.. persons.Select(AgentNetwork.AtRequester)]);

        public async Task AsksAsync(string scene, Inquiry inquiry, Asker who, params string[] persons) =>
            Lines.Add($"{scene}: {await ResultAsync(inquiry, who, persons)}");

        /// <summary>Tags have eight bits, and one question in 256 takes somebody else for her: three in a row do not.</summary>
        public async Task AsksUntilAsync(string scene, Func<FetchedPerson, bool> isFound, int person)
        {
            for (var again = 0; ; again++)
            {
                var fetched = await world.Yokohama.FetchAsync([AgentNetwork.AtRequester(person)], Inquiry(), AgentNetwork.Clerk);
                if (again == 2 || isFound(fetched.Persons[0]))
                {
                    Lines.Add($"{scene}: {Words(fetched.Persons[0])}");
                    return;
                }
            }
        }

        private async Task<string> ResultAsync(Inquiry inquiry, Asker who, string[] persons)
        {
            try
            {
                var fetched = await world.Yokohama.FetchAsync(persons, inquiry, who);
                return $"{(fetched.ExchangeId is null ? "nothing left" : "an exchange")}, {fetched.Choice?.Provider.Value}: {string.Join(" | ", fetched.Persons.Select(Words))}";
            }
            catch (RefusedException refused)
            {
                return $"as a whole {refused.Refusal} {refused.Refusal.RetryAfter}";
            }
        }

        private static string Words(FetchedPerson person) => person switch
        {
            FetchedPerson.Answered answered => $"{person.Person} answered {string.Join(", ", answered.Kinds.All.SelectMany(kind => kind.Value.OrderBy(item => item.Key, StringComparer.Ordinal)
                .Select(item => $"{kind.Key}/{item.Key}={(item.Value is ItemAnswer.Value value ? value.Text : ((ItemAnswer.Absent)item.Value).Reason.Id)}")))}",
            FetchedPerson.Pending pending => $"{person.Person} pending {pending.Deadline:O}",
            FetchedPerson.Refused refused => $"{person.Person} refused {refused.Refusal}",
            _ => throw new InvalidOperationException(),
        };
    }
}
