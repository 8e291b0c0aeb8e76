namespace InfoLink.Broker.Membership;

/// <summary>Wakes everybody who waits for a change; whoever takes <see cref="Next"/> before looking misses none.</summary>
internal sealed class Changes
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Tell() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
