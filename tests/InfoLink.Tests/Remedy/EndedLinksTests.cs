using InfoLink.Agent.Links;
using InfoLink.Agent.Remedy;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Rotation;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Remedy;

/// <summary>Which changes of a link are the end of a wrong one, and what was exchanged through it.</summary>
public sealed class EndedLinksTests
{
    [Fact]
    public async Task A_link_that_moves_to_another_person_has_exchanges_of_the_former_code_alone()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var moved = await network.Requester.Agent.Links.PutAsync(LocalId.Of("Y-1"), network.Network.CodeOf(1), WrongLinks.Clerk);
        Assert.Equal(1, moved.Remedy!.Exchanges);
        await network.Provider.Agent.Links.PutAsync(AgentNetwork.AtProvider(1), network.Network.CodeOf(1, NetworkFolder.Provider));
        await network.AskAsync(1); // Through the link that is right now.
        await network.Requester.Agent.Remedies.DecideAsync(moved.Remedy.Case, WrongLinks.Clerk);
        Assert.Single(await WrongLinks.UntilAsync(network.Requester, moved.Remedy.Case, notice => notice.Progress == NoticeProgress.Acknowledged));
        Assert.Equal([LocalId.Of("S-2")], await network.Provider.Agent.Remedies.PersonsOfAsync(Assert.Single(await network.Provider.Agent.Remedies.ReceivedAsync()).Number));
    }

    [Fact]
    public async Task A_change_of_epoch_is_no_wrong_link_and_both_codes_count_when_the_link_ends()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        network.Network.AddMaster();
        await network.Network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await network.Network.StepAsync(Rotating.Switched, NetworkFolder.Requester);
        await Until.TrueAsync(() => network.Requester.Agent.Links.CodeOfAsync("Y-1", CancellationToken.None).GetAwaiter().GetResult() == network.Network.CodeOf(2, epoch: Rotating.Next));
        await network.AskAsync(1);
        Assert.Empty(await network.Requester.Agent.Remedies.ListAsync());
        Assert.Equal(2, (await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-1"), WrongLinks.Clerk)).Remedy!.Exchanges);
    }

    [Fact]
    public async Task A_link_through_which_nothing_was_exchanged_leaves_no_case()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        await network.LinkAtRequesterAsync(7);
        var ended = await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-7"), WrongLinks.Clerk);
        Assert.Equal((true, null), (ended.Done, ended.Remedy));
        Assert.False((await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-7"), WrongLinks.Clerk)).Done);
        Assert.Empty(await network.Requester.Agent.Remedies.ListAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => network.Requester.Agent.Remedies.OpenAsync(LocalId.Of("nobody"), CorrectionReason.WrongLink, WrongLinks.Clerk));
    }

    [Fact]
    public async Task A_link_that_ended_while_the_agent_could_not_look_has_its_case_after_the_next_start()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        await network.StopRequesterAsync();
        var alone = LinkTable.Open(network.Folder.AgencyPath(NetworkFolder.Requester, "data/links.db"));
        Assert.Null((await alone.UnlinkAsync(LocalId.Of("Y-1"), WrongLinks.Clerk)).Remedy); // Nobody looks here.
        await network.StartRequesterAsync();
        await Until.TrueAsync(() => network.Requester.Agent.Remedies.ListAsync().GetAwaiter().GetResult().Count == 1);
        await network.StopRequesterAsync();
        await network.StartRequesterAsync();
        Assert.Equal((RemedyState.ToDecide, 1), (await network.Requester.Agent.Remedies.FindAsync(1)) is var one ? (one.State, one.Exchanges) : default);
        Assert.Single(await network.Requester.Agent.Remedies.ListAsync()); // Found once.
    }

    [Fact]
    public async Task An_exchange_that_was_under_way_when_the_link_ended_comes_to_its_case()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var network = await WrongLinks.AtRequesterAsync();
        var source = network.Source;
        network.Source = async (request, cancellation) =>
        {
            entered.TrySetResult();
            await go.Task;
            return await source(request, cancellation);
        };
        var asking = network.AskAsync(1);
        await entered.Task.WaitAsync(TestNetwork.Patience);
        var ended = await network.Requester.Agent.Links.UnlinkAsync(LocalId.Of("Y-1"), WrongLinks.Clerk);
        Assert.Equal(1, ended.Remedy!.Exchanges);
        await network.Requester.Agent.Remedies.DecideAsync(ended.Remedy.Case, WrongLinks.Clerk);
        go.SetResult();
        await asking;
        await WrongLinks.UntilAsync(
            network.Requester, ended.Remedy.Case, notice => notice.Progress == NoticeProgress.Acknowledged, network.RequesterClock, count: 2); // The decision is about the link.
    }

    [Fact]
    public async Task A_search_that_goes_on_reads_only_what_is_new()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        var search = new ExchangeSearch(network.Requester.Log.Store);
        var places = new Dictionary<string, long>(StringComparer.Ordinal);
        Assert.Single(await NewAsync());
        Assert.Empty(await NewAsync());
        await network.AskAsync(1);
        Assert.Single(await NewAsync());
        Assert.Equal(2, (await FindAsync(places: null)).Count);

        Task<IReadOnlyList<AffectedExchange>> NewAsync() => FindAsync(places);

        async Task<IReadOnlyList<AffectedExchange>> FindAsync(Dictionary<string, long>? places) => (await search.FindAsync(
            [await network.Requester.Agent.Links.CodeOfAsync("Y-1", CancellationToken.None) ?? throw new InvalidOperationException("There is no link.")],
            DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, CancellationToken.None, places)).Exchanges;
    }

    [Fact]
    public void A_links_past_is_read_from_its_history()
    {
        var (a, b) = (Code(1, 1), Code(1, 2));
        var rotated = Code(2, 3);
        var past = PastLink.Of(
        [
            Row(1, LinkChange.Linked, a), Row(2, LinkChange.Quarantined, a), Row(3, LinkChange.Rotated, rotated), Row(4, LinkChange.Moved, b), Row(5, LinkChange.Unlinked, b),
            Row(6, LinkChange.Joined, a), Row(7, LinkChange.Joined, b),
        ]);
        Assert.Equal([4, 5, 7, null], past.Select(link => link.End?.Serial));
        Assert.Equal([a, rotated], past[0].Codes);
        Assert.Equal([b], past[1].Codes);
        Assert.Equal([a], past[2].Codes);
        Assert.Equal([b], past[3].Codes);

        // The same person, however often her codes change; and one who was linked before there was a history.
        Assert.Null(Assert.Single(PastLink.Of([Row(1, LinkChange.Linked, a), Row(2, LinkChange.Moved, rotated), Row(3, LinkChange.Verified, rotated)])).End);
        Assert.Null(Assert.Single(PastLink.Of([Row(1, LinkChange.Linked, a), Row(2, LinkChange.Renewed, b), Row(3, LinkChange.Verified, b)])).End);
        Assert.Equal((DateTimeOffset.UnixEpoch, 9), Assert.Single(PastLink.Of([Row(9, LinkChange.Unlinked, a)])) is var one ? (one.From, one.End!.Serial) : default);

        static LinkCode Code(byte epoch, byte fill) => new(epoch, [.. Enumerable.Repeat(fill, 16)]);

        static HistoryRow Row(long serial, LinkChange what, LinkCode code) => new(serial, DateTimeOffset.UnixEpoch.AddSeconds(serial), what, code, WrongLinks.Clerk);
    }
}
