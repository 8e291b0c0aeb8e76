using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>
/// Masters of a Redis Cluster die and take acknowledged writes with them: once a redeem, so that the broker would redeem the token again, and once
/// an issue, so that it does not know its own token.
/// </summary>
[Collection(RealProcesses.SecondRow)]
public sealed class RedisFailoverTests
{
    [Fact]
    public async Task What_a_failover_loses_is_neither_spent_again_nor_taken_for_good()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var world = await FaultWorld.StartAsync(new() { OtherRedis = (cluster.Addresses, () => cluster.MastersNow) });
        var client = world.Network.Requester;
        world.Clerks.Begin(2); // The others' work goes on, over both failovers.

        // A redeem is lost: the token stands in Redis as issued, and the provider's ledger knows better.
        var approval = await world.AuthorizeByHandAsync(1);
        var master = await cluster.MasterOfAsync(KeyOf(approval));
        await Eventually.HoldsAsync(async () => (await master.AskAsync("WAIT", "1", "100")).AsSpan().SequenceEqual(":1\r\n"u8), "the token at the replica");
        await cluster.CutReplicationAsync(master);
        var fetch = client.Fetch(approval);
        Assert.Equal("(accepted)", await HandMadeClient.RefusalOfAsync(() => client.FetchAsync(NetworkFolder.Provider, fetch)));
        world.Diary.Note(Party.Redis, "failover that loses a redeem");
        await cluster.FailOverAsync(master);
        Assert.Equal("i", await StateAsync(cluster.ReplicaOf(master), approval));
        Assert.Equal("TOKEN-SPENT", await HandMadeClient.RefusalOfAsync(() => client.FetchAsync(NetworkFolder.Provider, fetch)));

        // An issue is lost: nobody can use the token, and it is on record.
        var other = cluster.MastersNow.First(candidate => candidate != cluster.ReplicaOf(master));
        await cluster.CutReplicationAsync(other);
        do
        {
            approval = await AuthorizeAsync(world);
        }
        while (await cluster.MasterOfAsync(KeyOf(approval)) != other);

        world.Diary.Note(Party.Redis, "failover that loses a token");
        await cluster.FailOverAsync(other);
        await Eventually.HoldsAsync(
            async () => await HandMadeClient.RefusalOfAsync(() => client.FetchAsync(NetworkFolder.Provider, client.Fetch(approval))) is "TOKEN-UNKNOWN",
            "the broker on the new master, which does not know the token");

        // It returns by itself.
        await world.Clerks.StopAsync();
        for (var person = 1; person <= FaultWorld.Persons; person++)
        {
            await world.Clerks.AnsweredAsync(person);
        }

        await world.CheckAsync();
    }

    /// <summary>While a master is on its way out, or just gone, an approval may need a second try.</summary>
    private static async Task<AuthorizeReply> AuthorizeAsync(FaultWorld world)
    {
        AuthorizeReply? reply = null;
        await Eventually.HoldsAsync(
            async () => await HandMadeClient.RefusalOfAsync(async () => reply = await world.AuthorizeByHandAsync(2)) is "(accepted)", "an approval");
        return reply!;
    }

    private static TokenKey KeyOf(AuthorizeReply approval)
    {
        Assert.True(ExchangeToken.TryParse(approval.Token, out var token));
        Assert.True(TokenPayload.TryPeekTokenId(token, out var id));
        return TokenKey.Of(id);
    }

    private static async Task<string> StateAsync(RedisServer server, AuthorizeReply approval) =>
        System.Text.Encoding.ASCII.GetString(await server.AskAsync("HGET", "infolink:token:" + KeyOf(approval).Text, "st")).Split("\r\n")[1];
}
