using System.Threading.Channels;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Microsoft.Extensions.Logging;

namespace InfoLink.Transparency;

/// <summary>
/// The access log with group commit: whoever appends waits until the entry is durable; all that wait at the same time share one
/// transaction. No timer delays a lone entry. Write before act: the effect of an event may leave only after <see cref="AppendAsync"/>.
/// </summary>
public sealed partial class AccessLog : IAsyncDisposable
{
    /// <summary>Entries that may wait; beyond it an append fails at once.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>Entries that share one transaction, at most.</summary>
    private const int MaxBatch = 512;

    /// <summary>How long an entry may wait for its batch to begin, and a batch for its end.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>How long after a failed batch the store is tried by itself.</summary>
    private static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(2);

    private readonly IEntryStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Task _writer;
    private Action<bool>? _tell;

    public AccessLog(IEntryStore store, TimeProvider time, ILogger<AccessLog> logger)
    {
        _store = store;
        _time = time;
        _logger = logger;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Reading goes to the store directly.</summary>
    public IEntryStore Store => _store;

    /// <summary>False after a batch has failed, until a write succeeds. The log tries by itself: a server out of rotation gets no appends.</summary>
    public bool Healthy { get; private set; } = true;

    /// <summary>Makes an entry durable.</summary>
    /// <returns>The receipt, as far as the log has one to give.</returns>
    /// <exception cref="LogUnavailableException">
    /// The entry is not in the log, and will not be: queue full, no batch in time, or the store refused the batch. The effect must not happen.
    /// </exception>
    public async Task<Appended> AppendAsync(NewEntry entry)
    {
        var waiting = new Waiting(entry);
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw new LogUnavailableException("The access log's queue is full or closed.");
        }

        try
        {
            return await waiting.Done.Task.WaitAsync(Deadline, _time);
        }
        catch (TimeoutException) when (waiting.TryAbandon())
        {
            throw new LogUnavailableException("The access log did not take the entry in time.");
        }
        catch (TimeoutException)
        {
            return await waiting.Done.Task; // Its batch is being written: what comes of it, and nothing else, is the answer.
        }
    }

    /// <summary>Tells now, and whenever the log stops or begins again to be writable; on the writer's thread.</summary>
    public void TellHealthTo(Action<bool> tell)
    {
        _tell = tell;
        tell(Healthy);
    }

    /// <summary>Writes what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _writer;
        await _store.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await WaitForEntriesAsync())
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

    /// <summary>Waits for entries; while the log is unhealthy it tries the store in between.</summary>
    private async Task<bool> WaitForEntriesAsync()
    {
        var entries = _queue.Reader.WaitToReadAsync().AsTask();
        while (!Healthy && !entries.IsCompleted && !_stop.IsCancellationRequested)
        {
            await Task.WhenAny(entries, Task.Delay(ProbeAfter, _time, _stop.Token));
            if (!entries.IsCompleted)
            {
                await ProbeAsync();
            }
        }

        return await entries;
    }

    private async Task ProbeAsync()
    {
        try
        {
            await _store.ProbeAsync(_stop.Token);
            Tell(healthy: true);
        }
        catch (Exception exception) // Still down, however it says so.
        {
            Log.StillDown(_logger, exception.Message);
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        try
        {
            using var limit = new CancellationTokenSource(Deadline, _time);
            var serial = await _store.AppendAsync([.. batch.Select(waiting => waiting.Entry)], limit.Token);
            Tell(healthy: true);
            foreach (var waiting in batch)
            {
                waiting.Done.TrySetResult(new Appended(_store.Origin, serial++, waiting.Entry));
            }
        }
        catch (Exception exception) // Whatever the store throws: every waiter learns of it, and the writer lives on.
        {
            Log.BatchFailed(_logger, exception, batch.Count);
            Tell(healthy: false); // Before its waiters hear of it: they may look.
            foreach (var waiting in batch)
            {
                waiting.Done.TrySetException(new LogUnavailableException("The access log could not be written.", exception));
            }
        }
    }

    private void Tell(bool healthy)
    {
        if (Healthy != healthy)
        {
            Healthy = healthy;
            _tell?.Invoke(healthy);
        }
    }

    /// <summary>An entry is taken into a batch or given up by its waiter, never both.</summary>
    private sealed class Waiting(NewEntry entry)
    {
        private int _state;

        public NewEntry Entry { get; } = entry;

        public TaskCompletionSource<Appended> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryTake() => Interlocked.CompareExchange(ref _state, 1, 0) == 0;

        public bool TryAbandon() => Interlocked.CompareExchange(ref _state, 2, 0) == 0;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The access log could not write a batch of {Count} entries; nothing of it is approved or answered")]
        public static partial void BatchFailed(ILogger logger, Exception exception, int count);

        [LoggerMessage(2, LogLevel.Warning, "The access log still cannot be written: {Reason}")]
        public static partial void StillDown(ILogger logger, string reason);
    }
}

/// <summary>An entry that is durable.</summary>
public sealed record Appended(string Origin, long Serial, NewEntry Entry)
{
    public Sha256Digest LeafHash => Entry.LeafHash;

    /// <summary>The receipt for the parties; proof and checkpoint follow with the log's Merkle form.</summary>
    public Receipt ToReceipt() => new()
    {
        OpenPart = Entry.OpenPart.ToByteString(),
        Salt = Entry.Salt.ToByteString(),
        PrivateRoot = Entry.PrivateRoot.ToByteString(),
        Origin = Origin,
        Index = (ulong)Serial,
    };
}

/// <summary>An entry is not in the log, so its effect must not happen.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
