using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>A reply that is lost on the line after what it tells has happened: after the approval, the redeem, the answer.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class LostReplyTests
{
    /// <summary>In bytes, at least.</summary>
    private const int TokensLength = 500;

    [Fact]
    public async Task A_lost_reply_is_asked_for_again_where_that_is_harmless_and_named_where_it_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true });

        // The redeem's: the provider asks again in the same attempt, and gets the same codes. One REDEEMED; the question is answered.
        var redeemed = await world.CountAsync("broker", AccessEvent.Redeemed);
        await world[Party.Provider].FreezeAsync();
        var sent = world.ProviderWire.Sent;
        var asking = world.Clerks.AskAsync(1);
        await Eventually.HoldsAsync(() => world.ProviderWire.Sent > sent + TokensLength, "the token on its way to the provider");
        world.BrokerWire.LosesReplies = true;
        await world[Party.Provider].ThawAsync();
        await world.UntilOnRecordAsync("broker", AccessEvent.Redeemed, redeemed + 1);
        await MendAsync(world.BrokerWire);
        Assert.IsType<Ending.Answered>(await asking);
        Assert.Equal(redeemed + 1, await world.CountAsync("broker", AccessEvent.Redeemed));

        await world.Clerks.AnsweredAsync(2); // On connections that are up again.

        // The approval's: whether the token left is not known, so it is not asked for again; it ends by itself.
        var approved = await world.CountAsync("broker", AccessEvent.Approved);
        world.BrokerWire.LosesReplies = true;
        asking = world.Clerks.AskAsync(2);
        await world.UntilOnRecordAsync("broker", AccessEvent.Approved, approved + 1);
        await MendAsync(world.BrokerWire);
        Assert.Equal("ANSWER-LOST", Assert.IsType<Ending.Refused>(await asking).Name);
        await world.Clerks.AnsweredAsync(2);
        Assert.Equal(approved + 2, await world.CountAsync("broker", AccessEvent.Approved));

        // The answer's: the token is spent, and nobody sends it twice.
        var answered = await world.CountAsync(NetworkFolder.Provider, AccessEvent.Answered);
        world.ProviderWire.LosesReplies = true;
        asking = world.Clerks.AskAsync(3);
        await world.UntilOnRecordAsync(NetworkFolder.Provider, AccessEvent.Answered, answered + 1);
        await MendAsync(world.ProviderWire);
        Assert.Equal("ANSWER-LOST", Assert.IsType<Ending.Refused>(await asking).Name);
        await world.Clerks.AnsweredAsync(3);
        Assert.Equal(answered + 2, await world.CountAsync(NetworkFolder.Provider, AccessEvent.Answered));
        await world.CheckAsync();
    }

    private static Task MendAsync(EndToEnd.TcpRelay wire)
    {
        wire.LosesReplies = false;
        wire.Cut();
        return Task.CompletedTask;
    }
}
