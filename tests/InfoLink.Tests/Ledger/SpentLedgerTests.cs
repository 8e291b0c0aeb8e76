using System.Diagnostics;
using Dapper;
using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Ledger;

public sealed class SpentLedgerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LeapingClock _clock = LeapingClock.Standing();

    private string Path => _folder.Path("ledger.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_token_is_spent_once()
    {
        using var ledger = BrandNew();
        var claims = Now();
        Assert.Null(ledger.WhyNotSpend(claims, AttemptId.New()));
        Assert.Equal(RefusalName.TokenSpent, ledger.WhyNotSpend(claims, AttemptId.New())?.Name);
    }

    [Fact]
    public void The_same_attempt_does_not_spend_it_again_either()
    {
        using var ledger = BrandNew();
        var (claims, attempt) = (Now(), AttemptId.New());
        Assert.Null(ledger.WhyNotSpend(claims, attempt));
        Assert.Equal(RefusalName.TokenSpent, ledger.WhyNotSpend(claims, attempt)?.Name);
    }

    [Fact]
    public void Of_a_hundred_that_spend_one_token_at_once_exactly_one_does()
    {
        using var ledger = BrandNew();
        var claims = Now();
        var spent = 0;
        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ =>
        {
            if (ledger.WhyNotSpend(claims, AttemptId.New()) is null)
            {
                Interlocked.Increment(ref spent);
            }
        });
        Assert.Equal(1, spent);
    }

    [Fact]
    public void What_is_spent_is_on_disk_before_the_ledger_says_so()
    {
        using var ledger = BrandNew();
        var claims = Now();
        Assert.Null(ledger.WhyNotSpend(claims, AttemptId.New()));

        // A copy taken now, without asking the process, is what a kill at this moment leaves behind.
        foreach (var file in (string[])["ledger.db", "ledger.db-wal"])
        {
            File.Copy(_folder.Path(file), _folder.Path("killed-" + file));
        }

        Assert.Equal(1, CountOf(_folder.Path("killed-ledger.db"), claims));
    }

    [Fact]
    public void The_token_itself_is_not_in_the_ledger()
    {
        using (var ledger = BrandNew())
        {
            var claims = Now();
            ledger.WhyNotSpend(claims, AttemptId.New());
            Assert.Equal(0, ExecuteScalar(Path, "SELECT COUNT(*) FROM spent WHERE token = @id", new { id = claims.TokenId.Reveal() }));
            Assert.Equal(1, CountOf(Path, claims));
        }
    }

    [Fact]
    public void A_ledger_made_with_its_identity_accepts_tokens_at_once_for_an_hour()
    {
        SpentLedger.CreateWithIdentity(Path, _clock);
        _clock.Leap(TimeSpan.FromMinutes(59));
        using var ledger = SpentLedger.Open(Path, _clock);
        Assert.Null(ledger.WhyNotSpend(Now(), AttemptId.New()));
    }

    [Fact]
    public void A_ledger_first_opened_after_an_hour_is_as_any_other()
    {
        SpentLedger.CreateWithIdentity(Path, _clock);
        _clock.Leap(TimeSpan.FromHours(1));
        using var ledger = SpentLedger.Open(Path, _clock);
        Assert.Equal(RefusalName.LedgerReopened, ledger.WhyNotSpend(Now(), AttemptId.New())?.Name);
    }

    [Fact]
    public void A_ledger_that_was_not_made_with_its_identity_refuses_what_may_be_older_than_itself()
    {
        using var ledger = SpentLedger.Open(Path, _clock);
        Assert.Equal(RefusalName.LedgerReopened, ledger.WhyNotSpend(Now(), AttemptId.New())?.Name);
    }

    [Fact]
    public void Every_opening_but_the_first_refuses_older_tokens()
    {
        BrandNew().Dispose();
        for (var opening = 0; opening < 3; opening++)
        {
            using var ledger = SpentLedger.Open(Path, _clock);
            Assert.Equal(RefusalName.LedgerReopened, ledger.WhyNotSpend(Now(), AttemptId.New())?.Name);
            _clock.Leap(TokenRules.ClockSkew);
            Assert.Null(ledger.WhyNotSpend(Now(), AttemptId.New()));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(-10)]
    public void After_the_wait_it_asks_for_a_new_token_is_accepted_however_the_brokers_clock_differs_within_the_skew(int brokerIsAhead)
    {
        BrandNew().Dispose();
        using var ledger = SpentLedger.Open(Path, _clock);
        var ahead = TimeSpan.FromSeconds(brokerIsAhead);
        for (var asked = 0; ; asked++)
        {
            var refusal = ledger.WhyNotSpend(SomeClaims.IssuedAt(WholeSecond(_clock.GetUtcNow() + ahead)), AttemptId.New());
            if (refusal is null)
            {
                return;
            }

            Assert.True(asked == 0, "One wait is enough.");
            Assert.Equal(RefusalName.LedgerReopened, refusal.Name);
            Assert.InRange(refusal.RetryAfter, TimeSpan.Zero, (2 * TokenRules.ClockSkew) + TimeSpan.FromSeconds(1));
            _clock.Leap(refusal.RetryAfter);
        }
    }

    [Fact]
    public void A_refused_token_stays_unspent()
    {
        BrandNew().Dispose();
        using var ledger = SpentLedger.Open(Path, _clock);
        var claims = Now();
        Assert.Equal(RefusalName.LedgerReopened, ledger.WhyNotSpend(claims, AttemptId.New())?.Name);
        Assert.Equal(0, CountOf(Path, claims));
    }

    [Fact]
    public void A_ledger_restored_from_a_backup_does_not_bring_a_spent_token_back()
    {
        BrandNew().Dispose();
        _clock.Leap(TimeSpan.FromHours(2));
        SqliteConnection.ClearAllPools();
        File.Copy(Path, _folder.Path("backup.db"));
        TokenClaims claims;
        using (var ledger = SpentLedger.Open(Path, _clock))
        {
            _clock.Leap(TimeSpan.FromMinutes(1));
            claims = Now();
            Assert.Null(ledger.WhyNotSpend(claims, AttemptId.New()));
        }

        Restore();
        _clock.Leap(TimeSpan.FromSeconds(5));
        using var restored = SpentLedger.Open(Path, _clock);
        Assert.Equal(0, CountOf(Path, claims));
        Assert.Equal(RefusalName.LedgerReopened, restored.WhyNotSpend(claims, AttemptId.New())?.Name);
    }

    [Fact]
    public void A_backup_of_a_brand_new_ledger_is_not_brand_new_when_it_is_restored()
    {
        SpentLedger.CreateWithIdentity(Path, _clock);
        SqliteConnection.ClearAllPools();
        File.Copy(Path, _folder.Path("backup.db"));
        TokenClaims claims;
        using (var ledger = SpentLedger.Open(Path, _clock))
        {
            claims = Now();
            Assert.Null(ledger.WhyNotSpend(claims, AttemptId.New()));
        }

        Restore();
        using var restored = SpentLedger.Open(Path, _clock);
        Assert.Equal(RefusalName.LedgerReopened, restored.WhyNotSpend(claims, AttemptId.New())?.Name);
    }

    [Fact]
    public void A_ledger_is_never_made_over_another()
    {
        BrandNew().Dispose();
        Assert.Throws<IOException>(() => SpentLedger.CreateWithIdentity(Path, _clock));
    }

    [Fact]
    public void Two_openings_of_one_ledger_at_a_time_are_refused()
    {
        using var ledger = BrandNew();
        Assert.Throws<IOException>(() => SpentLedger.Open(Path, _clock));
        Assert.Null(ledger.WhyNotSpend(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task Another_process_that_holds_the_ledger_keeps_this_one_out()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Uses flock(1).");
        BrandNew().Dispose();
        using var other = Process.Start(new ProcessStartInfo("flock", [Path + ".lease", "cat"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        try
        {
            // The other process says nothing when it has the lock: ask until it shows.
            for (var patience = 0; patience < 500 && TryOpen(); patience++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }

            Assert.Throws<IOException>(() => SpentLedger.Open(Path, _clock));
        }
        finally
        {
            other.StandardInput.Close();
            await other.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }

        Assert.True(TryOpen());

        bool TryOpen()
        {
            try
            {
                SpentLedger.Open(Path, _clock).Dispose();
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public void A_spent_token_is_kept_for_ten_minutes_past_its_end_and_then_pruned()
    {
        using var ledger = BrandNew();
        var first = Now();
        ledger.WhyNotSpend(first, AttemptId.New());
        _clock.Leap(TokenRules.MaxLifetime + TokenRules.Afterlife);
        SpendMany(ledger);
        Assert.Equal(1, CountOf(Path, first));
        _clock.Leap(TimeSpan.FromSeconds(1));
        SpendMany(ledger);
        Assert.Equal(0, CountOf(Path, first));
        Assert.InRange(ExecuteScalar(Path, "SELECT COUNT(*) FROM spent", new { }), 1, 2001);
    }

    [Fact]
    public void A_ledger_that_cannot_be_written_spends_nothing_and_says_so()
    {
        using var ledger = BrandNew();
        ExecuteScalar(Path, "DROP TABLE spent", new { });
        Assert.Throws<LedgerUnavailableException>(() => ledger.WhyNotSpend(Now(), AttemptId.New()));
    }

    private static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static long CountOf(string path, TokenClaims claims) =>
        ExecuteScalar(path, "SELECT COUNT(*) FROM spent WHERE token = @key", new { key = claims.TokenId.StoreKey() });

    private static long ExecuteScalar(string path, string sql, object parameters)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        return connection.ExecuteScalar<long>(sql, parameters);
    }

    private SpentLedger BrandNew()
    {
        SpentLedger.CreateWithIdentity(Path, _clock);
        return SpentLedger.Open(Path, _clock);
    }

    private TokenClaims Now() => SomeClaims.IssuedAt(WholeSecond(_clock.GetUtcNow()));

    private void Restore()
    {
        SqliteConnection.ClearAllPools();
        File.Delete(Path + "-wal");
        File.Delete(Path + "-shm");
        File.Copy(_folder.Path("backup.db"), Path, overwrite: true);
    }

    /// <summary>As many as go between two prunings.</summary>
    private void SpendMany(SpentLedger ledger)
    {
        for (var i = 0; i < 1000; i++)
        {
            ledger.WhyNotSpend(Now(), AttemptId.New());
        }
    }
}
