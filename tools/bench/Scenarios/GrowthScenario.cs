using System.Diagnostics;
using InfoLink.Bench.Parties;
using InfoLink.Samples.Network;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// The broker's part of an exchange (Authorize, Redeem, Settle) on a log of 10,000 to 1,000,000 records, by turns with the same on a log of 1,000: what
/// lies in the log should not matter. What is measured adds to both logs as it goes on. Also what a broker on such a log takes to start, and holds in memory.
/// </summary>
internal static class GrowthScenario
{
    private const int Smallest = 1_000;
    private const int Largest = 1_000_000;
    private const int LargestInFull = 10_000_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var (small, large) = (BrokerAlone.Prepare(place.Path("small")), BrokerAlone.Prepare(place.Path("large")));
        small.Publish();
        large.Publish();
        await FillAsync(small, Smallest);
        var figures = new List<Figure>();
        for (var size = 10 * Smallest; size <= (run.Full ? LargestInFull : Largest); size *= 10)
        {
            run.Say($"growth: filling up to {size:N0} records");
            var began = Stopwatch.GetTimestamp();
            await FillAsync(large, size);
            run.Say($"growth: filled within {Stopwatch.GetElapsedTime(began).TotalSeconds:N0} s, {new FileInfo(LogOf(large)).Length / 1e6:N0} MB");
            figures.AddRange(await CompareAsync(run, small, large, $"{size:N0} records"));
        }

        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> CompareAsync(BenchRun run, NetworkFolder small, NetworkFolder large, string size)
    {
        var ((smallStarts, smallHeap), (largeStarts, largeHeap)) = (await StartAsync(small), await StartAsync(large));
        await using var few = await BrokerAlone.StartAsync(small);
        await using var many = await BrokerAlone.StartAsync(large);
        var rounds = await run.ByTurnsAsync(
            share => Load.RunAsync(BrokerAlone.Callers, share, many.ExchangeAsync),
            share => Load.RunAsync(BrokerAlone.Callers, share, few.ExchangeAsync));
        var (measured, floor) = (rounds[0], rounds[1]);
        return
        [
            Figure.Of($"growth, {size}: Authorize + Redeem + Settle", "1/s", measured.Rates(), floor.Rates(), new Aim(0.85, AtLeast: true)),
            Figure.Of($"growth, {size}: p99", "ms", measured.Percentiles(0.99), floor.Percentiles(0.99), new Aim(1.5, AtLeast: false)),
            Figure.Of($"growth, {size}: start-up", "ms", largeStarts, smallStarts),
            Figure.Of($"growth, {size}: managed heap when started", "MB", [largeHeap], [smallHeap]),
            Figure.Of($"growth, {size}: resident set of the whole run", "MB", [Environment.WorkingSet / 1e6]),
        ];
    }

    /// <summary>What starting takes, in milliseconds, and the heap of this process in megabytes while that broker, and no other, runs.</summary>
    private static async Task<(double[] Times, double Heap)> StartAsync(NetworkFolder folder)
    {
        var (times, heap) = (new double[3], 0.0);
        for (var i = -1; i < times.Length; i++)
        {
            await using var broker = await BrokerAlone.StartAsync(folder);
            heap = GC.GetTotalMemory(forceFullCollection: true) / 1e6;
            if (i >= 0)
            {
                times[i] = broker.StartedWithin.TotalMilliseconds; // The first one only warms.
            }
        }

        return (times, heap);
    }

    private static Task FillAsync(NetworkFolder folder, int size) => FilledLog.FillAsync(LogOf(folder), NetworkFolder.LogOrigin, size);

    private static string LogOf(NetworkFolder folder) => folder.Path("broker", "data", "access-log.db");
}
