using System.Collections.Concurrent;
using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>The server under a ledger dies, is another, or has lost its standby.</summary>
public sealed class PostgresFaultTests
{
    /// <summary>The server then calls the transaction committed, and warns.</summary>
    private const string GiveUpWaiting = "SELECT COUNT(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

    private readonly LeapingClock _clock = LeapingClock.Standing();

    [Fact]
    public async Task A_server_killed_in_the_middle_forgets_no_spent_token_and_comes_back_with_a_later_mark()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await using var one = await AcceptingAsync(database);
        await using var other = await AcceptingAsync(database);
        var mark = one.AcceptsFrom;

        // Both spend without a pause while the server dies.
        var spent = new ConcurrentBag<TokenClaims>();
        var spending = new[] { one, other }.SelectMany(ledger => Enumerable.Range(0, 4).Select(_ => Task.Run(() => SpendUntilItFailsAsync(ledger, spent)))).ToList();
        while (spent.Count < 50)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        await server.KillAsync();
        await Task.WhenAll(spending).WaitAsync(TestNetwork.Patience);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => one.WhyNotSpendAsync(Now(), AttemptId.New()));
        await server.StartAgainAsync();

        _clock.Leap(TimeSpan.FromSeconds(1));
        Assert.True(await ReturnsAsync(one) > 0);
        await ReturnsAsync(other);
        Assert.True(one.AcceptsFrom > mark);
        Assert.Equal(one.AcceptsFrom, other.AcceptsFrom);
        Assert.All(spent, claims => Assert.True(claims.IssuedAt < one.AcceptsFrom));
        var later = Now().IssuedAt; // The mark would refuse them all; dated past it, the ledger itself must know them.
        foreach (var claims in spent)
        {
            Assert.Equal(RefusalName.TokenSpent, (await other.WhyNotSpendAsync(claims with { IssuedAt = later }, AttemptId.New()))?.Name);
        }
    }

    [Fact]
    public async Task Another_server_at_the_same_address_is_a_new_opening()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await using var ledger = await AcceptingAsync(database);
        var identity = await PostgresServer.ExecuteAsync(database, "SELECT store FROM opening");
        _clock.Leap(TimeSpan.FromMinutes(1));
        var claims = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));

        await server.StopAsync();
        await using var another = await PostgresServer.StartInPlaceOfAsync(server);
        await another.CreateDatabaseAsync(); // It gets the same name, and is empty.
        for (var patience = 0; ; patience++)
        {
            try
            {
                Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
                break;
            }
            catch (LedgerUnavailableException) when (patience < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        Assert.NotEqual(identity, await PostgresServer.ExecuteAsync(database, "SELECT store FROM opening"));
    }

    [Fact]
    public async Task What_a_synchronous_standby_may_not_have_is_not_called_spent()
    {
        await using var server = await PostgresServer.StartAsync();
        var database = await server.CreateDatabaseAsync();
        await using var ledger = await AcceptingAsync(database);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));

        await StandbyAsync("nobody");
        var (claims, spending) = Start();
        while (await PostgresServer.ExecuteAsync(server.ConnectionString("postgres"), GiveUpWaiting) is 0L)
        {
            if (spending.IsCompletedSuccessfully)
            {
                (claims, spending) = Start(); // The server had not yet heard of its standby.
            }
        }

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => spending);
        Assert.Equal(1L, await PostgresServer.ExecuteAsync(
            database, $"SELECT COUNT(*) FROM spent WHERE token = '\\x{Convert.ToHexString(claims.TokenId.StoreKey())}'"));
        await StandbyAsync("");
        await ReturnsAsync(ledger);

        (TokenClaims, Task) Start()
        {
            var fresh = Now();
            return (fresh, ledger.WhyNotSpendAsync(fresh, AttemptId.New()));
        }

        async Task StandbyAsync(string names)
        {
            var administrator = server.ConnectionString("postgres");
            await PostgresServer.ExecuteAsync(administrator, $"ALTER SYSTEM SET synchronous_standby_names = '{names}'");
            await PostgresServer.ExecuteAsync(administrator, "SELECT pg_reload_conf()");
            while (!names.Equals(await PostgresServer.ExecuteAsync(administrator, "SHOW synchronous_standby_names") as string, StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }
    }

    private async Task SpendUntilItFailsAsync(SpentLedger ledger, ConcurrentBag<TokenClaims> spent)
    {
        try
        {
            while (true)
            {
                var claims = Now();
                Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
                spent.Add(claims);
            }
        }
        catch (LedgerUnavailableException)
        {
            // What it was about may be in the ledger or not; nobody was told that it is.
        }
    }

    private TokenClaims Now() => SomeClaims.IssuedAt(DateTimeOffset.FromUnixTimeSeconds(_clock.GetUtcNow().ToUnixTimeSeconds()));

    private async Task<SpentLedger> AcceptingAsync(string database)
    {
        var ledger = await SpentLedger.OpenAsync(new PostgresSpentStore(database), _clock, NullLogger<SpentLedger>.Instance);
        _clock.Leap(TokenRules.ClockSkew);
        return ledger;
    }

    private async Task<int> ReturnsAsync(SpentLedger ledger) => await Returning.UntilItSpendsAsync(ledger, _clock, Now);
}
