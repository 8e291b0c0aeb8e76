namespace InfoLink.Tests.Faults;

/// <summary>
/// Worlds of real processes run two at a time, however many cores there are: each is half a dozen processes, and what a fault needs most is time to pass.
/// </summary>
internal static class RealProcesses
{
    /// <summary>What happens to parties and their stores.</summary>
    public const string Stores = "faults of parties and stores";

    /// <summary>What comes, or does not come, over the lines.</summary>
    public const string Lines = "faults on the lines";
}
