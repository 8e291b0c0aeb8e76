using Google.Protobuf;
using Grpc.Core;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>A token is redeemed at most once, over the wire: real sockets, mutual TLS, the broker whole.</summary>
public sealed class ParallelRedeemTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_hundred_parallel_redeems_with_different_attempts_exactly_one_succeeds(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        await using var network = await TestNetwork.StartAsync(new() { Redis = redis?.Address ?? "" });
        network.Journal.Expect("ALARM");
        var approval = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        HandMadeClient[] connections = [.. Enumerable.Range(0, 4).Select(_ => new HandMadeClient(network.Folder, NetworkFolder.Provider, TimeProvider.System))];
        AttemptId[] attempts = [.. Enumerable.Range(0, 100).Select(_ => AttemptId.New())];

        var ends = await Task.WhenAll(attempts.Select((attempt, i) => Task.Run(() => EndAsync(connections[i % 4].RedeemAsync(approval.Token, attempt)))));

        var first = Assert.Single(ends, end => end.Reply is not null);
        Assert.All(ends.Where(end => end.Reply is null), end => Assert.Equal(RefusalName.TokenSpent, end.Refusal));

        // The winner's attempt gets the same answer again, to the byte; the records tell of one redeem.
        var again = await network.Provider.RedeemAsync(approval.Token, attempts[Array.IndexOf(ends, first)]);
        Assert.Equal(first.Reply!.ToByteArray(), again.ToByteArray());
        Assert.Single(await network.EventsOfAsync(approval.ExchangeId), AccessEvent.Redeemed);
        Array.ForEach(connections, connection => connection.Dispose());
    }

    [Fact]
    public async Task Ten_minutes_after_its_expiry_a_redeemed_token_is_unknown_even_to_its_attempt()
    {
        await using var network = await TestNetwork.StartAsync();
        var approval = await network.Requester.AuthorizeAsync(network.Requester.Ask(network.CodeOf(1)));
        var attempt = AttemptId.New();
        var first = await network.Provider.RedeemAsync(approval.Token, attempt);

        network.Clock.Ahead = TokenRules.MaxLifetime + TokenRules.Afterlife - TimeSpan.FromSeconds(10);
        Assert.Equal(first, await network.Provider.RedeemAsync(approval.Token, attempt));
        network.Clock.Ahead = TokenRules.MaxLifetime + TokenRules.Afterlife + TimeSpan.FromSeconds(1);
        await Refused.ByAsync(RefusalName.TokenUnknown, () => network.Provider.RedeemAsync(approval.Token, attempt));
    }

    private static async Task<(RedeemReply? Reply, RefusalName? Refusal)> EndAsync(Task<RedeemReply> call)
    {
        try
        {
            return (await call, null);
        }
        catch (RpcException fault)
        {
            return (null, RefusalWire.TryRead(fault)?.Name);
        }
    }
}
