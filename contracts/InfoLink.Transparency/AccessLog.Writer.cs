using Microsoft.Extensions.Logging;

namespace InfoLink.Transparency;

/// <summary>The one writer: batches, commits, what is owed after a commit whose outcome was lost, and what operators hear.</summary>
public sealed partial class AccessLog
{
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

        if (!_fenced && (_unsure is not null || _owed.Count > 0))
        {
            await ProbeAsync(); // The last chance to correct what callers were told.
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
            using var limit = new CancellationTokenSource(Deadline, _time);
            await BeSureAsync(limit.Token);
            if (_owed.Count > 0)
            {
                await GrowAsync([], limit.Token);
            }
            else
            {
                await _store.ProbeAsync(limit.Token);
            }

            Tell(healthy: true);
        }
        catch (Exception exception) // Still down, however it says so.
        {
            NoticeFence(exception);
            Log.StillDown(_logger, exception.Message);
        }
    }

    private async Task CommitAsync(List<Waiting> batch)
    {
        try
        {
            using var limit = new CancellationTokenSource(Deadline, _time);
            await BeSureAsync(limit.Token);
            var first = await GrowAsync(batch, limit.Token);
            Tell(healthy: true);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(new Appended(this, _signed, first + i, batch[i].Entry));
            }
        }
        catch (Exception exception) // Whatever the store throws: every waiter learns of it, and the writer lives on.
        {
            NoticeFence(exception);
            Log.BatchFailed(_logger, exception, batch.Count);
            Tell(healthy: false); // Before its waiters hear of it: they may look.
            foreach (var waiting in batch)
            {
                waiting.Done.TrySetException(new LogUnavailableException("The access log could not be written.", exception));
            }
        }
    }

    /// <summary>Makes the corrections that are owed and a batch the newest part of the tree.</summary>
    /// <returns>The serial of the batch's first entry.</returns>
    private async Task<long> GrowAsync(List<Waiting> batch, CancellationToken cancellation)
    {
        NewEntry[] entries = [.. _owed, .. batch.Select(waiting => waiting.Entry)];
        var growth = _tree.Grow(entries.Select(entry => entry.LeafHash));
        await WriteAsync(entries, growth, cancellation);
        Adopt(growth);
        _owed.Clear();
        return growth.After.Size - batch.Count;
    }

    /// <summary>The growth is durable: its checkpoint may be signed.</summary>
    private void Adopt(Growth growth)
    {
        _tree.Adopt(growth);
        _signed = new Signed(growth.After, _signer);
    }

    /// <summary>Appends; where the answer is lost, the store is asked whether it did.</summary>
    private async Task WriteAsync(NewEntry[] entries, Growth growth, CancellationToken cancellation)
    {
        try
        {
            await _store.AppendAsync(new LogAppend(growth.Before, growth.After, entries, growth.Tiles), cancellation);
        }
        catch (Exception exception) when (exception is not LogFencedException)
        {
            // Until it is known, nothing may be appended, least of all the same serials again.
            _unsure = new Unsure(growth, entries);
            using var limit = new CancellationTokenSource(Deadline, _time);
            if (!await LookAsync(_unsure, limit.Token))
            {
                throw;
            }

            Log.Kept(_logger, entries.Length, exception.Message);
        }
    }

    /// <summary>Settles what became of a commit that nobody could learn about at the time; its callers were told no.</summary>
    private async Task BeSureAsync(CancellationToken cancellation)
    {
        if (_fenced)
        {
            throw new LogFencedException($"Another process writes the log '{Origin}'. Stop one of the two and start this one again.");
        }

        if (_unsure is not { } unsure)
        {
            return;
        }

        if (await LookAsync(unsure, cancellation))
        {
            Adopt(unsure.Growth);
            Log.KeptAfterAll(_logger, unsure.Entries.Length);
            NewEntry[] untold = [.. unsure.Entries.Where(entry => !_owed.Remove(entry))]; // Corrections that stand now need none.
            _owed.AddRange(untold.Select(_correct).OfType<NewEntry>());
        }
    }

    /// <returns>True: the store has it. False: it has not.</returns>
    private async Task<bool> LookAsync(Unsure unsure, CancellationToken cancellation)
    {
        var state = await _store.TakeAsync(cancellation);
        var kept = state == unsure.Growth.After;
        if (!kept && state != unsure.Growth.Before)
        {
            throw new LogFencedException($"The log '{Origin}' stands at {state.Size}, where this process did not leave it.");
        }

        _unsure = null;
        return kept;
    }

    /// <summary>Two writers are a mistake in operation that does not heal by trying again.</summary>
    private void NoticeFence(Exception exception)
    {
        if (exception is LogFencedException && !_fenced)
        {
            _fenced = true;
            Log.Fenced(_logger, Origin, exception.Message);
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

    /// <summary>A commit of which it is not known whether it happened.</summary>
    private sealed record Unsure(Growth Growth, NewEntry[] Entries);

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

        [LoggerMessage(3, LogLevel.Warning, "A commit of {Count} entries seemed to fail ({Reason}) and stands in the access log")]
        public static partial void Kept(ILogger logger, int count, string reason);

        [LoggerMessage(4, LogLevel.Error, "{Count} entries stand in the access log although their callers were told that they do not; approvals among them are withdrawn")]
        public static partial void KeptAfterAll(ILogger logger, int count);

        [LoggerMessage(5, LogLevel.Critical, "ALARM: this process writes nothing more to the log {Origin}: {Reason}")]
        public static partial void Fenced(ILogger logger, string origin, string reason);
    }
}
