using InfoLink.Agent;
using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>A ledger that several processes share. Each opens a store of its own, as a process would.</summary>
public sealed class PostgresLedgerTests : SpentLedgerContract, IAsyncLifetime
{
    private string _database = "";

    public async ValueTask InitializeAsync() => _database = await SharedPostgres.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override ISpentStore Store() => new PostgresSpentStore(_database);

    private protected override async Task<long> AskAsync(string sql) => await PostgresServer.ExecuteAsync(_database, sql) is long value ? value : 0;

    private protected override string Hex(string column) => $"encode({column}, 'hex')";

    [Fact]
    public async Task A_second_process_joins_without_a_new_opening_and_when_both_are_gone_the_next_makes_one()
    {
        await using (var first = await AcceptingAsync())
        {
            Clock.Leap(TimeSpan.FromMinutes(1));
            await using var second = await OpenAsync();
            Assert.Equal(first.AcceptsFrom, second.AcceptsFrom);
            var claims = Now();
            Assert.Null(await second.WhyNotSpendAsync(claims, AttemptId.New()));
            Assert.Equal(RefusalName.TokenSpent, (await first.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);

            await first.DisposeAsync();
            await using var third = await OpenAsync();
            Assert.Equal(second.AcceptsFrom, third.AcceptsFrom);
        }

        await using var next = await OpenAsync();
        Assert.Equal(Clock.GetUtcNow() + TokenRules.ClockSkew, next.AcceptsFrom);
    }

    [Fact]
    public async Task Of_many_processes_that_start_at_once_one_opens_and_the_others_join()
    {
        var ledgers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(OpenAsync)));
        var epoch = await AskAsync("SELECT epoch FROM opening");
        Clock.Leap(TokenRules.ClockSkew);
        foreach (var ledger in ledgers)
        {
            Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
        }

        Assert.Equal(epoch, await AskAsync("SELECT epoch FROM opening"));
        await Task.WhenAll(ledgers.Select(ledger => ledger.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task The_mark_is_of_the_time_when_the_lease_was_taken_not_of_when_the_wait_for_it_began()
    {
        const string LeaseKey = "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()";
        long lease;
        await using (await OpenAsync())
        {
            lease = await AskAsync(LeaseKey);
        }

        Task<SpentLedger> opening;
        await using (var other = new NpgsqlConnection(_database + ";Pooling=false"))
        {
            await other.OpenAsync();
            await using var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({lease})", other);
            await hold.ExecuteNonQueryAsync();
            opening = OpenAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            Assert.False(opening.IsCompleted);
            Clock.Leap(TimeSpan.FromSeconds(8));
        }

        await using var ledger = await opening;
        Assert.Equal(Clock.GetUtcNow() + TokenRules.ClockSkew, ledger.AcceptsFrom);
    }

    [Fact]
    public async Task Of_several_hosts_the_one_that_answers_is_used()
    {
        var list = new NpgsqlConnectionStringBuilder(_database);
        list.Host = $"127.0.0.1:1,127.0.0.1:{list.Port}";
        await using var ledger = await OpenAsync(new PostgresSpentStore(list + ";Target Session Attributes=primary"));
        Clock.Leap(TokenRules.ClockSkew);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task Of_a_hundred_that_spend_one_token_in_two_processes_exactly_one_does()
    {
        await using var one = await AcceptingAsync();
        await using var other = await OpenAsync();
        var claims = Now();
        var ends = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => (i % 2 == 0 ? one : other).WhyNotSpendAsync(claims, AttemptId.New()))));
        Assert.Single(ends, end => end is null);
        Assert.Equal(99, ends.Count(end => end?.Name == RefusalName.TokenSpent));
    }

    [Fact]
    public async Task Batches_of_the_same_tokens_in_any_order_do_not_block_each_other()
    {
        await using var one = Store();
        await using var other = Store();
        var opening = await one.OpenAsync(Clock, default);
        Assert.Equal(opening, await other.OpenAsync(Clock, default));
        for (var round = 0; round < 10; round++)
        {
            SpentToken[] batch = [.. Enumerable.Range(0, 500).Select(_ => new SpentToken(TokenId.New().StoreKey(), AttemptId.New().ToArray(), Clock.GetUtcNow()))];
            var ends = await Task.WhenAll(
                Task.Run(() => one.SpendAsync(opening, batch, default)), Task.Run(() => other.SpendAsync(opening, [.. batch.Reverse()], default)));
            Assert.All(ends[0]!.Zip(ends[1]!.Reverse()), pair => Assert.True(pair.First ^ pair.Second, "Entered once."));
        }
    }

    [Fact]
    public async Task A_session_that_is_cut_means_a_new_opening_for_one_alone_and_none_beside_another()
    {
        await using var one = await AcceptingAsync();
        var mark = one.AcceptsFrom;
        Assert.Null(await one.WhyNotSpendAsync(Now(), AttemptId.New())); // It has looked after its store by now: a leap in the middle of that would end its session.
        Clock.Leap(TimeSpan.FromMinutes(1));
        await using (var other = await OpenAsync())
        {
            await AskAsync("SELECT pg_terminate_backend(min(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            Assert.Equal(0, await ReturnsAsync(one));
            Assert.Equal(0, await ReturnsAsync(other));
            Assert.Equal((mark, mark), (one.AcceptsFrom, other.AcceptsFrom));
        }

        await AskAsync("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        await ReturnsAsync(one);
        Assert.True(one.AcceptsFrom > mark);
    }

    [Fact]
    public async Task An_idle_ledger_takes_its_lease_again_by_itself()
    {
        await using var ledger = await AcceptingAsync();
        var mark = ledger.AcceptsFrom;
        await AskAsync("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        for (var patience = 0; patience < 300 && ledger.AcceptsFrom == mark; patience++)
        {
            Clock.Leap(TimeSpan.FromSeconds(10));
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        Assert.True(ledger.AcceptsFrom > mark);
    }

    [Fact]
    public async Task A_store_that_is_not_the_openings_is_opened_anew_and_all_others_notice()
    {
        await using var one = await AcceptingAsync();
        Clock.Leap(TimeSpan.FromMinutes(1));
        await AskAsync("UPDATE opening SET store = '1234567890123456789/00000001' || substring(store FROM '/[0-9]+$')"); // Another system's, restored in its place.
        await using var second = await OpenAsync();
        Assert.Equal(Clock.GetUtcNow() + TokenRules.ClockSkew, second.AcceptsFrom);
        var claims = Now();
        Assert.Equal(RefusalName.LedgerReopened, (await one.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
        Assert.Equal(second.AcceptsFrom, one.AcceptsFrom);
        Clock.Leap(TokenRules.ClockSkew);
        Assert.Null(await one.WhyNotSpendAsync(Now(), AttemptId.New()));
        Assert.Null(await second.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task A_dump_restored_under_living_sessions_does_not_bring_a_spent_token_back()
    {
        await using var ledger = await AcceptingAsync();
        var dump = await DumpAsync("--clean");
        Clock.Leap(TimeSpan.FromMinutes(1));
        var claims = Now();
        Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        await RestoreAsync(dump, _database);
        Assert.Equal(0, await CountOfAsync(claims));
        Assert.Equal(RefusalName.LedgerReopened, (await ledger.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task A_dump_restored_elsewhere_does_not_bring_a_spent_token_back()
    {
        TokenClaims claims;
        string dump;
        await using (var ledger = await AcceptingAsync())
        {
            dump = await DumpAsync();
            Clock.Leap(TimeSpan.FromMinutes(1));
            claims = Now();
            Assert.Null(await ledger.WhyNotSpendAsync(claims, AttemptId.New()));
        }

        _database = await SharedPostgres.CreateDatabaseAsync();
        await RestoreAsync(dump, _database);
        await using var restored = await OpenAsync();
        Assert.Equal(0, await CountOfAsync(claims));
        Assert.Equal(RefusalName.LedgerReopened, (await restored.WhyNotSpendAsync(claims, AttemptId.New()))?.Name);
    }

    [Fact]
    public async Task Two_schemas_of_one_database_are_two_ledgers()
    {
        await AskAsync("CREATE SCHEMA yokohama; CREATE SCHEMA setagaya");
        await using var one = await OpenAsync(new PostgresSpentStore(_database + ";Search Path=yokohama,public"));
        Clock.Leap(TimeSpan.FromMinutes(1));
        await using var other = await OpenAsync(new PostgresSpentStore(_database + ";Search Path=setagaya,public"));
        Assert.True(other.AcceptsFrom > one.AcceptsFrom);
        Clock.Leap(TokenRules.ClockSkew);
        var claims = Now();
        Assert.Null(await one.WhyNotSpendAsync(claims, AttemptId.New()));
        Assert.Null(await other.WhyNotSpendAsync(claims, AttemptId.New()));
        Assert.Equal(0, await AskAsync("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Fact]
    public async Task A_role_that_may_only_read_and_write_the_tables_is_enough()
    {
        await (await OpenAsync()).DisposeAsync();
        var role = "agent_" + new NpgsqlConnectionStringBuilder(_database).Database;
        await AskAsync($"CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON opening, spent, ledger TO {role}");
        await using var ledger = await OpenAsync(new PostgresSpentStore(_database + $";Username={role}"));
        Clock.Leap(TokenRules.ClockSkew);
        Assert.Null(await ledger.WhyNotSpendAsync(Now(), AttemptId.New()));
    }

    [Fact]
    public async Task What_is_wrong_at_the_start_is_named_without_the_password()
    {
        const string Secret = "correct-horse";
        var server = await SharedPostgres.ServerAsync();
        foreach (var (connection, cause) in ((string, string)[])
            [
                ($"Host=127.0.0.1;Port=1;Database=ledger;Username=agent;Password={Secret}", "Connection refused"),
                (server.ConnectionString("nowhere") + $";Password={Secret}", "\"nowhere\" does not exist"),
                (_database + $";Password={Secret};Search Path=nowhere", "search_path"),
                (_database + $";Password={Secret};Options=-c default_transaction_read_only=on", "read-only"),
            ])
        {
            var fault = await Assert.ThrowsAsync<LedgerUnavailableException>(() => OpenAsync(new PostgresSpentStore(connection)));
            Assert.Contains(cause, fault.Message, StringComparison.Ordinal);
            Assert.Contains("127.0.0.1", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Host=db;Password=correct;horse=1")]
    [InlineData("Host=db;Port=horse")]
    [InlineData("Host=db;Port=99999999999999")]
    [InlineData("horse")]
    [InlineData("Database=horse")]
    public void What_is_not_a_connection_string_is_an_error_that_does_not_show_it(string text)
    {
        var errors = new AgentOptions { Postgres = text }.Errors();
        Assert.DoesNotContain("horse", Assert.Single(errors, error => error.StartsWith("postgres:", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(new AgentOptions { Postgres = _database }.Errors(), error => error.StartsWith("postgres:", StringComparison.Ordinal));
    }

    private async Task<string> DumpAsync(params string[] how) =>
        await (await SharedPostgres.ServerAsync()).RunAsync("pg_dump", [.. how, "--inserts", "--dbname", DatabaseOf(_database)]);

    private static async Task RestoreAsync(string dump, string database)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, dump);
            await (await SharedPostgres.ServerAsync()).RunAsync("psql", "--quiet", "-v", "ON_ERROR_STOP=1", "--file", file, "--dbname", DatabaseOf(database));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string DatabaseOf(string connection) => new NpgsqlConnectionStringBuilder(connection).Database!;
}
