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

    /// <summary>How long an append waits for its batch.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly IEntryStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    private readonly Task _writer;

    public AccessLog(IEntryStore store, TimeProvider time, ILogger<AccessLog> logger)
    {
        _store = store;
        _time = time;
        _logger = logger;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Reading goes to the store directly.</summary>
    public IEntryStore Store => _store;

    /// <summary>False after a batch has failed, until one succeeds.</summary>
    public bool Healthy { get; private set; } = true;

    /// <summary>Makes an entry durable.</summary>
    /// <returns>The receipt, as far as the log has one to give.</returns>
    /// <exception cref="LogUnavailableException">
    /// The entry is not known to be durable: queue full, store down or too slow. It may still become visible; the effect must not happen.
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
        catch (TimeoutException exception)
        {
            throw new LogUnavailableException("The access log did not become durable in time.", exception);
        }
    }

    /// <summary>Writes what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
        await _store.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<Waiting>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            await CommitAsync(batch);
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        try
        {
            using var limit = new CancellationTokenSource(Deadline, _time);
            var serial = await _store.AppendAsync([.. batch.Select(waiting => waiting.Entry)], limit.Token);
            Healthy = true;
            foreach (var waiting in batch)
            {
                waiting.Done.TrySetResult(new Appended(_store.Origin, serial++, waiting.Entry));
            }
        }
        catch (Exception exception) // Whatever the store throws: every waiter learns of it, and the writer lives on.
        {
            Healthy = false;
            Log.BatchFailed(_logger, exception, batch.Count);
            foreach (var waiting in batch)
            {
                waiting.Done.TrySetException(new LogUnavailableException("The access log could not be written.", exception));
            }
        }
    }

    private sealed class Waiting(NewEntry entry)
    {
        public NewEntry Entry { get; } = entry;

        public TaskCompletionSource<Appended> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The access log could not write a batch of {Count} entries; nothing of it is approved or answered")]
        public static partial void BatchFailed(ILogger logger, Exception exception, int count);
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

/// <summary>An entry is not known to be durable, so its effect must not happen.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
