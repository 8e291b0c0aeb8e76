using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Linking;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Rotation;

/// <summary>What the broker gives for codes of another epoch, or of an agency that was absorbed.</summary>
public sealed class RenewTests
{
    private static readonly AgencyId Kawasaki = AgencyId.Parse(NetworkFolder.Bystander);

    [Fact]
    public async Task Codes_that_are_forged_foreign_or_of_a_dead_epoch_are_refused_alone_and_the_others_come_in_order()
    {
        await using var network = await TestNetwork.StartAsync();
        network.AddMaster();
        await network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        LinkCode[] codes =
        [
            network.CodeOf(1),
            new(Rotating.Old, new byte[16]),
            network.CodeOf(2, epoch: Rotating.Next),
            network.CodeOf(3, NetworkFolder.Bystander),
            new(6, new byte[16]),
            network.CodeOf(4),
        ];
        var reply = await network.Requester.RenewAsync(codes);
        Assert.Equal((uint)Rotating.Next, reply.Epoch);
        Assert.Equal([0u, 2u, 5u], reply.Codes.Select(code => code.Index));
        Assert.Equal([1u, 3u, 4u], reply.Refused);
        Assert.Equal(
            [network.CodeOf(1, epoch: Rotating.Next), network.CodeOf(2, epoch: Rotating.Next), network.CodeOf(4, epoch: Rotating.Next)],
            reply.Codes.Select(code => LinkCode.FromBytes(code.LinkCode.Span)));
        Assert.Equal(reply, await network.Requester.RenewAsync(codes)); // Without state.

        var records = await network.AllRecordsAsync();
        Assert.Equal([3u, 3u], records.Where(entry => entry.Open.Event == AccessEvent.Renewed).Select(entry => entry.Open.Count));
        Assert.All(records.Where(entry => entry.Open.Event is AccessEvent.Renewed or AccessEvent.Refused), entry => Assert.Equal((NetworkFolder.Requester, 3u, 0), (entry.Open.Requester, entry.Open.Count, entry.Subjects.Count)));
        Assert.Equal(6, Assert.Single(network.Broker.Limits.Codes.View()).Codes);
    }

    [Fact]
    public async Task A_frozen_persons_code_is_not_renewed()
    {
        await using var world = await LinkingWorld.StartAsync();
        var code = await world.CodeAtAsync(world.Yokohama, ExistingSystems.ClaimantAtYokohama);
        Assert.Single((await world.Network.Requester.RenewAsync([code])).Codes);
        await world.Codes.Standings.FreezeAsync(LinkingWorld.Record(203_403_805), "operator", "looked into");
        Assert.Equal([0u], (await world.Network.Requester.RenewAsync([code])).Refused);
    }

    [Fact]
    public async Task Ten_thousand_fit_one_call_and_neither_one_more_nor_none()
    {
        await using var network = await TestNetwork.StartAsync();
        var code = network.CodeOf(1);
        var most = Enumerable.Repeat(code, 10_000).ToList();
        Assert.Equal(10_000, (await network.Requester.RenewAsync(most)).Codes.Count);
        await Refused.ByAsync(RefusalName.RequestMalformed, () => network.Requester.RenewAsync(most.Append(code)), "link_codes");
        await Refused.ByAsync(RefusalName.RequestMalformed, () => network.Requester.RenewAsync([]), "link_codes");
    }

    [Fact]
    public async Task An_agency_takes_over_the_persons_of_the_one_that_was_merged_into_it()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        var agent = network.Requester.Agent;
        foreach (var person in (int[])[1, 2, 3])
        {
            await network.LinkAtRequesterAsync(person);
        }

        await agent.Links.PutAsync("taken", network.Network.CodeOf(9));
        await Assert.ThrowsAsync<RefusedException>(() => AbsorbAsync());
        Rotating.Write(network.Folder, $"current: {Rotating.Old}", $"\n    absorbs: [\"{NetworkFolder.Bystander}\"]", NetworkFolder.Requester);
        await network.Network.PublishAsync();

        var absorbed = await AbsorbAsync();
        Assert.Equal((6L, 2L, 1L, 1, 1, 1L), (absorbed.Had, absorbed.Linked, absorbed.Joined, absorbed.Refused.Count, absorbed.Contradicted.Count, absorbed.Already));
        Assert.True(absorbed.Agrees);
        Assert.Equal("K-forged", absorbed.Refused[0].Value);
        Assert.Equal("taken", absorbed.Contradicted[0].Value);

        // New ones have this agency's codes; who was at both is one person with two identifiers.
        Assert.Equal(network.Network.CodeOf(5), await agent.Links.CodeOfAsync(new LocalId("kawasaki", "K-5"), CancellationToken.None));
        Assert.Null(await agent.Links.PersonOfAsync(network.Network.CodeOf(5), CancellationToken.None)); // Withheld there, withheld here.
        Assert.Equal(
            [new LocalId("kawasaki", "K-2"), LocalId.Of(AgentNetwork.AtRequester(2))],
            (await agent.Links.PersonOfAsync(network.Network.CodeOf(2), CancellationToken.None))!.Ids);
        Assert.Equal(NetworkFolder.Bystander, (await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Renewed)).Open.Provider);

        // Once more: nothing happens twice.
        var again = await AbsorbAsync();
        Assert.Equal((6L, 0L, 0L, 4L), (again.Had, again.Linked, again.Joined, again.Already));

        Task<Absorbed> AbsorbAsync() => agent.AbsorbAsync(Kawasaki, TableAsync(network.Network), LinkingWorld.Clerk);
    }

    [Fact]
    public async Task Nobody_else_has_an_agencys_codes_converted()
    {
        await using var network = await TestNetwork.StartAsync();
        await Refused.ByAsync(RefusalName.MemberNotEntitled, () => network.Requester.RenewAsync([network.CodeOf(1, NetworkFolder.Bystander)], NetworkFolder.Bystander), "absorbs");
        await Refused.ByAsync(RefusalName.MemberNotEntitled, () => network.Requester.RenewAsync([network.CodeOf(1)], NetworkFolder.Requester), "absorbs");
        await Refused.ByAsync(RefusalName.RequestMalformed, () => network.Requester.RenewAsync([network.CodeOf(1)], "No Agency"), "from_agency");
        Rotating.Write(network.Folder, $"current: {Rotating.Old}", $"\n    absorbs: [\"{NetworkFolder.Bystander}\"]", NetworkFolder.Requester);
        await network.PublishAsync();
        var reply = await network.Requester.RenewAsync([network.CodeOf(1, NetworkFolder.Bystander), network.CodeOf(2)], NetworkFolder.Bystander);
        Assert.Equal([1u], reply.Refused); // The heir's own code is none of the absorbed agency's.
        Assert.Equal(network.CodeOf(1), LinkCode.FromBytes(Assert.Single(reply.Codes).LinkCode.Span));
    }

    private static async IAsyncEnumerable<AbsorbedPerson> TableAsync(TestNetwork network)
    {
        await Task.CompletedTask;
        yield return new(new LocalId("kawasaki", "K-2"), network.CodeOf(2, NetworkFolder.Bystander));
        yield return new(new LocalId("kawasaki", "K-4"), network.CodeOf(4, NetworkFolder.Bystander));
        yield return new(new LocalId("kawasaki", "K-5"), network.CodeOf(5, NetworkFolder.Bystander), Withheld: true);
        yield return new(new LocalId("kawasaki", "K-forged"), new LinkCode(Rotating.Old, new byte[16]));
        yield return new(LocalId.Of("taken"), network.CodeOf(6, NetworkFolder.Bystander)); // Another person's identifier here.
        yield return new(LocalId.Of(AgentNetwork.AtRequester(3)), network.CodeOf(3, NetworkFolder.Bystander)); // The same at both.
    }
}
