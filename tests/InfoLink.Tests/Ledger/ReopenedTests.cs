using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Refusals;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>A provider's agent that starts again refuses tokens from before; the requester's asks again by itself.</summary>
public sealed class ReopenedTests
{
    [Fact]
    public async Task The_requesters_agent_waits_as_it_is_told_and_asks_again()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.StopProviderAsync();
        await network.StartProviderAsync();

        var asking = network.AskAsync(1);
        await AgentNetwork.UntilAsync(network.Requester.Log.Store, AccessEvent.Failed);
        Assert.False(asking.IsCompleted);
        Assert.Equal(0, network.SpentTokens());

        // Its wait passes; and the provider's and the broker's time with it.
        network.Network.Clock.Ahead = TimeSpan.FromSeconds(21);
        network.ProviderClock.Leap(TimeSpan.FromSeconds(21));
        await LeapUntilAsync(network, asking);
        Assert.IsType<FetchedPerson.Answered>((await asking).Persons[0]);
        Assert.Equal(
            [AccessEvent.Asked, AccessEvent.Failed, AccessEvent.Asked, AccessEvent.Received],
            (await AgentNetwork.AllOfAsync(network.Requester)).Select(entry => entry.Open.Event));
        Assert.Equal(RefusalName.LedgerReopened, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        Assert.Equal(1, network.SpentTokens());
    }

    [Fact]
    public async Task A_provider_that_never_stops_saying_so_is_given_up()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.StopProviderAsync();
        network.ProviderClock.Shift(TimeSpan.FromSeconds(15)); // More than the skew: the mark lies beyond every token for a while.
        await network.StartProviderAsync();

        var asking = Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        await LeapUntilAsync(network, asking);
        Assert.Equal(RefusalName.LedgerReopened, (await asking).Refusal.Name);
        Assert.Equal(3, (await AgentNetwork.AllOfAsync(network.Requester)).Count(entry => entry.Open.Event == AccessEvent.Asked));
        Assert.Empty(network.Reads);
    }

    [Fact]
    public async Task The_first_start_of_a_new_agency_accepts_at_once()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.Single(await AgentNetwork.AllOfAsync(network.Requester), entry => entry.Open.Event == AccessEvent.Asked);
    }

    [Fact]
    public async Task A_ledger_in_PostgreSQL_is_the_providers_as_much_as_one_in_a_file()
    {
        var database = await SharedPostgres.CreateDatabaseAsync();
        await using var network = await AgentNetwork.StartAsync(new() { Provider = options => options.Postgres = database });
        await network.LinkAsync(1);
        network.Network.Clock.Ahead = TimeSpan.FromSeconds(21); // Past the mark of the first opening.
        network.ProviderClock.Leap(TimeSpan.FromSeconds(21));
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        Assert.Equal(1L, await PostgresServer.ExecuteAsync(database, "SELECT COUNT(*) FROM spent"));
        Assert.Equal(0, network.SpentTokens());
    }

    /// <summary>The requester's waits pass at once, one after the other; its calls have the time they need.</summary>
    private static async Task LeapUntilAsync(AgentNetwork network, Task asking)
    {
        // Rarely, so that no write is still under way when a second leap takes it over its deadline of ten seconds.
        for (var leap = 0; leap < 100 && !asking.IsCompleted; leap++)
        {
            await Task.WhenAny(asking, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
            if (!asking.IsCompleted && (await AgentNetwork.AllOfAsync(network.Requester)).LastOrDefault()?.Open.Event == AccessEvent.Failed)
            {
                network.RequesterClock.Leap(TimeSpan.FromSeconds(5));
            }
        }

        await asking.WaitAsync(TestNetwork.Patience);
    }
}
