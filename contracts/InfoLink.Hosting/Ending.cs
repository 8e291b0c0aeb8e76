namespace InfoLink.Hosting;

/// <summary>Ends the parts of a host in order. One part's fault does not keep the others open: a log that is not closed is the worse accident.</summary>
public static class Ending
{
    /// <exception cref="AggregateException">What went wrong, after everything was ended.</exception>
    public static async ValueTask DisposeAllAsync(IEnumerable<object> parts)
    {
        var faults = new List<Exception>();
        foreach (var part in parts)
        {
            try
            {
                if (part is IAsyncDisposable asynchronous)
                {
                    await asynchronous.DisposeAsync();
                }
                else
                {
                    ((IDisposable)part).Dispose();
                }
            }
            catch (Exception fault)
            {
                faults.Add(fault);
            }
        }

        if (faults.Count > 0)
        {
            throw new AggregateException("Not every part of the host ended well.", faults);
        }
    }
}
