namespace InfoLink.Tests.Fixtures;

/// <summary>Waits for what must come, on another thread, in its own time.</summary>
internal static class Eventually
{
    /// <exception cref="TimeoutException">It did not come as long as a test has patience.</exception>
    public static Task HoldsAsync(Func<bool> condition, string what, TimeSpan? patience = null) => HoldsAsync(() => Task.FromResult(condition()), what, patience);

    /// <exception cref="TimeoutException">It did not come as long as a test has patience.</exception>
    public static async Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > (patience ?? TestNetwork.Patience))
            {
                throw new TimeoutException($"It did not come about: {what}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
