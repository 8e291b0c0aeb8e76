namespace InfoLink.Agent;

/// <summary>Looks again and again, a while after the last look has ended. A look that fails is told, and the next one is made all the same.</summary>
internal sealed class Rounds(Func<CancellationToken, Task> look, TimeSpan pause, TimeProvider time, Action<Exception> tell) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Waits until the look that is under way has given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await look(_stop.Token);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !_stop.IsCancellationRequested)
            {
                tell(fault);
            }
            catch (OperationCanceledException)
            {
                return; // The end.
            }

            await Task.Delay(pause, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
