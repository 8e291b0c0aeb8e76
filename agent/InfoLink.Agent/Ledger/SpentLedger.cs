using System.Threading.Channels;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Ledger;

/// <summary>
/// The provider's own durable ledger of spent tokens: the authority for "spent", since a token names exactly one provider, and the broker's
/// store may forget what it acknowledged. A token is entered, durably, before it is redeemed and before any value is read.
/// </summary>
/// <remarks>
/// A ledger cannot know what it has lost: after a restore it looks as it did. So every opening (<see cref="ISpentStore"/> says when there is
/// one) sets a mark, and tokens issued before the mark are refused as LEDGER-REOPENED: the requester asks again. Group commit: all that
/// spend at the same time share one transaction; no timer delays a lone one.
/// </remarks>
internal sealed partial class SpentLedger : IAsyncDisposable
{
    /// <summary>Most tokens held; beyond it nothing is answered until some are past their time.</summary>
    public const int Capacity = 5_000_000;

    /// <summary>Tokens that may wait; beyond it nothing is answered either.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>Tokens that share one transaction, at most.</summary>
    private const int MaxBatch = 512;

    /// <summary>Tokens between two prunings.</summary>
    private const int PruneEvery = 1000;

    /// <summary>How long a token may wait for its batch to begin, and one call of the store for its end.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How long after a fault the store is tried by itself.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>How often an idle ledger looks whether its store is still there: an opening that is due should not wait for a token.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(10);

    private readonly ISpentStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly Task _writer;
    private volatile Opening _opening;
    private bool _lost;
    private bool _hasRoom = true;
    private long _held;
    private int _sincePruning = PruneEvery;
    private int _sinceCounting;

    private SpentLedger(ISpentStore store, TimeProvider time, ILogger logger, Opening opening, long held)
    {
        _store = store;
        _time = time;
        _logger = logger;
        _opening = opening;
        _held = held;
        Log.Opened(_logger, opening.AcceptsFrom);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Tokens issued before this are refused.</summary>
    public DateTimeOffset AcceptsFrom => _opening.AcceptsFrom;

    /// <summary>Opens the ledger, which ends the store with itself.</summary>
    /// <exception cref="IOException">Another process holds a ledger that only one may hold.</exception>
    /// <exception cref="LedgerUnavailableException">The store cannot be used; the message says why.</exception>
    public static async Task<SpentLedger> OpenAsync(ISpentStore store, TimeProvider time, ILogger<SpentLedger> logger)
    {
        try
        {
            using var limit = new CancellationTokenSource(Deadline, time);
            var opening = await store.OpenAsync(time, limit.Token);
            return new SpentLedger(store, time, logger, opening, await store.CountAsync(limit.Token));
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Spends a token; durable when nothing stands against it.</summary>
    /// <returns>Null: spent by this attempt, now. Else TOKEN-SPENT, or LEDGER-REOPENED with the time after which to ask again.</returns>
    /// <exception cref="LedgerUnavailableException">The ledger cannot be written. The token may be spent or not: it must not be answered.</exception>
    public async Task<Refusal?> WhyNotSpendAsync(TokenClaims claims, AttemptId attempt)
    {
        var waiting = new Waiting(
            claims.IssuedAt, new SpentToken(claims.TokenId.StoreKey(), attempt.ToArray(), claims.Expires + TokenRules.Afterlife));
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw new LedgerUnavailableException("The queue of the ledger of spent tokens is full or closed.");
        }

        try
        {
            return await waiting.Done.Task.WaitAsync(Deadline, _time);
        }
        catch (TimeoutException) when (waiting.TryAbandon())
        {
            throw new LedgerUnavailableException("The ledger of spent tokens did not take the token in time.");
        }
        catch (TimeoutException)
        {
            return await waiting.Done.Task; // Its batch is being written: what comes of it, and nothing else, is the answer.
        }
    }

    /// <summary>Spends what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
        await _store.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await WaitForTokensAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                if (waiting.TryTake())
                {
                    batch.Add(waiting);
                }
            }

            if (batch.Count > 0)
            {
                await CommitAsync(batch);
            }
        }
    }

    /// <summary>Waits for tokens; in between it looks after the store.</summary>
    private async Task<bool> WaitForTokensAsync()
    {
        var tokens = _queue.Reader.WaitToReadAsync().AsTask();
        while (true)
        {
            try
            {
                return await tokens.WaitAsync(_lost ? RetryAfter : LookAfter, _time);
            }
            catch (TimeoutException)
            {
                await LookAsync();
            }
        }
    }

    private async Task LookAsync()
    {
        try
        {
            await RenewAsync();
        }
        catch (Exception fault) // However the store says that it is down.
        {
            Lose(fault);
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        try
        {
            if (_lost)
            {
                await RenewAsync();
            }

            if (await HasRoomAsync(batch.Count))
            {
                await SpendAsync(batch);
            }
            else
            {
                Fail(batch, "The ledger of spent tokens is full.");
            }
        }
        catch (Exception fault) // Whatever the store throws: every waiter learns of it, and the writer lives on.
        {
            Lose(fault);
            Fail(batch, "The ledger of spent tokens could not be written.", fault);
        }
    }

    private static void Fail(List<Waiting> batch, string message, Exception? fault = null)
    {
        foreach (var waiting in batch)
        {
            waiting.Done.TrySetException(new LedgerUnavailableException(message, fault));
        }
    }

    /// <summary>Refuses what is older than the mark and spends the rest; again, if there was a new opening meanwhile.</summary>
    private async Task SpendAsync(List<Waiting> batch)
    {
        const int Tries = 3;
        for (var tried = 0; tried < Tries; tried++)
        {
            var opening = _opening;
            var young = batch.FindAll(waiting => waiting.IssuedAt >= opening.AcceptsFrom);
            foreach (var old in batch.Where(waiting => waiting.IssuedAt < opening.AcceptsFrom))
            {
                old.Done.TrySetResult(new Refusal(RefusalName.LedgerReopened, RetryAfter: UntilAccepted(opening, old.IssuedAt)));
            }

            batch = young;
            if (batch.Count == 0)
            {
                return;
            }

            using var limit = new CancellationTokenSource(Deadline, _time);
            if (await _store.SpendAsync(opening, [.. batch.Select(waiting => waiting.Token)], limit.Token) is { } entered)
            {
                _held += entered.Count(isEntered => isEntered);
                for (var i = 0; i < entered.Length; i++)
                {
                    batch[i].Done.TrySetResult(entered[i] ? null : new Refusal(RefusalName.TokenSpent));
                }

                return;
            }

            await RenewAsync();
        }

        throw new LedgerUnavailableException("The ledger of spent tokens is opened again and again.");
    }

    /// <summary>
    /// It is the broker's clock that must pass the mark, and the token shows how far that is; a token that was long on its way does not
    /// make it longer than the skew allows. One second more, since tokens are dated in whole ones.
    /// </summary>
    private TimeSpan UntilAccepted(Opening opening, DateTimeOffset issued)
    {
        var byToken = opening.AcceptsFrom - issued;
        var atMost = opening.AcceptsFrom - _time.GetUtcNow() + TokenRules.ClockSkew;
        return (byToken < atMost ? byToken : atMost) + TimeSpan.FromSeconds(1);
    }

    private async Task RenewAsync()
    {
        using var limit = new CancellationTokenSource(Deadline, _time);
        var opening = await _store.OpenAsync(_time, limit.Token);
        if (opening != _opening)
        {
            Log.Opened(_logger, opening.AcceptsFrom);
            _opening = opening;
        }

        if (_lost)
        {
            Log.Back(_logger);
            _lost = false;
        }
    }

    private void Lose(Exception fault)
    {
        if (!_lost)
        {
            Log.Lost(_logger, fault);
            _lost = true;
        }
    }

    private async Task<bool> HasRoomAsync(int coming)
    {
        if (_sincePruning >= PruneEvery)
        {
            const int Slice = 5 * PruneEvery; // Faster than it fills, and never long.
            using var limit = new CancellationTokenSource(Deadline, _time);
            _held -= await _store.PruneAsync(_time.GetUtcNow(), Slice, limit.Token);
            _sincePruning = 0;
            const int CountEvery = 100; // Other processes fill and prune it too.
            if (_sinceCounting++ >= CountEvery || _held >= Capacity)
            {
                _held = await _store.CountAsync(limit.Token);
                _sinceCounting = 0;
            }
        }

        var hasRoom = _held < Capacity;
        if (hasRoom != _hasRoom)
        {
            _hasRoom = hasRoom;
            Log.Room(_logger, hasRoom);
        }

        _sincePruning = hasRoom ? _sincePruning + coming : PruneEvery;
        return hasRoom;
    }

    /// <summary>A token is taken into a batch or given up by its waiter, never both.</summary>
    private sealed class Waiting(DateTimeOffset issuedAt, SpentToken token)
    {
        private int _state;

        public DateTimeOffset IssuedAt { get; } = issuedAt;

        public SpentToken Token { get; } = token;

        public TaskCompletionSource<Refusal?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryTake() => Interlocked.CompareExchange(ref _state, 1, 0) == 0;

        public bool TryAbandon() => Interlocked.CompareExchange(ref _state, 2, 0) == 0;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The ledger of spent tokens is open; tokens issued before {AcceptsFrom:O} are refused")]
        public static partial void Opened(ILogger logger, DateTimeOffset acceptsFrom);

        [LoggerMessage(2, LogLevel.Error, "The ledger of spent tokens cannot be written; nothing is answered")]
        public static partial void Lost(ILogger logger, Exception fault);

        [LoggerMessage(3, LogLevel.Information, "The ledger of spent tokens can be written again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(4, LogLevel.Warning, "The ledger of spent tokens has room: {HasRoom}")]
        public static partial void Room(ILogger logger, bool hasRoom);
    }
}
