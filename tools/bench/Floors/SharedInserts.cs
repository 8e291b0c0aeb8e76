using System.Threading.Channels;

namespace InfoLink.Bench.Floors;

/// <summary>Bare durable rows for many that wait: all that wait at the same time share one transaction, as they do in the log; and nothing else is done.</summary>
internal sealed class SharedInserts : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private readonly BareInserts _rows;
    private readonly Channel<TaskCompletionSource> _queue = Channel.CreateUnbounded<TaskCompletionSource>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writer;

    public SharedInserts(BareInserts rows)
    {
        _rows = rows;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Ends when a row is durable.</summary>
    public Task AddAsync()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _queue.Writer.TryWrite(waiting) ? waiting.Task : throw new InvalidOperationException("The bare rows are closed.");
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        await _writer;
        await _rows.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var batch = new List<TaskCompletionSource>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            try
            {
                await _rows.InsertAsync(batch.Count);
                batch.ForEach(waiting => waiting.SetResult());
            }
            catch (Exception fault)
            {
                batch.ForEach(waiting => waiting.SetException(fault)); // Whoever waits learns of it, and the run ends.
            }
        }
    }
}
