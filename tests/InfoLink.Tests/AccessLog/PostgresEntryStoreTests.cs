using System.Reflection;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Postgres;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>What is PostgreSQL's own: several logs in one database, a writer's session and its lock, and a server that goes away.</summary>
public sealed class PostgresEntryStoreTests : IAsyncLifetime
{
    private const string CutWriters =
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    private LogOnDisk? _started;

    private LogOnDisk On => _started!;

    public async ValueTask InitializeAsync() => _started = await LogOnDisk.StartAsync(StoreKind.Postgres);

    public ValueTask DisposeAsync() => _started?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_second_writer_is_refused_at_its_start_and_the_first_goes_on()
    {
        await On.AppendAsync(LogOnDisk.Entry());
        var refused = await Assert.ThrowsAsync<LogFencedException>(OpenSecondAsync);
        Assert.Contains(LogOnDisk.Origin, refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.True(On.Log.Healthy);
    }

    [Fact]
    public async Task A_writer_whose_session_was_cut_and_whose_log_another_took_over_writes_nothing_more()
    {
        On.Journal.Expect("ALARM", "could not write a batch");
        await On.AppendAsync(LogOnDisk.Entry());
        await On.ExecuteAsync(CutWriters);
        await using (var second = await OpenSecondAsync())
        {
            await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
            Assert.False(On.Log.Healthy);
            Assert.Contains(On.Journal.Lines, line => line.Level == LogLevel.Critical && line.Text.Contains(LogOnDisk.Origin, StringComparison.Ordinal));
            Assert.Equal(1, (await second.AppendAsync(LogOnDisk.Entry(AccessEvent.Settled))).Serial);
        }

        // The other has ended, and still: who lost a log once has to be started again.
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
        Assert.False(On.Log.Healthy);
        Assert.Equal([AccessEvent.Approved, AccessEvent.Settled], (await On.AllAsync()).Select(entry => entry.Open.Event));
    }

    [Fact]
    public async Task A_writer_that_was_taken_over_notices_it_without_an_append()
    {
        On.Journal.Expect("ALARM", "could not write a batch", "a test's fault");
        On.Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()));
        On.Store.Fault = Fault.None;
        await On.ExecuteAsync(CutWriters);
        await (await OpenSecondAsync()).DisposeAsync(); // It came and went, and the lock is free.
        await LogOnDisk.UntilAsync(() =>
        {
            On.Time.Advance(TimeSpan.FromSeconds(2));
            return On.Journal.Lines.Any(line => line.Level == LogLevel.Critical);
        });
        Assert.False(On.Log.Healthy);
    }

    [Fact]
    public async Task A_writer_whose_session_was_cut_goes_on_by_itself_where_nobody_took_over()
    {
        On.Journal.Expect("could not write a batch");
        await On.AppendAsync(LogOnDisk.Entry());
        await On.ExecuteAsync(CutWriters);
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);
        Assert.True(On.Log.Healthy);
    }

    [Fact]
    public async Task A_lock_that_a_lost_session_still_holds_is_waited_for_and_is_no_fence()
    {
        On.Journal.Expect("could not write a batch");
        await On.AppendAsync(LogOnDisk.Entry());
        await using (var ghost = new NpgsqlConnection(On.Database + ";Pooling=false"))
        {
            await ghost.OpenAsync();
            await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({LockClass()}, 1)", ghost);
            var taking = take.ExecuteNonQueryAsync();
            await On.ExecuteAsync(CutHolders);
            await taking.WaitAsync(LogOnDisk.Soon);
            await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon));
            Assert.DoesNotContain(On.Journal.Lines, line => line.Level == LogLevel.Critical);
        }

        await LogOnDisk.UntilAsync(() =>
        {
            On.Time.Advance(TimeSpan.FromSeconds(2));
            return On.Log.Healthy;
        });
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task A_server_that_restarts_under_load_keeps_what_was_acknowledged_and_the_service_returns_by_itself()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var on = await LogOnDisk.StartAsync(StoreKind.Postgres, await server.CreateDatabaseAsync());
        on.Journal.Expect("could not write a batch", "callers were told that they do not");
        var (stop, acknowledged) = (false, 0);
        var working = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                try
                {
                    await on.AppendAsync(LogOnDisk.Entry()); // Its receipt is checked at the end.
                    Interlocked.Increment(ref acknowledged);
                }
                catch (LogUnavailableException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
                }
            }
        })).ToArray();
        foreach (var immediate in (bool[])[true, false])
        {
            var before = Volatile.Read(ref acknowledged);
            await LogOnDisk.UntilAsync(() => Volatile.Read(ref acknowledged) > before + 100);
            await server.StopAsync(immediate);
            await server.StartAgainAsync();
        }

        var after = Volatile.Read(ref acknowledged);
        await LogOnDisk.UntilAsync(() => Volatile.Read(ref acknowledged) > after + 100);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(working).WaitAsync(LogOnDisk.Soon);
        Assert.True(on.Log.Healthy);
    }

    [Fact]
    public async Task Many_that_start_at_once_on_an_empty_database_get_a_log_each()
    {
        var database = await SharedPostgres.CreateDatabaseAsync();
        string[] origins = [.. Enumerable.Range(0, 8).Select(i => $"many-{i}")];
        var stores = await Task.WhenAll(origins.Select(origin => PostgresEntryStore.OpenAsync(database, origin, CancellationToken.None)));
        foreach (var store in stores)
        {
            await store.TakeAsync(CancellationToken.None); // Each holds a lock of its own.
        }

        var found = await PostgresEntryStore.OriginsAsync(database, CancellationToken.None);
        Assert.Equal<IEnumerable<string>>(origins, [.. found.Order(StringComparer.Ordinal)]);
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Logs_side_by_side_do_not_mix_and_an_exchange_is_found_in_all_of_them()
    {
        var exchange = Contracts.Identifiers.ExchangeId.New();
        await using var other = await OpenSecondAsync("test-2");
        await On.AppendAsync(LogOnDisk.Entry(AccessEvent.Approved, exchange, 1));
        await other.AppendAsync(LogOnDisk.Entry(AccessEvent.Redeemed, exchange, 2));
        await On.AppendAsync(LogOnDisk.Entry(AccessEvent.Settled, exchange, 3));
        await other.AppendAsync(LogOnDisk.Entry(AccessEvent.Redeemed, timeMs: 2));

        Assert.Equal(
            [(LogOnDisk.Origin, 0, AccessEvent.Approved), ("test-2", 0, AccessEvent.Redeemed), (LogOnDisk.Origin, 1, AccessEvent.Settled)],
            (await other.Store.FindAsync(exchange, CancellationToken.None)).Select(entry => (entry.Origin, (int)entry.Serial, entry.Open.Event)));
        Assert.Single(await OpenOfAsync(other)); // Settled is in the first log, and counts for the second.
        Assert.Empty(await OpenOfAsync(On.Log));
        var tree = (await On.Log.TreeOfAsync("test-2", CancellationToken.None))!;
        Assert.Single((await tree.ConsistencyAsync(1, 2, CancellationToken.None))!.Hashes);
        Assert.Null(await tree.ConsistencyAsync(1, 3, CancellationToken.None));
        Assert.Null(await On.Log.TreeOfAsync("test-3", CancellationToken.None));

        Task<IReadOnlyList<Contracts.Identifiers.ExchangeId>> OpenOfAsync(Transparency.AccessLog log) => log.Store.FindOpenAsync(
            AccessEvent.Redeemed, [AccessEvent.Settled, AccessEvent.Unsettled], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), 10, CancellationToken.None);
    }

    [Fact]
    public async Task A_later_programs_database_is_not_opened()
    {
        await On.Log.DisposeAsync();
        await On.ExecuteAsync("UPDATE log_schema SET version = 99");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => On.OpenAsync());
        Assert.Contains("schema 99", refused.Message, StringComparison.Ordinal);
        await On.ExecuteAsync($"UPDATE log_schema SET version = {EntrySql.SchemaVersion}");
        await On.OpenAsync();
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=x;Password=geheim-7")]
    [InlineData("Host=no.such.host.invalid;Username=x;Password=geheim-7")]
    [InlineData("Host=127.0.0.1;Username=x;Password=a;geheim-7=b")]
    [InlineData("Host=127.0.0.1;Password=geheim-7;Port=geheim-7")]
    [InlineData("geheim-7")]
    public async Task A_database_that_cannot_be_reached_is_said_without_its_password(string connectionString)
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PostgresEntryStore.OpenAsync(connectionString, LogOnDisk.Origin, CancellationToken.None));
        Assert.DoesNotContain("geheim", refused.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Every_commit_is_written_through_to_the_disk_whatever_the_databases_default()
    {
        await On.Log.DisposeAsync();
        await On.ExecuteAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(On.Database).Database} SET synchronous_commit = off");
        Assert.Equal("off", await On.ExecuteAsync("SHOW synchronous_commit"));
        await On.OpenAsync();
        var session = (NpgsqlConnection)typeof(PostgresEntryStore).GetField("_session", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(On.Real)!;
        await using var command = new NpgsqlCommand("SHOW synchronous_commit", session);
        Assert.Equal("on", await command.ExecuteScalarAsync());
    }

    private const string CutHolders = $"{CutWriters} AND granted";

    private static object LockClass() =>
        typeof(PostgresEntryStore).GetField("LockClass", BindingFlags.NonPublic | BindingFlags.Static)!.GetRawConstantValue()!;

    private Task<Transparency.AccessLog> OpenSecondAsync() => OpenSecondAsync(LogOnDisk.Origin);

    private async Task<Transparency.AccessLog> OpenSecondAsync(string origin) => await Transparency.AccessLog.OpenAsync(
        await On.OpenStoreAsync(origin), On.SignerOf(origin), On.Time, On.Journal.Loggers.CreateLogger<Transparency.AccessLog>());
}
