using InfoLink.Agent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Remedy;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Remedy;

/// <summary>What goes wrong in these tests: a record of one agency stands with the code of another person, and is used.</summary>
internal static class WrongLinks
{
    public static readonly LinkAct Clerk = new("係長", "文書番号 2026-31");

    /// <summary>The requester holds its person 1 for person 2, and has asked so many times.</summary>
    public static async Task<AgentNetwork> AtRequesterAsync(int exchanges = 1, AgentNetworkOptions? options = null)
    {
        var network = await AgentNetwork.StartAsync(options);
        await network.LinkAsync(5);
        await network.Requester.Agent.Links.PutAsync(AgentNetwork.AtRequester(1), network.Network.CodeOf(2));
        await network.Provider.Agent.Links.PutAsync(AgentNetwork.AtProvider(2), network.Network.CodeOf(2, NetworkFolder.Provider));
        for (var i = 0; i < exchanges; i++)
        {
            await network.AskAsync(5, 1); // Beside somebody whose link is right.
        }

        await network.AskAsync(5);
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Settled, exchanges + 1);
        return network;
    }

    /// <summary>The provider holds its person 1 for person 2, and has answered so.</summary>
    public static async Task<AgentNetwork> AtProviderAsync()
    {
        var network = await AgentNetwork.StartAsync();
        await network.LinkAtRequesterAsync(2);
        await network.Provider.Agent.Links.PutAsync(AgentNetwork.AtProvider(1), network.Network.CodeOf(2, NetworkFolder.Provider));
        await network.AskAsync(2);
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Settled);
        return network;
    }

    /// <summary>The wrong link is taken away, and the counterparts are told.</summary>
    /// <returns>The case.</returns>
    public static async Task<long> TellAsync(AgentHost agency, string person)
    {
        var ended = await agency.Agent.Links.UnlinkAsync(LocalId.Of(person), Clerk);
        Assert.NotNull(ended.Remedy);
        await agency.Agent.Remedies.DecideAsync(ended.Remedy.Case, Clerk);
        return ended.Remedy.Case;
    }

    /// <summary>Waits until all notices of a case have come so far.</summary>
    /// <param name="agency">Whose case.</param>
    /// <param name="number">The case.</param>
    /// <param name="come">How far.</param>
    /// <param name="clock">Passes minute by minute meanwhile, so that no round is waited for; null: it runs as it does.</param>
    /// <param name="count">How many notices there are in the end; 0: as many as there are.</param>
    public static async Task<IReadOnlyList<RemedyNotice>> UntilAsync(AgentHost agency, long number, Func<RemedyNotice, bool> come, LeapingClock? clock = null, int count = 0)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var notices = await agency.Agent.Remedies.NoticesAsync(number);
            if (notices.All(come) && notices.Count >= count)
            {
                return notices;
            }

            if (clock is not null)
            {
                clock.Leap(TimeSpan.FromMinutes(1));
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(began) < TestNetwork.Patience,
                $"The notices stay: {string.Join(", ", notices.Select(notice => $"{notice.Progress} after {notice.Attempts}, {notice.LastRefusal}"))}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    /// <summary>A notice as the requester's agent would send it, about the first exchange that it received.</summary>
    public static async Task<CorrectionNotice> NoticeOfAsync(AgentNetwork network) => new()
    {
        Reference = ((byte[])[.. Enumerable.Repeat((byte)7, 16)]).ToByteString(),
        ExchangeId = (await AgentNetwork.UntilAsync(network.Requester.Log.Store, AccessEvent.Received)).Open.ExchangeId,
        Indices = { 1 },
        Reason = CorrectionReason.WrongLink,
        Side = ExchangeSide.RequesterSide,
        TimeMs = 1,
    };

    public static async Task<int> CountAsync(AgentHost agency, AccessEvent what) => (await AgentNetwork.AllOfAsync(agency)).Count(entry => entry.Open.Event == what);

    public static ExchangeId ExchangeOf(CorrectionNotice notice) => ExchangeId.FromBytes(notice.ExchangeId.Span);
}
