using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.EndToEnd;

public sealed class OnePersonTests
{
    private static readonly InquiryConditions Year2026 = new() { TaxYear = 2026 };

    [Fact]
    public async Task A_person_is_answered_with_every_value_and_every_reason()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var answer = await network.Requester.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, AgentNetwork.Clerk, "claimant");
        var expected = AgentNetwork.TaxOf(1);
        Assert.Equal(expected.OrderBy(item => item.Key, StringComparer.Ordinal), answer["municipal-inhabitant-tax"].OrderBy(item => item.Key, StringComparer.Ordinal));
        Assert.Equal("1000001", answer.Value("municipal-inhabitant-tax", "total-income"));
        Assert.Null(answer.Value("municipal-inhabitant-tax", "pension-receipts"));
        var absent = Assert.IsType<ItemAnswer.Absent>(answer.All[AgentNetwork.Tax]["pension-receipts"]);
        Assert.Equal(AbsenceReason.NotApplicable, absent.Reason);
    }

    [Fact]
    public async Task The_source_learns_what_is_asked_and_by_whom_and_nothing_of_the_requesters_own()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.AskAsync(1);
        Assert.Equal(
            new InformationRequest
            {
                Person = "S-1",
                Kind = AgentNetwork.Tax,
                Conditions = Year2026,
                Entry = EntryId.Parse(AgentNetwork.TaxEntry),
                Role = SubjectRole.Parse("claimant"),
                Requester = AgencyId.Parse(NetworkFolder.Requester),
                LayoutFrom = network.Folder.Catalog().EffectiveFrom,
            },
            Assert.Single(network.Reads));
    }

    [Fact]
    public async Task A_childs_relationship_is_asked_of_its_present_municipality()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1, 2);
        var answer = await network.Requester.Agent.FetchAsync(
            "Y-2", AgentNetwork.RelationshipEntry, NetworkFolder.Provider, new InquiryConditions { AsOf = new DateOnly(2026, 9, 1) }, AgentNetwork.Clerk, "eligible-child");
        Assert.Equal("20", answer.Value("resident-record-relationship", "relationship"));
        Assert.Equal("世帯主 2", answer.Value("resident-record-relationship", "householder-name"));
        var read = Assert.Single(network.Reads);
        Assert.Equal(("S-2", "eligible-child", new DateOnly(2026, 9, 1)), (read.Person, read.Role.Value, read.Conditions.AsOf!.Value));
        Assert.Equal("eligible-child", (await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Approved)).Open.Role);
    }

    [Fact]
    public async Task Where_an_entry_covers_several_roles_the_asker_says_which()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => network.Requester.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, Year2026, AgentNetwork.Clerk));
        Assert.Equal(RefusalName.RoleNotInEntry, refused.Refusal.Name);
        Assert.Contains("claimant", refused.Refusal.Detail, StringComparison.Ordinal);
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));
    }

    [Fact]
    public async Task Answers_do_not_print()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var fetched = await network.AskAsync(1);
        var answered = Assert.IsType<FetchedPerson.Answered>(Assert.Single(fetched.Persons));
        Assert.DoesNotContain("1000001", $"{fetched} {fetched.Persons[0]} {answered.Kinds}", StringComparison.Ordinal);
        Assert.DoesNotContain("Y-1", $"{fetched.Persons[0]}", StringComparison.Ordinal);
        Assert.DoesNotContain(network.Network.Journal.Lines, line => line.Text.Contains("1000001", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_law_does_not_allow_is_refused_before_anything_is_read()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var late = new InquiryConditions { TaxYear = 1999 };
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => network.Requester.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, NetworkFolder.Provider, late, AgentNetwork.Clerk, "claimant"));
        Assert.Equal(RefusalName.ConditionOutOfRange, refused.Refusal.Name);
        Assert.Empty(network.Reads);
        Assert.Equal([AccessEvent.Asked, AccessEvent.Failed], (await AgentNetwork.AllOfAsync(network.Requester)).Select(entry => entry.Open.Event));
        Assert.Equal(AccessEvent.Refused, Assert.Single(await network.AllOfBrokerAsync()).Open.Event);
    }
}
