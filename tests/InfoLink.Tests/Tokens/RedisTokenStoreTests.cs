using System.Diagnostics;
using System.Globalization;
using System.Text;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Tokens;

public sealed class RedisTokenStoreTests : TokenStoreContract
{
    /// <summary>What a call may take beyond the store's deadline on a busy machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private RedisServer? _redis;

    protected override TimeSpan Short => TimeSpan.FromSeconds(2);

    protected override DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private RedisServer Redis => _redis!;

    internal override async Task<ITokenStore> OpenAsync()
    {
        _redis = await RedisServer.StartAsync();
        return await RedisTokenStore.ConnectAsync(_redis.Address, TimeProvider.System);
    }

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromMilliseconds(100), TimeProvider.System);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    [Fact]
    public async Task Redis_itself_is_told_when_to_drop_a_token()
    {
        var key = TokenKey.Of(TokenId.New());
        var times = Times(TimeSpan.FromSeconds(70), TimeSpan.FromMinutes(11));
        await Store.IssueAsync(key, [1], times, CancellationToken.None);
        Assert.Equal(times.UnusedUntil.ToUnixTimeMilliseconds(), await DropTimeAsync(key));
        await RedeemAsync(key, AttemptId.New());
        Assert.Equal(times.RedeemedUntil.ToUnixTimeMilliseconds(), await DropTimeAsync(key));
        await RedeemAsync(key, AttemptId.New());
        await Store.RevokeAsync(key, CancellationToken.None);
        Assert.Equal(times.RedeemedUntil.ToUnixTimeMilliseconds(), await DropTimeAsync(key));
    }

    [Fact]
    public async Task Two_brokers_on_one_Redis_share_one_first()
    {
        await using var other = await RedisTokenStore.ConnectAsync(Redis.Address, TimeProvider.System);
        var key = TokenKey.Of(TokenId.New());
        await Store.IssueAsync(key, [1], Times(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), CancellationToken.None);
        var ends = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            (i % 2 == 0 ? Store : other).RedeemAsync(key, AttemptId.New(), CancellationToken.None)));
        Assert.Single(ends, Redemption.First);
    }

    [Fact]
    public async Task Away_it_is_said_within_the_deadline_and_back_it_serves_by_itself()
    {
        var key = TokenKey.Of(TokenId.New());
        await Store.IssueAsync(key, [1], Times(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), CancellationToken.None);
        await Redis.KillAsync();
        await AllFailInTimeAsync(key);

        await Redis.StartAgainAsync();
        await ServesAgainAsync();
        Assert.Equal(Redemption.Unknown, await RedeemAsync(key, AttemptId.New())); // Redis forgot it: absence means refusal.
    }

    [Fact]
    public async Task Hanging_it_is_said_within_the_deadline_and_nothing_is_lost_after()
    {
        var key = TokenKey.Of(TokenId.New());
        await Store.IssueAsync(key, [1], Times(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), CancellationToken.None);
        Redis.Freeze();
        try
        {
            await AllFailInTimeAsync(key);
        }
        finally
        {
            Redis.Thaw();
        }

        await ServesAgainAsync();
    }

    [Fact]
    public async Task A_store_that_starts_before_its_Redis_serves_when_that_comes()
    {
        await Redis.KillAsync();
        await using var early = await RedisTokenStore.ConnectAsync(Redis.Address, TimeProvider.System);
        await Assert.ThrowsAsync<TokenStoreException>(() => early.FindAsync(TokenKey.Of(TokenId.New()), CancellationToken.None));
        await Redis.StartAgainAsync();
        await ServesAgainAsync(early);
    }

    [Fact]
    public async Task Scripts_that_Redis_has_forgotten_are_sent_again()
    {
        await Store.FindAsync(TokenKey.Of(TokenId.New()), CancellationToken.None);
        await Redis.AskAsync("SCRIPT", "FLUSH");
        await ServesAgainAsync();
    }

    [Fact]
    public async Task A_caller_that_goes_on_computing_after_its_answer_holds_up_nobody_else()
    {
        using var done = new ManualResetEventSlim();
        var busy = Task.Run(async () =>
        {
            await Store.FindAsync(TokenKey.Of(TokenId.New()), CancellationToken.None);
            done.Wait(TestNetwork.Patience);
        });
        for (var i = 0; i < 20; i++)
        {
            await Store.FindAsync(TokenKey.Of(TokenId.New()), CancellationToken.None);
        }

        done.Set();
        await busy;
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_kept_waiting()
    {
        Redis.Freeze();
        try
        {
            using var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.FindAsync(TokenKey.Of(TokenId.New()), gone.Token));
        }
        finally
        {
            Redis.Thaw();
        }
    }

    private async Task AllFailInTimeAsync(TokenKey key)
    {
        Func<Task>[] calls =
        [
            () => Store.FindAsync(key, CancellationToken.None),
            () => RedeemAsync(key, AttemptId.New()),
            () => Store.RevokeAsync(key, CancellationToken.None),
            () => Store.IssueAsync(TokenKey.Of(TokenId.New()), [1], Times(Short, Short), CancellationToken.None),
        ];
        foreach (var call in calls)
        {
            var waited = Stopwatch.StartNew();
            await Assert.ThrowsAsync<TokenStoreException>(call);
            Assert.InRange(waited.Elapsed, TimeSpan.Zero, TokenStoreLimits.Deadline + Slack);
        }
    }

    private async Task ServesAgainAsync(ITokenStore? store = null)
    {
        store ??= Store;
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var key = TokenKey.Of(TokenId.New());
                await store.IssueAsync(key, [1], Times(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), CancellationToken.None);
                Assert.Equal(Redemption.First, await store.RedeemAsync(key, AttemptId.New(), CancellationToken.None));
                return;
            }
            catch (TokenStoreException) when (waited.Elapsed < TestNetwork.Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private async Task<long> DropTimeAsync(TokenKey key)
    {
        var answer = Encoding.ASCII.GetString(await Redis.AskAsync("PEXPIRETIME", "infolink:token:" + key.Text));
        return long.Parse(answer.Trim(':', '\r', '\n'), CultureInfo.InvariantCulture);
    }
}
