namespace InfoLink.Agent.Sources;

/// <summary>
/// A source's own bulkhead: so many reads at once, so many that wait, and no longer than so long. A system that hangs fills its own places and no other's. A read that was given up holds its place until
/// the system lets go.
/// </summary>
internal sealed class SourcePlaces(PlaceLimits limits, TimeProvider time)
{
    private readonly SemaphoreSlim _places = new(limits.AtOnce, limits.AtOnce);
    private int _waiting;

    public PlaceLimits Limits => limits;

    /// <returns>False: all places are taken, and there was none in time. Otherwise <see cref="Leave"/> must follow.</returns>
    public async Task<bool> TryEnterAsync(CancellationToken cancellation)
    {
        if (await _places.WaitAsync(TimeSpan.Zero, cancellation))
        {
            return true;
        }

        using var timer = new CancellationTokenSource(limits.LongestWait, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timer.Token);
        try
        {
            if (Interlocked.Increment(ref _waiting) > limits.Waiting)
            {
                return false;
            }

            await _places.WaitAsync(stop.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Leave() => _places.Release();
}

/// <summary>How much of a source's system is taken up.</summary>
/// <param name="AtOnce">Reads at once.</param>
/// <param name="Waiting">Reads that wait for a place.</param>
/// <param name="LongestWait">For a place.</param>
internal sealed record PlaceLimits(int AtOnce, int Waiting, TimeSpan LongestWait)
{
    /// <summary>Of sources that are a program's own.</summary>
    public static PlaceLimits Usual { get; } = new SourceOptions().Places;
}
