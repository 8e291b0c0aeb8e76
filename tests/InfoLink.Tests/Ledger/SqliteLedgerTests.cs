using System.Diagnostics;
using Dapper;
using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>A ledger in one file of one process.</summary>
public sealed class SqliteLedgerTests : SpentLedgerContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.Path("ledger.db");

    public void Dispose() => _folder.Dispose();

    private protected override ISpentStore Store() => new SqliteSpentStore(Path);

    private protected override Task<long> AskAsync(string sql) => Task.FromResult(Ask(Path, sql));

    private protected override string Hex(string column) => $"lower(hex({column}))";

    [Fact]
    public async Task What_is_spent_is_on_disk_before_the_ledger_says_so()
    {
        await using var ledger = await BrandNewAsync();
        var claims = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));

        // A copy taken now, without asking the process, is what a kill at this moment leaves behind.
        foreach (var file in (string[])["ledger.db", "ledger.db-wal"])
        {
            FilesInUse.Copy(_folder.Path(file), _folder.Path("killed-" + file));
        }

        Assert.Equal(1, Ask(_folder.Path("killed-ledger.db"), "SELECT COUNT(*) FROM spent"));
    }

    [Fact]
    public async Task A_ledger_made_with_its_identity_accepts_tokens_at_once_for_an_hour()
    {
        SqliteSpentStore.CreateWithIdentity(Path, Clock);
        Clock.Leap(TimeSpan.FromMinutes(59));
        await using var ledger = await OpenAsync();
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task Only_its_first_opening_does()
    {
        await (await BrandNewAsync()).DisposeAsync();
        await using var ledger = await OpenAsync();
        Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(Now(), AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task A_ledger_first_opened_after_an_hour_is_as_any_other()
    {
        SqliteSpentStore.CreateWithIdentity(Path, Clock);
        Clock.Leap(TimeSpan.FromHours(1));
        await using var ledger = await OpenAsync();
        Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(Now(), AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task A_ledger_restored_from_a_backup_does_not_bring_a_spent_token_back()
    {
        await (await BrandNewAsync()).DisposeAsync();
        Clock.Leap(TimeSpan.FromHours(2));
        SqliteConnection.ClearAllPools();
        File.Copy(Path, _folder.Path("backup.db"));
        TokenClaims claims;
        await using (var ledger = await OpenAsync())
        {
            Clock.Leap(TimeSpan.FromMinutes(1));
            claims = Now();
            Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        }

        Restore();
        Clock.Leap(TimeSpan.FromSeconds(5));
        await using var restored = await OpenAsync();
        Assert.Equal(0, await CountOfAsync(claims));
        Assert.Equal(RefusalName.LedgerReopened, (await restored.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task A_backup_of_a_brand_new_ledger_is_not_brand_new_when_it_is_restored()
    {
        SqliteSpentStore.CreateWithIdentity(Path, Clock);
        SqliteConnection.ClearAllPools();
        File.Copy(Path, _folder.Path("backup.db"));
        TokenClaims claims;
        await using (var ledger = await OpenAsync())
        {
            claims = Now();
            Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        }

        Restore();
        await using var restored = await OpenAsync();
        Assert.Equal(RefusalName.LedgerReopened, (await restored.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task A_ledger_is_never_made_over_another()
    {
        await (await BrandNewAsync()).DisposeAsync();
        Assert.Throws<IOException>(() => SqliteSpentStore.CreateWithIdentity(Path, Clock));
    }

    [Fact]
    public async Task Two_openings_of_one_ledger_at_a_time_are_refused()
    {
        await using var ledger = await BrandNewAsync();
        await Assert.ThrowsAsync<IOException>(OpenAsync);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task Another_process_that_holds_the_ledger_keeps_this_one_out()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Uses flock(1).");
        await (await BrandNewAsync()).DisposeAsync();
        using var other = Process.Start(new ProcessStartInfo("flock", [Path + ".lease", "cat"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        try
        {
            // The other process says nothing when it has the lock: ask until it shows.
            for (var patience = 0; patience < 500 && await TryOpenAsync(); patience++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }

            await Assert.ThrowsAsync<IOException>(OpenAsync);
        }
        finally
        {
            other.StandardInput.Close();
            await other.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }

        Assert.True(await TryOpenAsync());

        async Task<bool> TryOpenAsync()
        {
            try
            {
                await (await OpenAsync()).DisposeAsync();
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task A_file_from_before_versions_is_brought_up_with_what_is_spent_in_it()
    {
        var claims = Now();
        Ask(Path, $"""
            CREATE TABLE opening(id INTEGER PRIMARY KEY CHECK (id = 1), unused_since_ms INTEGER);
            CREATE TABLE spent(token BLOB PRIMARY KEY, attempt BLOB NOT NULL, keep_ms INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX spent_keep ON spent(keep_ms);
            INSERT INTO opening VALUES (1, NULL);
            INSERT INTO spent VALUES (x'{Convert.ToHexString(claims.TokenId.StoreKey())}', x'00', {Clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds()});
            SELECT 0
            """);
        await using var ledger = await OpenAsync();
        Clock.Leap(TokenRules.ClockSkew);
        Assert.Equal(RefusalName.TokenSpent, (await ledger.WhyNotSpendAsync(claims with { IssuedAt = Now().IssuedAt }, AttemptId.New()))?.Name);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    private static long Ask(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        return connection.ExecuteScalar<long?>(sql) ?? 0;
    }

    private async Task<SpentLedger> BrandNewAsync()
    {
        SqliteSpentStore.CreateWithIdentity(Path, Clock);
        return await OpenAsync();
    }

    private void Restore()
    {
        SqliteConnection.ClearAllPools();
        File.Delete(Path + "-wal");
        File.Delete(Path + "-shm");
        File.Copy(_folder.Path("backup.db"), Path, overwrite: true);
    }
}
