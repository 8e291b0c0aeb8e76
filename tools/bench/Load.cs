using System.Diagnostics;

namespace InfoLink.Bench;

/// <summary>Callers in this process that do one thing again and again, each waiting for its own answer before it goes on.</summary>
internal static class Load
{
    /// <param name="callers">How many at the same time.</param>
    /// <param name="duration">How long new ones begin.</param>
    /// <param name="once">One of them; gets the caller's number. It throws where the answer is not what it must be.</param>
    public static async Task<Loaded> RunAsync(int callers, TimeSpan duration, Func<int, Task> once)
    {
        using var process = Process.GetCurrentProcess();
        var (cpu, allocated) = (process.TotalProcessorTime, GC.GetTotalAllocatedBytes());
        var began = Stopwatch.GetTimestamp();
        var times = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var mine = new List<double>();
            do
            {
                var start = Stopwatch.GetTimestamp();
                await once(caller);
                mine.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
            while (Stopwatch.GetElapsedTime(began) < duration);

            return mine;
        })));
        var elapsed = Stopwatch.GetElapsedTime(began);
        process.Refresh();
        double[] all = [.. times.SelectMany(mine => mine)];
        Array.Sort(all);
        return new Loaded(all, elapsed, process.TotalProcessorTime - cpu, GC.GetTotalAllocatedBytes() - allocated);
    }
}

/// <summary>What came of a load.</summary>
/// <param name="Times">Each one's milliseconds, ascending.</param>
/// <param name="Elapsed">From the first one's begin to the last one's end.</param>
/// <param name="Cpu">Processor time of the whole process meanwhile, callers included.</param>
/// <param name="Allocated">Bytes that the whole process allocated meanwhile.</param>
internal sealed record Loaded(double[] Times, TimeSpan Elapsed, TimeSpan Cpu, long Allocated)
{
    /// <summary>How many a second.</summary>
    public double Rate => Times.Length / Elapsed.TotalSeconds;

    /// <summary>Processor time of one, in milliseconds.</summary>
    public double CpuOfOne => Cpu.TotalMilliseconds / Times.Length;

    /// <summary>The time that this part of them does not exceed, in milliseconds.</summary>
    public double Percentile(double part) => Times[(int)Math.Min(Times.Length - 1, Math.Floor(Times.Length * part))];
}

/// <summary>The same of several rounds.</summary>
internal static class LoadedRounds
{
    public static double[] Rates(this Loaded[] rounds) => [.. rounds.Select(round => round.Rate)];

    public static double[] Percentiles(this Loaded[] rounds, double part) => [.. rounds.Select(round => round.Percentile(part))];

    public static double[] CpuOfOne(this Loaded[] rounds) => [.. rounds.Select(round => round.CpuOfOne)];
}
