using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Ledger;

/// <summary>What holds for a ledger wherever its tokens lie.</summary>
public abstract class SpentLedgerContract
{
    private protected LeapingClock Clock { get; } = LeapingClock.Standing();

    /// <summary>Another process's way to the one store of this test.</summary>
    private protected abstract ISpentStore Store();

    /// <summary>One statement, past the ledger; the first value of its result.</summary>
    private protected abstract Task<long> AskAsync(string sql);

    /// <summary>A column's bytes as lower-case hexadecimal, in the store's SQL.</summary>
    private protected abstract string Hex(string column);

    [Fact]
    public async Task A_token_is_spent_once()
    {
        await using var ledger = await AcceptingAsync();
        var claims = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        Assert.Equal(RefusalName.TokenSpent, (await ledger.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task The_same_attempt_does_not_spend_it_again_either()
    {
        await using var ledger = await AcceptingAsync();
        var (claims, attempt) = (Now(), AttemptId.New());
        Assert.Null(await ledger.WhyNotSpendAsync(claims, attempt));
        Assert.Equal(RefusalName.TokenSpent, (await ledger.WhyNotSpendAsync(claims, attempt))?.Name);
    }

    [Fact]
    public async Task Of_a_hundred_that_spend_one_token_at_once_exactly_one_does()
    {
        await using var ledger = await AcceptingAsync();
        var claims = Now();
        var ends = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => ledger.WhyNotSpendAsync(claims, AttemptId.New()))));
        Assert.Single(ends, end => end is null);
        Assert.Equal(99, ends.Count(end => end?.Name == RefusalName.TokenSpent));
    }

    [Fact]
    public async Task Of_a_token_that_is_twice_in_a_batch_the_first_is_spent()
    {
        await using var store = Store();
        var opening = await store.OpenAsync(Clock, default);
        SpentToken[] batch = [SomeToken(9), SomeToken(1), SomeToken(9, attempt: 2), SomeToken(5)];
        Assert.Equal((bool[])[true, true, false, true], await store.SpendAsync(opening, batch, default));
        Assert.Equal((bool[])[false], await store.SpendAsync(opening, [SomeToken(5)], default));
        Assert.Equal(3, await store.CountAsync(default));
        Assert.Equal(1, await AskAsync($"SELECT COUNT(*) FROM spent WHERE {Hex("token")} LIKE '09%' AND {Hex("attempt")} LIKE '01%'"));
    }

    [Fact]
    public async Task Nothing_is_entered_under_an_opening_that_is_not_the_current_one()
    {
        await using var store = Store();
        var opening = await store.OpenAsync(Clock, default);
        Assert.Null(await store.SpendAsync(opening with { Epoch = opening.Epoch + 1 }, [SomeToken(1)], default));
        Assert.Equal(0, await store.CountAsync(default));
        Assert.Equal((bool[])[true], await store.SpendAsync(opening, [SomeToken(1)], default));
    }

    [Fact]
    public async Task The_token_itself_is_not_in_the_ledger()
    {
        await using var ledger = await AcceptingAsync();
        var claims = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        Assert.Equal(0, await AskAsync($"SELECT COUNT(*) FROM spent WHERE {Hex("token")} LIKE '%{Convert.ToHexStringLower(claims.TokenId.Reveal())}%'"));
        Assert.Equal(1, await CountOfAsync(claims));
    }

    [Fact]
    public async Task Every_opening_refuses_older_tokens()
    {
        for (var opening = 0; opening < 3; opening++)
        {
            await using var ledger = await OpenAsync();
            Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(Now(), AttemptId.New()))?.Name);
            Clock.Leap(TokenRules.ClockSkew);
            Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task After_the_wait_it_asks_for_a_new_token_is_accepted_however_the_brokers_clock_differs_within_the_skew(int brokerIsAhead)
    {
        await using var ledger = await OpenAsync();
        var ahead = TimeSpan.FromSeconds(brokerIsAhead);
        for (var asked = 0; ; asked++)
        {
            var refusal = await ledger.WhyNotSpendAsync(SomeClaims.IssuedAt(WholeSecond(Clock.GetUtcNow() + ahead)), AttemptId.New());
            if (refusal is null)
            {
                return;
            }

            Assert.True(asked == 0, "One wait is enough.");
            Assert.Equal(RefusalName.LedgerReopened, refusal.Name);
            Assert.InRange(refusal.RetryAfter, TimeSpan.Zero, (2 * TokenRules.ClockSkew) + TimeSpan.FromSeconds(1));
            Clock.Leap(refusal.RetryAfter);
        }
    }

    [Fact]
    public async Task A_refused_token_stays_unspent()
    {
        await using var ledger = await OpenAsync();
        var claims = Now();
        Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
        Assert.Equal(0, await CountOfAsync(claims));
    }

    [Fact]
    public async Task A_spent_token_is_kept_for_ten_minutes_past_its_end_and_then_pruned()
    {
        await using var ledger = await AcceptingAsync();
        var first = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(first, AttemptId.New()));
        Clock.Leap(TokenRules.MaxLifetime + TokenRules.Afterlife);
        await SpendManyAsync(ledger);
        Assert.Equal(1, await CountOfAsync(first));
        Clock.Leap(TimeSpan.FromSeconds(1));
        await SpendManyAsync(ledger);
        Assert.Equal(0, await CountOfAsync(first));
        Assert.InRange(await AskAsync("SELECT COUNT(*) FROM spent"), 1, 2001);
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_written_spends_nothing_says_so_and_spends_again_when_it_can()
    {
        await using var ledger = await AcceptingAsync();
        await AskAsync("ALTER TABLE spent RENAME TO away");
        var claims = Now();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        await AskAsync("ALTER TABLE away RENAME TO spent");
        Assert.Equal(0, await CountOfAsync(claims));
        Clock.Leap(TimeSpan.FromMinutes(1));
        await ReturnsAsync(ledger);
    }

    [Fact]
    public async Task Tables_of_a_later_version_of_the_program_are_left_alone()
    {
        await (await OpenAsync()).DisposeAsync();
        await AskAsync("UPDATE ledger SET schema_version = 99");
        var fault = await Assert.ThrowsAsync<LedgerUnavailableException>(OpenAsync);
        Assert.Contains("version 99", fault.Message, StringComparison.Ordinal);
    }

    private protected static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private protected TokenClaims Now() => SomeClaims.IssuedAt(WholeSecond(Clock.GetUtcNow()));

    private protected Task<long> CountOfAsync(TokenClaims claims) =>
        AskAsync($"SELECT COUNT(*) FROM spent WHERE {Hex("token")} = '{Convert.ToHexStringLower(claims.TokenId.StoreKey())}'");

    private protected Task<SpentLedger> OpenAsync() => OpenAsync(Store());

    private protected Task<SpentLedger> OpenAsync(ISpentStore store) => SpentLedger.OpenAsync(store, Clock, NullLogger<SpentLedger>.Instance);

    /// <summary>Past its mark.</summary>
    private protected async Task<SpentLedger> AcceptingAsync()
    {
        var ledger = await OpenAsync();
        Clock.Leap(TokenRules.ClockSkew);
        return ledger;
    }

    private protected Task<int> ReturnsAsync(SpentLedger ledger) => Returning.UntilItSpendsAsync(ledger, Clock, Now);

    private static SpentToken SomeToken(byte key, byte attempt = 1) => new(
        [key, .. new byte[31]], [attempt, .. new byte[15]], new DateTimeOffset(2026, 9, 15, 2, 0, 0, TimeSpan.Zero));

    /// <summary>As many as go between two prunings; the last one prunes.</summary>
    private async Task SpendManyAsync(SpentLedger ledger)
    {
        Refusal?[] ends = await Task.WhenAll(Enumerable.Range(0, 999).Select(_ => ledger.WhyNotSpendAsync(Now(), AttemptId.New())));
        Assert.All(ends, Assert.Null);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }
}
