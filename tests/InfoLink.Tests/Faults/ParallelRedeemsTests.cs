using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>One token, a hundred at once: redeemed at the broker by different attempts, and presented to the provider.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class ParallelRedeemsTests
{
    private const int AtOnce = 100;

    [Fact]
    public async Task Of_a_hundred_who_bring_one_token_one_gets_something()
    {
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true });
        world.Clerks.Begin(1); // The others' work goes on.

        var redeemed = await world.AuthorizeByHandAsync(1);
        await OneOfThemAsync(() => world.Network.Provider.RedeemAsync(redeemed.Token, AttemptId.New()));

        var fetched = await world.AuthorizeByHandAsync(2);
        var client = world.Network.Requester;
        await OneOfThemAsync(() => client.FetchAsync(NetworkFolder.Provider, client.Fetch(fetched)), "Unavailable");
        await world.Clerks.StopAsync();
        Assert.All(world.Asked, question => Assert.IsType<Ending.Answered>(question.Ending));
        await world.CheckAsync();
    }

    /// <param name="bring">One of them.</param>
    /// <param name="turnedAway">How a port ends connections that are too many of one member.</param>
    private static async Task OneOfThemAsync(Func<Task> bring, params string[] turnedAway)
    {
        var ends = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(() => HandMadeClient.RefusalOfAsync(bring))));
        Assert.Single(ends, end => end is "(accepted)");
        Assert.True(
            ends.All(end => end is "(accepted)" or "TOKEN-SPENT" || turnedAway.Contains(end, StringComparer.Ordinal)),
            string.Join(", ", ends.CountBy(end => end, StringComparer.Ordinal).Select(end => $"{end.Key} {end.Value}")));
        Assert.Contains(ends, end => end is "TOKEN-SPENT");
    }
}
