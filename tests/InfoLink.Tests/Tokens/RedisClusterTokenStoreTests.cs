using System.Diagnostics;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>The token store's promises on a Redis Cluster, and what a failover there does to them.</summary>
public sealed class RedisClusterTokenStoreTests : TokenStoreContract
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private RedisCluster? _cluster;

    protected override TimeSpan Short => TimeSpan.FromSeconds(2);

    protected override DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private RedisCluster Cluster => _cluster!;

    internal override async Task<ITokenStore> OpenAsync()
    {
        _cluster = await RedisCluster.StartAsync();
        return await RedisTokenStore.ConnectAsync(_cluster.Addresses, TimeProvider.System);
    }

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(100), TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Tokens_lie_spread_over_all_masters()
    {
        for (var i = 0; i < 100; i++)
        {
            await Store.IssueAsync(TokenKey.Of(TokenId.New()), [1], Times(Minute, Minute), CancellationToken.None);
        }

        foreach (var master in Cluster.Servers.Take(3))
        {
            Assert.InRange((await master.AskAsync("DBSIZE")).Length, 4, 16);
            Assert.NotEqual(":0\r\n"u8.ToArray(), await master.AskAsync("DBSIZE"));
        }
    }

    [Fact]
    public async Task After_a_failover_the_store_serves_by_itself_and_what_was_copied_is_there()
    {
        var key = TokenKey.Of(TokenId.New());
        var attempt = AttemptId.New();
        await Store.IssueAsync(key, [1], Times(Minute, Minute), CancellationToken.None);
        Assert.Equal(Redemption.First, await Store.RedeemAsync(key, attempt, CancellationToken.None));
        var master = await Cluster.MasterOfAsync(key);
        await master.AskAsync("WAIT", "1", "1000"); // The replica has it.
        await Cluster.FailOverAsync(master);
        await ServesAgainAsync(key, found: true);
        Assert.Equal(Redemption.Spent, await Store.RedeemAsync(key, AttemptId.New(), CancellationToken.None));
        Assert.Equal(Redemption.Repeated, await Store.RedeemAsync(key, attempt, CancellationToken.None));
    }

    [Fact]
    public async Task A_failover_that_loses_an_acknowledged_token_leaves_it_unknown()
    {
        var key = TokenKey.Of(TokenId.New());
        var master = await Cluster.MasterOfAsync(key);
        await Cluster.CutReplicationAsync(master);
        await Store.IssueAsync(key, [1], Times(Minute, Minute), CancellationToken.None);
        await Cluster.FailOverAsync(master);
        await ServesAgainAsync(key, found: false);
        Assert.Equal(Redemption.Unknown, await Store.RedeemAsync(key, AttemptId.New(), CancellationToken.None));
    }

    [Fact]
    public async Task A_failover_that_loses_an_acknowledged_redeem_leaves_the_token_as_it_was_issued()
    {
        var key = TokenKey.Of(TokenId.New());
        var master = await Cluster.MasterOfAsync(key);
        await Store.IssueAsync(key, [1], Times(Minute, Minute), CancellationToken.None);
        await master.AskAsync("WAIT", "1", "1000");
        await Cluster.CutReplicationAsync(master);
        Assert.Equal(Redemption.First, await Store.RedeemAsync(key, AttemptId.New(), CancellationToken.None));
        await Cluster.FailOverAsync(master);
        await ServesAgainAsync(key, found: true);

        // This is why the store is one of two guards, and the provider's ledger the one that decides.
        Assert.Equal(Redemption.First, await Store.RedeemAsync(key, AttemptId.New(), CancellationToken.None));
    }

    [Fact]
    public async Task The_tokens_of_the_other_masters_are_served_while_one_is_away()
    {
        var dead = Cluster.Servers[0];
        await dead.KillAsync();
        Cluster.ReplicaOf(dead).Freeze(); // So that nobody takes over.
        for (var served = 0; served < 20;)
        {
            var key = TokenKey.Of(TokenId.New());
            if (await Cluster.MasterOfAsync(key) != dead)
            {
                await EventuallyAsync(() => Store.IssueAsync(key, [1], Times(Minute, Minute), CancellationToken.None));
                served++;
            }
        }

        Cluster.ReplicaOf(dead).Thaw();
    }

    private async Task ServesAgainAsync(TokenKey key, bool found)
    {
        byte[]? grant = null;
        await EventuallyAsync(async () => grant = await Store.FindAsync(key, CancellationToken.None));
        Assert.Equal(found, grant is not null);
    }

    private static async Task EventuallyAsync(Func<Task> call)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System))
        {
            try
            {
                await call();
                return;
            }
            catch (TokenStoreException) when (waited.Elapsed < TestNetwork.Patience)
            {
                // Not yet.
            }
        }
    }
}
