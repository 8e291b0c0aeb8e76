using System.Runtime.InteropServices;

namespace InfoLink.Bench;

/// <summary>One measured number. Floor, ratio and aim are null where a scenario has no floor yet.</summary>
internal sealed record Figure(string Name, string Unit, double Measured, double? Floor = null, double? Ratio = null, string? Aim = null, int Rounds = 1, double? Spread = null)
{
    /// <summary>Where it was measured: processors and system.</summary>
    public static string Machine => $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
}
