namespace InfoLink.Hosting.Limits;

/// <summary>How much one agency may ask of a port: how often, and how much at the same time.</summary>
public sealed class CallLimit
{
    /// <summary>Calls a second in the long run; 1 to 1,000,000, or 0 for no such limit. Prevents that one agency's loop takes all of the processor.</summary>
    public int PerSecond { get; set; }

    /// <summary>Calls at once after a rest, at least 1: a morning's first rush is no attack. Without meaning where <see cref="PerSecond"/> is 0.</summary>
    public int Burst { get; set; } = 1;

    /// <summary>Calls that run at the same time; 1 to 100,000. Prevents that one agency's slow calls hold everything that others need.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Calls that wait for one of these places, the oldest first; 0 to 100,000. What comes beyond is shed at once, with a time to come again: a long queue only answers those who have left.</summary>
    public int Waiting { get; set; }

    /// <summary>What is wrong, each with its way out.</summary>
    /// <param name="name">The option's name in the file.</param>
    public IEnumerable<string> Errors(string name)
    {
        if (PerSecond is < 0 or > 1_000_000)
        {
            yield return $"{name}.perSecond: 1 to 1,000,000, or 0 for no such limit.";
        }

        if (PerSecond > 0 && Burst is < 1 or > 1_000_000)
        {
            yield return $"{name}.burst: 1 to 1,000,000.";
        }

        if (AtOnce is < 1 or > 100_000)
        {
            yield return $"{name}.atOnce: 1 to 100,000.";
        }

        if (Waiting is < 0 or > 100_000)
        {
            yield return $"{name}.waiting: 0 to 100,000.";
        }
    }
}

/// <summary>How many calls of all agencies together run, and wait.</summary>
public sealed class WholeLimit
{
    /// <summary>Calls that run at the same time; 1 to 100,000. Prevents that a rush of many agencies slows every call until all of them time out.</summary>
    public int AtOnce { get; set; } = 1;

    /// <summary>Calls that wait, the oldest first; 0 to 100,000. What comes beyond is shed at once.</summary>
    public int Waiting { get; set; }

    /// <summary>What is wrong, each with its way out.</summary>
    /// <param name="name">The option's name in the file.</param>
    public IEnumerable<string> Errors(string name)
    {
        if (AtOnce is < 1 or > 100_000 || Waiting is < 0 or > 100_000)
        {
            yield return $"{name}: atOnce is 1 to 100,000, waiting 0 to 100,000.";
        }
    }
}
