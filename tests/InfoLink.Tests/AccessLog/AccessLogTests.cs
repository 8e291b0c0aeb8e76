using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using Xunit;

namespace InfoLink.Tests.AccessLog;

/// <summary>Group commit, and what an append promises.</summary>
public sealed class AccessLogTests : IAsyncLifetime
{
    private readonly LogOnDisk _on = new();

    private FaultyEntryStore Store => _on.Store;

    private Transparency.AccessLog Log => _on.Log;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _on.DisposeAsync();

    [Fact]
    public async Task Whoever_waits_at_the_same_time_shares_a_transaction_and_serials_have_no_gap()
    {
        var gate = Close();
        var first = Log.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        Task<Appended>[] others = [.. Enumerable.Range(0, 1000).Select(_ => Log.AppendAsync(LogOnDisk.Entry()))];
        gate.SetResult();
        var appended = await Task.WhenAll([first, .. others]).WaitAsync(LogOnDisk.Soon);

        Assert.Equal([1, 512, 488], Store.Batches);
        Assert.Equal(Enumerable.Range(0, 1001).Select(i => (long)i), appended.Select(entry => entry.Serial)); // And in the order of asking.
        var stored = await Log.Store.ReadAsync(0, 2000, CancellationToken.None);
        Assert.Equal(appended.Select(entry => entry.Entry.OpenPart), stored.Select(entry => entry.OpenPartBytes));
        Assert.Equal(appended.Select(entry => entry.Serial), stored.Select(entry => entry.Serial));
    }

    [Fact]
    public async Task Many_writers_at_once_get_each_a_serial_of_its_own_and_share_transactions()
    {
        var appended = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            var serials = new List<long>();
            for (var i = 0; i < 20; i++)
            {
                serials.Add((await Log.AppendAsync(LogOnDisk.Entry())).Serial);
            }

            return serials;
        }))).WaitAsync(LogOnDisk.Soon);
        Assert.Equal(Enumerable.Range(0, 64 * 20).Select(i => (long)i), appended.SelectMany(serials => serials).Order());
        Assert.All(appended, serials => Assert.Equal(serials.Order(), serials));
        Assert.True(Store.Batches.Count < 64 * 20, "Nobody ever shared a transaction.");
    }

    [Fact]
    public async Task A_lone_record_waits_for_no_timer() // The clock stands still, so a timer would never come.
        => Assert.Equal(0, (await Log.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);

    [Fact]
    public async Task A_full_queue_fails_at_once_and_loses_nothing_that_it_took()
    {
        var gate = Close();
        var first = Log.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        Task<Appended>[] waiting = [.. Enumerable.Range(0, Transparency.AccessLog.MaxWaiting).Select(_ => Log.AppendAsync(LogOnDisk.Entry()))];
        var refused = Log.AppendAsync(LogOnDisk.Entry());
        Assert.True(refused.IsFaulted, "It waited for a place in the queue.");
        await Assert.ThrowsAsync<LogUnavailableException>(() => refused);

        gate.SetResult();
        Assert.Equal(
            Enumerable.Range(0, Transparency.AccessLog.MaxWaiting + 1).Select(i => (long)i),
            (await Task.WhenAll([first, .. waiting]).WaitAsync(LogOnDisk.Soon)).Select(entry => entry.Serial));
        Assert.Equal(Transparency.AccessLog.MaxWaiting + 1, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    [Fact]
    public async Task What_no_batch_took_in_time_is_given_up_and_never_written()
    {
        _on.Journal.Expect("could not write a batch");
        var gate = Close();
        var taken = Log.AppendAsync(LogOnDisk.Entry());
        await EnteredAsync();
        var waiting = Log.AppendAsync(LogOnDisk.Entry());
        _on.Time.Advance(Transparency.AccessLog.Deadline);
        await Assert.ThrowsAsync<LogUnavailableException>(() => waiting.WaitAsync(LogOnDisk.Soon));
        Assert.False(taken.IsCompleted); // Its batch is being written: nobody knows yet what comes of it.
        gate.SetResult();
        await Assert.ThrowsAsync<LogUnavailableException>(() => taken.WaitAsync(LogOnDisk.Soon)); // The store kept to the time that it was given.
        Assert.Equal(0, (await Log.AppendAsync(LogOnDisk.Entry()).WaitAsync(LogOnDisk.Soon)).Serial);
        Assert.Single(await _on.AllAsync());
    }

    [Fact]
    public async Task A_store_that_comes_back_is_noticed_without_an_append_and_told()
    {
        _on.Journal.Expect("a test's fault");
        var told = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        Log.TellHealthTo(told.Enqueue);
        Store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(LogOnDisk.Entry()));
        await LogOnDisk.UntilAsync(() => told.Count == 2);
        for (var probe = 0; probe < 3; probe++)
        {
            _on.Time.Advance(TimeSpan.FromSeconds(2));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            Assert.False(Log.Healthy);
        }

        Store.Fault = Fault.None;
        await LogOnDisk.UntilAsync(() =>
        {
            _on.Time.Advance(TimeSpan.FromSeconds(2));
            return Log.Healthy;
        });
        Assert.Equal([true, false, true], told);
        Assert.Empty(await _on.AllAsync());
    }

    [Theory]
    [InlineData(Fault.Lost)]
    [InlineData(Fault.Kept)]
    public async Task A_batch_that_fails_is_told_to_everyone_in_it_and_the_next_goes_on_without_a_gap(Fault fault)
    {
        _on.Journal.Expect("a test's fault", "callers were told that they do not");
        Store.Fault = fault;
        var gate = Close();
        Task<Appended>[] appends = [.. Enumerable.Range(0, 10).Select(_ => Log.AppendAsync(LogOnDisk.Entry()))];
        gate.SetResult();
        foreach (var append in appends)
        {
            await Assert.ThrowsAsync<LogUnavailableException>(() => append.WaitAsync(LogOnDisk.Soon));
        }

        Assert.False(Log.Healthy);
        Store.Fault = Fault.None;
        Assert.Equal(fault == Fault.Kept ? 10 : 0, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
        Assert.True(Log.Healthy);
    }

    [Fact]
    public async Task Closing_writes_what_is_queued_and_then_takes_no_more()
    {
        Task<Appended>[] appends = [.. Enumerable.Range(0, 100).Select(_ => Log.AppendAsync(LogOnDisk.Entry()))];
        await Log.DisposeAsync();
        Assert.Equal(100, (await Task.WhenAll(appends)).Length);
        await Assert.ThrowsAsync<LogUnavailableException>(() => Log.AppendAsync(LogOnDisk.Entry()));
        _on.Open();
        Assert.Equal(100, (await Log.AppendAsync(LogOnDisk.Entry())).Serial);
    }

    private TaskCompletionSource Close()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Gate = gate.Task;
        return gate;
    }

    private Task EnteredAsync() => LogOnDisk.UntilAsync(() => Store.Entered > 0);
}
