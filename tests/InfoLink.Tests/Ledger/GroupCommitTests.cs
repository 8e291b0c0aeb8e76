using InfoLink.Agent.Ledger;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Ledger;

/// <summary>How those who spend at the same time share a transaction, and how long they wait.</summary>
public sealed class GroupCommitTests
{
    private readonly LeapingClock _clock = LeapingClock.Standing();

    [Fact]
    public async Task Those_that_wait_together_share_one_transaction_and_nobody_waits_for_company()
    {
        var store = new SlowStore();
        await using var ledger = await OpenAsync(store);
        var lone = SpendAsync(ledger);
        await store.Began.WaitAsync(TimeSpan.FromSeconds(30)); // On a clock that stands: no timer has brought it here.
        var others = Enumerable.Range(0, 20).Select(_ => SpendAsync(ledger)).ToList();
        store.GoOn();
        await lone;
        await Task.WhenAll(others);
        Assert.Equal([1, 20], store.Batches);
    }

    [Fact]
    public async Task When_too_many_wait_the_next_is_turned_away_at_once()
    {
        var store = new SlowStore();
        await using var ledger = await OpenAsync(store);
        var first = SpendAsync(ledger);
        await store.Began;
        var waiting = Enumerable.Range(0, SpentLedger.MaxWaiting).Select(_ => SpendAsync(ledger)).ToList();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => SpendAsync(ledger));
        store.GoOn();
        await first;
        await Task.WhenAll(waiting);
        Assert.Equal(SpentLedger.MaxWaiting + 1, store.Batches.Sum());
    }

    [Fact]
    public async Task A_token_that_no_batch_takes_in_time_is_given_up_unspent_and_one_in_a_batch_has_its_end_awaited()
    {
        var store = new SlowStore();
        await using var ledger = await OpenAsync(store);
        var inBatch = SpendAsync(ledger);
        await store.Began;
        var waiting = SpendAsync(ledger);
        _clock.Leap(SpentLedger.Deadline);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => waiting);
        Assert.False(inBatch.IsCompleted);
        store.GoOn();
        await inBatch;
        await SpendAsync(ledger);
        Assert.Equal([1, 1], store.Batches);
    }

    [Fact]
    public async Task A_full_ledger_spends_nothing_until_there_is_room()
    {
        var store = new SlowStore { Held = SpentLedger.Capacity };
        store.GoOn();
        await using var ledger = await OpenAsync(store);
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => SpendAsync(ledger));
        Assert.Empty(store.Batches);
        store.Held = SpentLedger.Capacity - 1;
        await SpendAsync(ledger);
    }

    [Fact]
    public async Task A_ledger_that_is_closed_ends_what_waits_and_takes_no_more()
    {
        var store = new SlowStore();
        var ledger = await OpenAsync(store);
        var first = SpendAsync(ledger);
        await store.Began;
        var second = SpendAsync(ledger);
        var closing = ledger.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => SpendAsync(ledger));
        store.GoOn();
        await closing;
        await Task.WhenAll(first, second);
    }

    private Task<SpentLedger> OpenAsync(ISpentStore store) => SpentLedger.OpenAsync(store, _clock, NullLogger<SpentLedger>.Instance);

    private async Task SpendAsync(SpentLedger ledger) => Assert.Null(await ledger.WhyNotSpendAsync(SomeClaims.IssuedAt(_clock.GetUtcNow()), AttemptId.New()));

    /// <summary>Enters everything, when it is told to go on.</summary>
    private sealed class SlowStore : ISpentStore
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Began => _began.Task;

        public List<int> Batches { get; } = [];

        public long Held { get; set; }

        public void GoOn() => _goOn.SetResult();

        public Task<Opening> OpenAsync(TimeProvider time, CancellationToken cancellation) => Task.FromResult(new Opening(1, DateTimeOffset.UnixEpoch));

        public async Task<bool[]?> SpendAsync(Opening opening, IReadOnlyList<SpentToken> batch, CancellationToken cancellation)
        {
            Batches.Add(batch.Count);
            _began.TrySetResult();
            await _goOn.Task;
            return [.. batch.Select(_ => true)];
        }

        public Task<int> PruneAsync(DateTimeOffset now, int atMost, CancellationToken cancellation) => Task.FromResult(0);

        public Task<long> CountAsync(CancellationToken cancellation) => Task.FromResult(Held);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
