using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>Group commit, and what an append promises: the same on every store.</summary>
public abstract class AccessLogTests(StoreKind kind) : IAsyncLifetime
{
    private LogOnDisk? _started;

    private LogOnDisk On => _started!;

    private FaultyEntryStore Store => On.Store;

    private Transparency.AccessLog Log => On.Log;

    public async ValueTask InitializeAsync() => _started = await LogOnDisk.StartAsync(kind);

    public ValueTask DisposeAsync() => _started?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Whoever_waits_at_the_same_time_shares_a_transaction_and_serials_have_no_gap()
    {
        var gate = Close();
        var first = On.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        Task<Appended>[] others = [.. Enumerable.Range(0, 1000).Select(_ => On.AppendAsync(LogOnDisk.Entry()))];
        gate.SetResult();
        var appended = await Task.WhenAll([first, .. others]).WaitAsync(LogOnDisk.Soon);

        Assert.Equal([1, 512, 488], Store.Batches);
        Assert.Equal(Enumerable.Range(0, 1001).Select(i => (long)i), appended.Select(entry => entry.Serial)); // And in the order of asking.
        var stored = await Log.Store.ReadAsync(0, 2000, CancellationToken.None);
        Assert.Equal(appended.Select(entry => entry.Entry.OpenPart), stored.Select(entry => entry.OpenPartBytes));
        Assert.Equal(appended.Select(entry => entry.Serial), stored.Select(entry => entry.Serial));
    }

    [Fact]
    public async Task Many_writers_atOnce_get_each_a_serial_of_its_own_and_share_transactions()
    {
        var appended = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            var serials = new List<long>();
            for (var i = 0; i < 20; i++)
            {
                serials.Add((await On.AppendAsync(LogOnDisk.Entry())).Serial);
            }

            return serials;
        }))).WaitAsync(LogOnDisk.Soon);
        Assert.Equal(Enumerable.Range(0, 64 * 20).Select(i => (long)i), appended.SelectMany(serials => serials).Order());
        Assert.All(appended, serials => Assert.Equal(serials.Order(), serials));
        Assert.True(Store.Batches.Count < 64 * 20, "Nobody ever shared a transaction.");
    }

    [Fact]
    public async Task A_lone_record_waits_for_no_timer() // The clock stands still, so a timer would never come.
        => Assert.Equal(0, (await On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);

    [Fact]
    public async Task A_full_queue_fails_atOnce_and_loses_nothing_that_it_took()
    {
        var gate = Close();
        var first = On.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        Task<Appended>[] waiting = [.. Enumerable.Range(0, Transparency.AccessLog.MaxWaiting).Select(_ => On.AppendAsync(LogOnDisk.Entry()))];
        var refused = On.AppendAsync(LogOnDisk.Entry());
        Assert.True(refused.IsFaulted, "It waited for a place in the queue.");
        await Assert.ThrowsAsync<LogUnavailableException>(() => refused);

        gate.SetResult();
        Assert.Equal(
            Enumerable.Range(0, Transparency.AccessLog.MaxWaiting + 1).Select(i => (long)i),
            (await Task.WhenAll([first, .. waiting]).WaitAsync(LogOnDisk.Soon)).Select(entry => entry.Serial));
        Assert.Equal(Transparency.AccessLog.MaxWaiting + 1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task What_no_batch_took_in_time_is_given_up_and_never_written()
    {
        On.Journal.Expect("could not write a batch");
        var gate = Close();
        var taken = On.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        var waiting = On.AppendAsync(LogOnDisk.Entry());
        On.Time.Advance(Transparency.AccessLog.Deadline);
        await Assert.ThrowsAsync<LogUnavailableException>(() => waiting.WaitAsync(LogOnDisk.Soon));
        Assert.False(taken.IsCompleted); // Its batch is being written: nobody knows yet what comes of it.
        gate.SetResult();
        await Assert.ThrowsAsync<LogUnavailableException>(() => taken.WaitAsync(LogOnDisk.Soon)); // The store kept to the time that it was given.
        Assert.Equal(0, (await On.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);
        Assert.Single(await On.AllAsync());
    }

    [Fact]
    public async Task A_store_that_comes_back_is_noticed_without_an_append_and_told()
    {
        On.Journal.Expect("a test's fault");
        var told = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        Log.TellHealthTo(told.Enqueue);
        Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()));
        await LogOnDisk.UntilAsync(() => told.Count == 2);
        for (var probe = 0; probe < 3; probe++)
        {
            On.Time.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            Assert.False(Log.Healthy);
        }

        Store.Fault = Fault.None;
        await LogOnDisk.UntilAsync(() =>
        {
            On.Time.Advance(TimeSpan.FromSeconds(2));
            return Log.Healthy;
        });
        Assert.Equal([true, false, true], told);
        Assert.Empty(await On.AllAsync());
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task A_batch_that_fails_is_told_to_everyone_in_it_and_the_next_goes_on_without_a_gap(Fault fault)
    {
        On.Journal.Expect("a test's fault", "callers were told that they do not");
        Store.Fault = fault;
        var gate = Close();
        Task<Appended>[] appends = [.. Enumerable.Range(0, 10).Select(_ => On.AppendAsync(LogOnDisk.Entry()))];
        gate.SetResult();
        foreach (var append in appends)
        {
            await Assert.ThrowsAsync<LogUnavailableException>(() => append.WaitAsync(LogOnDisk.Soon));
        }

        Assert.False(Log.Healthy);
        Store.Fault = Fault.None;
        var kept = Store.Batches.Sum();
        Assert.Equal(fault == Fault.Kept, kept > 0);
        Assert.Equal(2 * kept, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task A_correction_that_could_not_be_written_goes_before_whatever_comes_next()
    {
        On.Journal.Expect("a test's fault", "callers were told that they do not");
        Store.Fault = Fault.Kept;
        var kept = LogOnDisk.Entry();
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(kept));
        for (var again = 0; again < 3; again++)
        {
            Store.Fault = Fault.Lost; // Now it is seen that the entry stands, and its correction is refused.
            await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()));
        }

        Store.Fault = Fault.None;
        Assert.Equal(2, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.Equal(
            [AccessEvent.Approved, AccessEvent.Withdrawn, AccessEvent.Approved], (await On.AllAsync()).Select(entry => entry.Open.Event));
        Assert.Equal(kept.Open.ExchangeId, (await On.AllAsync())[1].Open.ExchangeId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_correction_is_written_without_another_append(bool atClosing)
    {
        On.Journal.Expect("a test's fault", "callers were told that they do not");
        Store.Fault = Fault.Kept;
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()));
        Store.Fault = Fault.None;
        if (atClosing)
        {
            await Log.DisposeAsync();
            await On.OpenAsync();
        }
        else
        {
            await LogOnDisk.UntilAsync(() =>
            {
                On.Time.Advance(TimeSpan.FromSeconds(2));
                return Log.Healthy;
            });
        }

        Assert.Equal([AccessEvent.Approved, AccessEvent.Withdrawn], (await On.AllAsync()).Select(entry => entry.Open.Event));
    }

    [Fact]
    public async Task A_lost_answer_is_looked_up_and_nobody_learns_of_it()
    {
        Store.Fault = Fault.AnswerLost;
        Assert.Equal(0, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.True(Log.Healthy);
        Assert.Equal(2, On.Journal.Lines.Count(line => line.Text.Contains("stands in the access log", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task A_log_that_could_not_be_opened_opens_when_the_store_is_back(Fault fault)
    {
        await On.AppendAsync(LogOnDisk.Entry());
        await Log.DisposeAsync();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await Assert.ThrowsAsync<IOException>(() => On.OpenAsync(_ => fault));
        }

        await On.OpenAsync();
        Assert.Equal(1, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task Closing_writes_what_is_queued_and_then_takes_no_more()
    {
        Task<Appended>[] appends = [.. Enumerable.Range(0, 100).Select(_ => On.AppendAsync(LogOnDisk.Entry()))];
        await Log.DisposeAsync();
        Assert.Equal(100, (await Task.WhenAll(appends)).Length);
        await Assert.ThrowsAsync<LogUnavailableException>(() => On.AppendAsync(LogOnDisk.Entry()));
        await On.OpenAsync();
        Assert.Equal(100, (await On.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    private TaskCompletionSource Close()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Gate = gate.Task;
        return gate;
    }

    private Task EnteredAsync() => LogOnDisk.UntilAsync(() => Store.Entered > 0);
}

public sealed class AccessLogOnSqliteTests() : AccessLogTests(StoreKind.Sqlite);

public sealed class AccessLogOnPostgresTests() : AccessLogTests(StoreKind.Postgres);
