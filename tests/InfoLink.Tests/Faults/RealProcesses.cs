namespace InfoLink.Tests.Faults;

/// <summary>
/// Worlds of real processes run two at a time, in two rows of about the same length, however many cores there are: each is half a dozen processes, and
/// what a fault needs most is time to pass.
/// </summary>
internal static class RealProcesses
{
    public const string FirstRow = "worlds of real processes, first row";

    public const string SecondRow = "worlds of real processes, second row";
}
