using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Rpc;
using Xunit;

namespace InfoLink.Tests.Tokens;

public sealed class MemoryTokenStoreTests : TokenStoreContract
{
    private readonly ManualTime _time = new();

    protected override TimeSpan Short => TimeSpan.FromSeconds(70);

    protected override DateTimeOffset Now => _time.GetUtcNow();

    internal override Task<ITokenStore> OpenAsync() => Task.FromResult<ITokenStore>(new MemoryTokenStore(_time));

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_token_lives_to_the_last_moment_of_its_time_and_not_into_it()
    {
        var key = TokenKey.Of(TokenId.New());
        await Store.IssueAsync(key, [1], Times(Short, Short), CancellationToken.None);
        _time.Advance(Short - TimeSpan.FromTicks(1));
        Assert.NotNull(await Store.FindAsync(key, CancellationToken.None));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await Store.FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task A_full_store_refuses_one_more_keeps_what_it_has_and_takes_again_when_some_expire()
    {
        await using var store = new MemoryTokenStore(_time, capacity: 3);
        TokenKey[] keys = [.. Enumerable.Range(0, 4).Select(_ => TokenKey.Of(TokenId.New()))];
        var winner = AttemptId.New();
        foreach (var key in keys[..3])
        {
            await store.IssueAsync(key, [1], Times(Short, 2 * Short), CancellationToken.None);
        }

        await Assert.ThrowsAsync<TokenStoreException>(() => store.IssueAsync(keys[3], [1], Times(Short, Short), CancellationToken.None));
        Assert.Null(await store.FindAsync(keys[3], CancellationToken.None));
        Assert.Equal(Redemption.First, await store.RedeemAsync(keys[0], winner, CancellationToken.None));

        _time.Advance(Short); // Two are past their time; the redeemed one is not.
        await store.IssueAsync(keys[3], [1], Times(Short, Short), CancellationToken.None);
        await store.IssueAsync(TokenKey.Of(TokenId.New()), [1], Times(Short, Short), CancellationToken.None);
        await Assert.ThrowsAsync<TokenStoreException>(() => store.IssueAsync(TokenKey.Of(TokenId.New()), [1], Times(Short, Short), CancellationToken.None));
        Assert.Equal(Redemption.Repeated, await store.RedeemAsync(keys[0], winner, CancellationToken.None));
    }

    [Fact]
    public async Task What_has_expired_leaves_the_memory_without_being_asked_for()
    {
        await using var store = new MemoryTokenStore(_time, capacity: 100);
        for (var i = 0; i < 1000; i++)
        {
            await store.IssueAsync(TokenKey.Of(TokenId.New()), [1], Times(Short, Short), CancellationToken.None);
            _time.Advance(TimeSpan.FromSeconds(1)); // 70 live at a time; a leak would meet the capacity.
        }
    }
}
