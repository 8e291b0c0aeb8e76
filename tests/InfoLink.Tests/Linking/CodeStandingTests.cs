using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Codes;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>What the code authority does to one person's codes holds at every agency, and outlives the broker's process.</summary>
public sealed class CodeStandingTests
{
    private static readonly ResidentRecordCode Claimant = LinkingWorld.Record(203_403_805);

    [Fact]
    public async Task New_codes_for_one_person_end_the_old_ones_everywhere_and_are_come_by_anew()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Add("甲野 花子", 203_403_805);
        var before = await world.CodeAtAsync(world.Yokohama, ExistingSystems.ClaimantAtYokohama);
        await world.Codes.Standings.ReissueAsync(Claimant, "operator", "leaked");

        var walk = new Walk(world.Network.Running, TimeProvider.System);
        await RefusedAsync(walk);

        // The registry says another code than the link: one epoch, two codes. The broker knows them for one person's, and no clerk has to decide.
        var person = LinkingWorld.Person(ExistingSystems.ClaimantAtYokohama, "甲野 花子");
        Assert.Equal(LinkingResult.Renewed, (await world.Yokohama.Agent.LinkAsync(person, LinkingWorld.Clerk)).Result);
        Assert.NotEqual(before, await world.CodeAtAsync(world.Yokohama, ExistingSystems.ClaimantAtYokohama));
        Assert.Equal(LinkChange.Renewed, (await world.Yokohama.Agent.Links.HistoryAsync(person.Id)).Last().What);
        Assert.Equal(LinkingResult.Renewed, (await world.Setagaya.Agent.LinkAsync(LinkingWorld.Person(ExistingSystems.ClaimantAtSetagaya, "甲野 花子"), LinkingWorld.Clerk)).Result);
        Assert.True((await walk.ExchangeAsync()).Answered);
    }

    [Fact]
    public async Task Frozen_codes_are_refused_until_they_are_released_and_no_new_ones_are_given()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Add("甲野 花子", 203_403_805);
        var walk = new Walk(world.Network.Running, TimeProvider.System);
        await world.Codes.Standings.FreezeAsync(Claimant, "operator", "looked into");
        await RefusedAsync(walk);
        var person = LinkingWorld.Person(ExistingSystems.ClaimantAtYokohama, "甲野 花子");
        Assert.Equal(LinkingResult.Refused, (await world.Yokohama.Agent.LinkAsync(person, LinkingWorld.Clerk)).Result);
        await world.Codes.Standings.ReleaseAsync(Claimant, "operator", "nothing found");
        Assert.True((await walk.ExchangeAsync()).Answered);
    }

    [Fact]
    public async Task What_is_superseded_stays_so()
    {
        await using var world = await LinkingWorld.StartAsync();
        await world.Codes.Standings.SupersedeAsync(Claimant, LinkingWorld.Record(9), "operator", "changed record code");
        await RefusedAsync(new Walk(world.Network.Running, TimeProvider.System));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Codes.Standings.ReleaseAsync(Claimant, "operator", "again"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Codes.Standings.SupersedeAsync(Claimant, Claimant, "operator", "itself"));
    }

    [Fact]
    public async Task The_brokers_register_outlives_its_process()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        var code = (await world.GiveAsync(world.Network.Requester, await world.Registry.TicketAsync(Contracts.Identifiers.AgencyId.Parse(NetworkFolder.Requester), [Claimant])))
            .Codes[0].LinkCode;
        await world.Codes.Standings.FreezeAsync(Claimant, "operator", "looked into");
        await world.Network.StopBrokerAsync();
        await world.Network.StartBrokerAsync();
        var ask = world.Network.Requester.Ask(Contracts.Identifiers.LinkCode.FromBytes(code.Span));
        Assert.StartsWith("LINK-CODE-REFUSED", await HandMadeClient.RefusalOfAsync(() => world.Network.Requester.AuthorizeAsync(ask)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_change_is_on_record_with_its_reason_and_not_of_whom()
    {
        await using var world = await LinkingWorld.StartAsync();
        await world.Codes.Standings.FreezeAsync(Claimant, "operator", "looked into");
        var act = (await AgentNetwork.OneAsync(world.Network.Records, AccessEvent.Act)).Open.Act;
        Assert.Equal(("code-authority", "generation 0, active", "generation 0, frozen", "looked into"), (act.Operator, act.Before, act.After, act.Reason));
    }

    [Fact]
    public async Task A_broker_that_is_away_leaves_everything_as_it_is_and_the_same_may_be_done_again()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        await world.Network.StopBrokerAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Codes.Standings.ReissueAsync(Claimant, "operator", "leaked"));
        await world.Network.StartBrokerAsync();
        Assert.Equal(1, (await world.Codes.Standings.ReissueAsync(Claimant, "operator", "leaked")).Generation);
    }

    [Fact]
    public async Task Nobody_but_the_code_authority_acts_at_the_register()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        var put = new PutStandingRequest { IdCode = Google.Protobuf.ByteString.CopyFrom(new byte[7]), State = CodeState.FrozenCodes, Reason = "mischief" };
        Assert.StartsWith("MEMBER-NOT-ENTITLED", await HandMadeClient.RefusalOfAsync(() => world.Network.Requester.PutAsync(put)), StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(Walk walk) =>
        Assert.Equal(RefusalName.LinkCodeRefused, (await Assert.ThrowsAsync<RefusedException>(walk.ExchangeAsync)).Refusal.Name);
}
