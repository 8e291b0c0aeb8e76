using System.Security.Cryptography;
using FsCheck.Fluent;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Tokens;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>What <see cref="ITokenStore"/> promises, held against every store.</summary>
public abstract class TokenStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private ITokenStore? _store;

    internal ITokenStore Store => _store!;

    /// <summary>A time so short that a test may wait it out, and longer than a few calls take.</summary>
    protected abstract TimeSpan Short { get; }

    protected abstract DateTimeOffset Now { get; }

    internal abstract Task<ITokenStore> OpenAsync();

    protected abstract Task PassAsync(TimeSpan time);

    public async ValueTask InitializeAsync() => _store = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_kept_grant_is_found_as_it_was()
    {
        byte[] grant = [0, 1, 2, 0xFF, (byte)'\r', (byte)'\n', 0];
        var key = await IssueAsync(grant);
        Assert.Equal(grant, await Store.FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task A_token_that_was_never_issued_is_unknown_and_stays_so()
    {
        var key = TokenKey.Of(TokenId.New());
        Assert.Null(await Store.FindAsync(key, CancellationToken.None));
        Assert.Equal(Redemption.Unknown, await RedeemAsync(key, AttemptId.New()));
        await Store.RevokeAsync(key, CancellationToken.None);
        Assert.Null(await Store.FindAsync(key, CancellationToken.None));
        Assert.Equal(Redemption.Unknown, await RedeemAsync(key, AttemptId.New()));
    }

    [Fact]
    public async Task The_attempt_that_redeemed_repeats_and_every_other_finds_it_spent()
    {
        var key = await IssueAsync();
        var winner = AttemptId.New();
        Assert.Equal(Redemption.First, await RedeemAsync(key, winner));
        Assert.Equal(Redemption.Repeated, await RedeemAsync(key, winner));
        Assert.Equal(Redemption.Spent, await RedeemAsync(key, AttemptId.New()));
        Assert.Equal(Redemption.Repeated, await RedeemAsync(key, winner));
        Assert.NotNull(await Store.FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task A_revoked_token_is_gone_for_good_redeemed_before_or_not()
    {
        var (unused, redeemed, winner) = (await IssueAsync(), await IssueAsync(), AttemptId.New());
        await RedeemAsync(redeemed, winner);
        foreach (var key in (TokenKey[])[unused, redeemed])
        {
            await Store.RevokeAsync(key, CancellationToken.None);
            Assert.Equal(Redemption.Revoked, await RedeemAsync(key, winner));
            Assert.Equal(Redemption.Revoked, await RedeemAsync(key, AttemptId.New()));
            Assert.Null(await Store.FindAsync(key, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_token_id_is_issued_once()
    {
        var key = await IssueAsync([1]);
        await Assert.ThrowsAsync<TokenStoreException>(() => Store.IssueAsync(key, [2], Times(Long, Long), CancellationToken.None));
        Assert.Equal([1], (await Store.FindAsync(key, CancellationToken.None))!);
    }

    [Fact]
    public async Task An_unused_token_is_dropped_at_its_time_and_a_redeemed_one_later()
    {
        var (unused, redeemed, winner) = (TokenKey.Of(TokenId.New()), TokenKey.Of(TokenId.New()), AttemptId.New());
        await Store.IssueAsync(unused, [1], Times(Short, Long), CancellationToken.None);
        await Store.IssueAsync(redeemed, [2], Times(Short, Long), CancellationToken.None);
        Assert.Equal(Redemption.First, await RedeemAsync(redeemed, winner));
        await PassAsync(Short);
        Assert.Null(await Store.FindAsync(unused, CancellationToken.None));
        Assert.Equal(Redemption.Unknown, await RedeemAsync(unused, winner));
        Assert.Equal(Redemption.Repeated, await RedeemAsync(redeemed, winner));
        Assert.Equal([2], (await Store.FindAsync(redeemed, CancellationToken.None))!);
    }

    [Fact]
    public async Task A_redeemed_token_is_dropped_at_its_later_time()
    {
        var (key, winner) = (TokenKey.Of(TokenId.New()), AttemptId.New());
        await Store.IssueAsync(key, [1], Times(Long, Short), CancellationToken.None);
        Assert.Equal(Redemption.First, await RedeemAsync(key, winner));
        await PassAsync(Short);
        Assert.Equal(Redemption.Unknown, await RedeemAsync(key, winner));
        Assert.Null(await Store.FindAsync(key, CancellationToken.None));
    }

    [Fact]
    public async Task Of_a_hundred_parallel_attempts_exactly_one_is_the_first()
    {
        for (var round = 0; round < 10; round++)
        {
            var key = await IssueAsync();
            AttemptId[] attempts = [.. Enumerable.Range(0, 100).Select(_ => AttemptId.New())];
            using var start = new ManualResetEventSlim();
            var calls = attempts.Select(attempt => Task.Run(() =>
            {
                start.Wait();
                return RedeemAsync(key, attempt);
            })).ToArray();
            start.Set();
            var ends = await Task.WhenAll(calls);
            Assert.Single(ends, Redemption.First);
            Assert.Equal(99, ends.Count(end => end == Redemption.Spent));
            Assert.Equal(Redemption.Repeated, await RedeemAsync(key, attempts[Array.IndexOf(ends, Redemption.First)]));
        }
    }

    [Fact]
    public async Task Of_parallel_calls_of_one_attempt_one_is_the_first_and_all_others_repeat()
    {
        var (key, attempt) = (await IssueAsync(), AttemptId.New());
        var ends = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => RedeemAsync(key, attempt))));
        Assert.Single(ends, Redemption.First);
        Assert.Equal(49, ends.Count(end => end == Redemption.Repeated));
    }

    /// <summary>Any history of issuing, redeeming and revoking three tokens by two attempts, against the same rules written down plainly.</summary>
    [Fact]
    public async Task Any_history_goes_as_the_rules_say()
    {
        foreach (var steps in Gen.Choose(0, 11).ListOf().Sample(100))
        {
            Assert.True(await HistoryAsync([.. steps]), $"Another end than the rules' after {string.Join(' ', steps)}");
        }
    }

    private async Task<bool> HistoryAsync(IReadOnlyList<int> steps)
    {
        TokenKey[] keys = [.. Enumerable.Range(0, 3).Select(_ => TokenKey.Of(TokenId.New()))];
        AttemptId[] attempts = [AttemptId.New(), AttemptId.New()];
        var rules = keys.ToDictionary(key => key, _ => (State: "absent", By: -1));
        foreach (var step in steps)
        {
            var key = keys[step % 3];
            var rule = rules[key];
            switch (step / 3)
            {
                case 0 when string.Equals(rule.State, "absent", StringComparison.Ordinal):
                    await Store.IssueAsync(key, [7], Times(Long, Long), CancellationToken.None);
                    rules[key] = ("issued", -1);
                    break;
                case 1 or 2:
                    var by = (step / 3) - 1;
                    var (expected, next) = rule.State switch
                    {
                        "issued" => (Redemption.First, ("redeemed", by)),
                        "redeemed" => (rule.By == by ? Redemption.Repeated : Redemption.Spent, rule),
                        "revoked" => (Redemption.Revoked, rule),
                        _ => (Redemption.Unknown, rule),
                    };
                    if (await RedeemAsync(key, attempts[by]) != expected)
                    {
                        return false;
                    }

                    rules[key] = next;
                    break;
                case 3:
                    await Store.RevokeAsync(key, CancellationToken.None);
                    rules[key] = string.Equals(rule.State, "absent", StringComparison.Ordinal) ? rule : ("revoked", -1);
                    break;
            }

            var there = rules[key].State is "issued" or "redeemed";
            if (await Store.FindAsync(key, CancellationToken.None) is null == there)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<TokenKey> IssueAsync(byte[]? grant = null)
    {
        var key = TokenKey.Of(TokenId.New());
        await Store.IssueAsync(key, grant ?? RandomNumberGenerator.GetBytes(100), Times(Long, Long), CancellationToken.None);
        return key;
    }

    internal Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt) => Store.RedeemAsync(key, attempt, CancellationToken.None);

    internal TokenTimes Times(TimeSpan unused, TimeSpan redeemed) => new(Now + unused, Now + redeemed);
}
