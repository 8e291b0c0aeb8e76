using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Manual;
using InfoLink.Tests.Tools;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Service;

/// <summary>Nobody asks an agency that is closed by its own word: its agent announces it, the directory says it, and who asks all the same is refused by the broker, and by the agency itself.</summary>
public sealed class ClosedProviderTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_stop_is_announced_by_the_agent_and_refused_before_anything_leaves_until_it_is_over()
    {
        var until = Stops.In(3 * Hour);
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false, Provider = Stops.Of(Stops.In(-Hour), until, "disks") });
        await network.LinkAsync(1);
        await Stops.UntilKnownAsync(network);

        var refusal = (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal;
        Assert.Equal((RefusalName.ProviderClosed, $"until {JapanTime.Text(until)}", Hour), (refusal.Name, refusal.Detail, refusal.RetryAfter));
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));

        // Who asks all the same is refused by the broker, on record.
        var yokohama = network.Network.Requester;
        await Refused.ByAsync(RefusalName.ProviderClosed, () => yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))), $"until {JapanTime.Text(until)}");
        var records = await network.AllOfBrokerAsync();
        Assert.Equal([AccessEvent.Act, AccessEvent.Refused], records.Select(record => record.Open.Event));
        var act = records[0].Open.Act;
        Assert.Equal(($"agency {NetworkFolder.Provider}", "closed", NetworkFolder.Provider, ""), (act.Operator, act.What, act.About, act.Before));
        Assert.EndsWith($"/{JapanTime.Text(until)}", act.After, StringComparison.Ordinal);
        Assert.DoesNotContain(records, record => record.Open.ToString().Contains("disks", StringComparison.Ordinal));
        var status = await Infolink.RunAsync("broker", "status", "--broker", network.Folder.Path("broker"));
        Assert.Contains("closed until", Assert.Single(status.Output.Split('\n'), line => line.Contains(NetworkFolder.Provider, StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("disks", File.ReadAllText(network.Folder.Path("broker", "data", "directory.json")), StringComparison.Ordinal);

        Stops.Pass(network, 3 * Hour);
        await network.AskAsync(1);
        Assert.Single(network.Reads);
    }

    [Fact]
    public async Task What_the_catalog_forbids_is_said_first_at_the_broker()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false, Provider = Stops.Of(Stops.In(-Hour), Stops.In(3 * Hour)) });
        await Stops.UntilKnownAsync(network);
        var asked = network.Network.Requester.Ask(network.Network.CodeOf(1));
        asked.Role = "eligible-child";
        Assert.StartsWith("ROLE-NOT-IN-ENTRY", await HandMadeClient.RefusalOfAsync(() => network.Network.Requester.AuthorizeAsync(asked)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_broker_does_not_know_the_call_the_provider_refuses_by_itself_and_spends_nothing()
    {
        var until = Stops.In(3 * Hour);
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true, Provider = Stops.Of(Stops.In(-Hour), until) });
        await network.LinkAsync(1);
        await Until.TrueAsync(() => network.Network.Journal.Lines.Any(line => line.Text.Contains("of a version that takes no service hours", StringComparison.Ordinal)));

        var refusal = (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal;
        Assert.Equal((RefusalName.ProviderClosed, $"until {JapanTime.Text(until)}", Hour), (refusal.Name, refusal.Detail, refusal.RetryAfter));
        Assert.Equal((0, 0, 0), (network.SpentTokens(), network.Reads.Count, network.Bent.Redeems.Count));
        Assert.Equal(RefusalName.ProviderClosed, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed);
    }

    [Fact]
    public async Task A_closed_agency_still_asks_others_and_is_ready()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false, Requester = Stops.Of(Stops.In(-Hour), Stops.In(3 * Hour)) });
        await network.LinkAsync(1);
        await Until.TrueAsync(() => network.Provider.Trust.Directory.ClosedOf(Contracts.Identifiers.AgencyId.Parse(NetworkFolder.Requester)).Length == 1);
        await network.AskAsync(1);
        Assert.Single(network.Reads);
        await Until.TrueAsync(() => network.Requester.Readiness.WhyNot().Count == 0);
    }

    [Fact]
    public async Task People_answer_while_their_agency_is_closed_and_it_is_collected_when_it_opens()
    {
        await using var world = await HandWorld.StartAsync(provider: Stops.Of(Stops.In(Hour), Stops.In(3 * Hour)));
        await Stops.UntilKnownAsync(world.Network);
        var exchange = await world.PendingAsync(HandWorld.Known);
        Stops.Pass(world.Network, 1.5 * Hour);
        await world.Queue.ApproveAsync((await world.QuestionAsync(HandWorld.Known)).Number, HandWorld.Clerk);
        Assert.Equal(RefusalName.ProviderClosed, (await Assert.ThrowsAsync<RefusedException>(() => world.CollectOneAsync(exchange))).Refusal.Name);
        Assert.Single(await world.Pending.ListAsync());

        Stops.Pass(world.Network, 1.5 * Hour);
        Assert.Equal("1000001", HandWorld.IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public async Task A_broker_that_was_away_is_told_when_it_is_back_and_a_stop_that_is_taken_back_is_gone()
    {
        var stop = Stops.Of(Stops.In(-Hour), Stops.In(3 * Hour));
        var planned = false;
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Witnessed = false,
            Provider = options =>
            {
                if (planned)
                {
                    stop(options);
                }
            },
        });
        await network.LinkAsync(1);
        await network.StopProviderAsync();
        await network.Network.StopBrokerAsync();
        planned = true;
        await network.StartProviderAsync();
        await Until.TrueAsync(() => network.Network.Journal.Lines.Any(line => line.Text.Contains("could not be told when this agency is closed", StringComparison.Ordinal)));
        await network.Network.StartBrokerAsync();
        await Until.TrueAsync(() =>
        {
            network.ProviderClock.Leap(TimeSpan.FromSeconds(1)); // The minute until it is tried again passes sooner.
            network.RequesterClock.Leap(TimeSpan.FromSeconds(1));
            network.Network.Clock.Ahead += TimeSpan.FromSeconds(1);
            return network.Requester.Trust.Directory.ClosedOf(Stops.Provider).Length == 1;
        });
        Assert.Equal(RefusalName.ProviderClosed, (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal.Name);

        // The operator takes it out and starts the agent anew.
        await network.StopProviderAsync();
        planned = false;
        await network.StartProviderAsync();
        await Until.TrueAsync(() =>
        {
            network.Network.Clock.Ahead += TimeSpan.FromSeconds(1); // The broker changes a near hour once a minute.
            network.ProviderClock.Leap(TimeSpan.FromSeconds(1));
            network.RequesterClock.Leap(TimeSpan.FromSeconds(1));
            return network.Requester.Trust.Directory.ClosedOf(Stops.Provider).Length == 0;
        });
        Assert.Equal(2, (await network.AllOfBrokerAsync()).Count(record => record.Open.Event == AccessEvent.Act));
    }
}
