namespace InfoLink.Tests.Fixtures;

/// <summary>Waits for what must come, as long as a test has patience.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<bool> come)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!come())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TestNetwork.Patience)
            {
                throw new TimeoutException("What must come did not come.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
