using System.Diagnostics;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench;

/// <summary>
/// Whole exchanges: two agents and a broker in one process, real sockets, mTLS, logs and ledger durable in SQLite, tokens in memory. First one
/// after another, for the time of one; then eight at a time, for how many.
/// </summary>
internal static class ExchangeScenario
{
    private const int Parallel = 8;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        var duration = run.Duration;
        var folder = Directory.CreateTempSubdirectory("infolink-bench-");
        try
        {
            await using var network = await RunningNetwork.StartAsync(
                WithoutPace(NetworkFolder.Create(folder.FullName, redis: "", TimeProvider.System)), TimeProvider.System, NullLoggerFactory.Instance);
            var walk = new Walk(network, TimeProvider.System);
            await RepeatAsync(walk, TimeSpan.FromSeconds(2)); // Warm: connections, code.
            var single = await RepeatAsync(walk, duration);
            var cpu = Process.GetCurrentProcess().TotalProcessorTime;
            var began = Stopwatch.GetTimestamp();
            var many = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => Task.Run(() => RepeatAsync(walk, duration))));
            var elapsed = Stopwatch.GetElapsedTime(began);
            var count = many.Sum(times => times.Count);
            var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            return
            [
                new Figure("exchange, one at a time, p50", "ms", Percentile(single, 0.50)),
                new Figure("exchange, one at a time, p95", "ms", Percentile(single, 0.95)),
                new Figure("exchange, one at a time, p99", "ms", Percentile(single, 0.99)),
                new Figure($"exchanges, {Parallel} at a time", "1/s", count / elapsed.TotalSeconds),
                new Figure($"exchange, {Parallel} at a time, p95", "ms", Percentile([.. many.SelectMany(times => times)], 0.95)),
                new Figure("processor time for one exchange, all three parties", "ms", used.TotalMilliseconds / count),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What is measured is how fast it goes, not how fast one agency may.</summary>
    private static NetworkFolder WithoutPace(NetworkFolder folder)
    {
        var broker = folder.BrokerOptions();
        (broker.Limits.Authorize.PerSecond, broker.Limits.Finish.PerSecond) = (0, 0);
        (broker.Limits.PersonsPerSecond, broker.Limits.EntryPersonsPerSecond, broker.Limits.PersonsPerDay) = (0, 0, 0);
        broker.Write(folder.BrokerPath);
        var provider = folder.AgentOptions(NetworkFolder.Provider);
        provider.Limits.Fetch.PerSecond = 0;
        provider.Write(folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
        return folder;
    }

    private static async Task<List<double>> RepeatAsync(Walk walk, TimeSpan duration)
    {
        var times = new List<double>();
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            var result = await walk.ExchangeAsync();
            if (!result.Answered)
            {
                throw new InvalidOperationException($"An exchange was refused: {result.Refusal}. Nothing is measured that does not work.");
            }

            times.Add(result.ElapsedMilliseconds);
        }

        return times;
    }

    private static double Percentile(List<double> times, double part)
    {
        times.Sort();
        return times[(int)Math.Min(times.Count - 1, Math.Floor(times.Count * part))];
    }
}
