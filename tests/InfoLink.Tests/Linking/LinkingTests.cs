using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>From a person at an agency to a link code, over every party's own wire.</summary>
public sealed class LinkingTests
{
    [Fact]
    public async Task Two_agencies_come_by_their_own_codes_of_one_person_and_exchange_through_them()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Add("甲野 花子", 203_403_805);
        await world.Yokohama.Agent.Links.UnlinkAsync(LocalId.Of(ExistingSystems.ClaimantAtYokohama), LinkingWorld.Clerk);
        await world.Setagaya.Agent.Links.UnlinkAsync(LocalId.Of(ExistingSystems.ClaimantAtSetagaya), LinkingWorld.Clerk);

        var yokohama = await world.Yokohama.Agent.LinkAsync(LinkingWorld.Person(ExistingSystems.ClaimantAtYokohama, "甲野 花子"), LinkingWorld.Clerk);
        var setagaya = await world.Setagaya.Agent.LinkAsync(LinkingWorld.Person(ExistingSystems.ClaimantAtSetagaya, "甲野 花子"), LinkingWorld.Clerk);
        Assert.Equal((LinkingResult.Linked, LinkingResult.Linked), (yokohama.Result, setagaya.Result));
        Assert.NotEqual(
            await world.CodeAtAsync(world.Yokohama, ExistingSystems.ClaimantAtYokohama), await world.CodeAtAsync(world.Setagaya, ExistingSystems.ClaimantAtSetagaya));

        var answered = await new Walk(world.Network.Running, TimeProvider.System).ExchangeAsync();
        Assert.True(answered.Answered, answered.Refusal);
    }

    [Fact]
    public async Task Each_giving_is_on_record_at_the_broker_and_at_the_agency_under_one_name()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Add("one", 1);
        await world.Yokohama.Agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk);
        var broker = await AgentNetwork.OneAsync(world.Network.Records, AccessEvent.Linked);
        var agency = await AgentNetwork.OneAsync(world.Yokohama.Log.Store, AccessEvent.Linked);
        Assert.Equal(broker.Open.ExchangeId, agency.Open.ExchangeId);
        Assert.Equal((NetworkFolder.Requester, 1u), (broker.Open.Requester, broker.Open.Count));
        Assert.NotNull(Assert.Single(broker.Subjects).Tag);
        Assert.Null(Assert.Single(broker.Subjects).OwnLinkCode);
    }

    [Fact]
    public async Task Nobody_and_more_than_one_are_not_linked_and_the_clerk_hears_why()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Residents["twice"] = [LinkingWorld.Record(1), LinkingWorld.Record(2)];
        var nobody = await world.Yokohama.Agent.LinkAsync(LinkingWorld.Person("L-1", "nobody"), LinkingWorld.Clerk);
        var twice = await world.Yokohama.Agent.LinkAsync(LinkingWorld.Person("L-2", "twice"), LinkingWorld.Clerk);
        Assert.Equal((LinkingResult.NotFound, LinkingResult.Ambiguous), (nobody.Result, twice.Result));
        Assert.Equal(["name-differs"], nobody.Reasons);
        Assert.Null(await world.Yokohama.Agent.Links.CodeOfAsync("L-1", CancellationToken.None));
        Assert.Null(await world.Yokohama.Agent.Links.CodeOfAsync("L-2", CancellationToken.None));
    }

    [Fact]
    public async Task Linking_again_confirms_and_another_person_at_the_registry_quarantines()
    {
        await using var world = await LinkingWorld.StartAsync();
        var agent = world.Yokohama.Agent;
        world.Registry.Add("one", 1);
        await agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk);
        Assert.Equal(LinkingResult.Verified, (await agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk)).Result);

        world.Registry.Add("one", 2);
        Assert.Equal(LinkingResult.Contradicted, (await agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk)).Result);
        Assert.Null(await agent.Links.CodeOfAsync("L-1", CancellationToken.None));
        Assert.Equal("L-1", Assert.Single(await agent.Links.QuarantinedAsync()).Id.Value);
        Assert.Equal([LinkChange.Linked, LinkChange.Quarantined], (await agent.Links.HistoryAsync(LocalId.Of("L-1"))).Select(row => row.What));

        Assert.True(await agent.Links.ReleaseAsync(LocalId.Of("L-1"), new LinkAct("係長", "本人に確認した")));
        Assert.NotNull(await agent.Links.CodeOfAsync("L-1", CancellationToken.None));
    }

    [Fact]
    public async Task Two_records_of_one_person_are_told_and_not_linked_until_somebody_joins_them()
    {
        await using var world = await LinkingWorld.StartAsync();
        var agent = world.Yokohama.Agent;
        world.Registry.Add("one", 1);
        await agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk);
        Assert.Equal(LinkingResult.Duplicate, (await agent.LinkAsync(LinkingWorld.Person("L-2", "one"), LinkingWorld.Clerk)).Result);
        Assert.Null(await agent.Links.CodeOfAsync("L-2", CancellationToken.None));
        Assert.True((await agent.Links.JoinAsync(LocalId.Of("L-2"), LocalId.Of("L-1"), LinkingWorld.Clerk)).Done);
        Assert.Equal(await agent.Links.CodeOfAsync("L-1", CancellationToken.None), await agent.Links.CodeOfAsync("L-2", CancellationToken.None));
    }

    [Fact]
    public async Task A_registry_that_is_away_is_named_and_nothing_is_changed()
    {
        await using var world = await LinkingWorld.StartAsync();
        await world.Registry.DisposeAsync();
        var refused = await Assert.ThrowsAsync<InfoLink.Contracts.Refusals.RefusedException>(
            () => world.Yokohama.Agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk));
        Assert.Equal(RefusalName.RegistryUnreachable, refused.Refusal.Name);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(world.Yokohama), entry => entry.Open.Event == AccessEvent.Linked);
    }

    [Fact]
    public async Task A_registry_that_answers_for_other_persons_than_were_asked_for_links_nobody()
    {
        await using var world = await LinkingWorld.StartAsync();
        var stolen = world.Registry.Add("one", 1);
        world.Registry.Bending = _ => world.Registry.TicketAsync(AgencyId.Parse(NetworkFolder.Requester), [stolen, LinkingWorld.Record(2)]).GetAwaiter().GetResult();
        var refused = await Assert.ThrowsAsync<InfoLink.Contracts.Refusals.RefusedException>(
            () => world.Yokohama.Agent.LinkAsync(LinkingWorld.Person("L-1", "one"), LinkingWorld.Clerk));
        Assert.Equal(RefusalName.AnswerInvalid, refused.Refusal.Name);
        Assert.Null(await world.Yokohama.Agent.Links.CodeOfAsync("L-1", CancellationToken.None));
    }
}
