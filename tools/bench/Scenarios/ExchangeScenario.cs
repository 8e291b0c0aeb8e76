using System.Diagnostics;
using InfoLink.Bench.Floors;
using InfoLink.Bench.Parties;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Whole exchanges: two agents and a broker in one process, real sockets, mTLS, logs and ledger durable in SQLite, tokens in memory, witnesses cosigning.
/// One after another, for the time of one, and eight at a time, for how many. The floor is <see cref="BareExchange"/>. A round ends when the answers
/// are there; its processor time is counted until the last one is settled too.
/// </summary>
internal static class ExchangeScenario
{
    private const int Parallel = 8;

    /// <summary>Exchanges before one is taken as the floor's model.</summary>
    private const int Before = 100;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = WithoutPace(NetworkFolder.Create(place.Path("network"), redis: "", TimeProvider.System));
        await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
        var walk = new Walk(network, TimeProvider.System);
        for (var i = 0; i < Before; i++)
        {
            await ExchangeAsync(walk); // Proofs in a log of a handful of records would be shorter than in life.
        }

        await using var bare = await BareExchange.StartAsync(folder, await RecordedExchange.TakeAsync(folder), name => place.Path(name));

        var (many, manyFloor) = await CompareAsync(Parallel); // First, since the runtime learns faster from many.
        var (single, singleFloor) = await CompareAsync(1);
        return
        [
            Figure.Of("exchange, one at a time, p50", "ms", single.Percentiles(0.50), singleFloor.Percentiles(0.50), new Aim(1.25, AtLeast: false)),
            Figure.Of("exchange, one at a time, p95", "ms", single.Percentiles(0.95), singleFloor.Percentiles(0.95)),
            Figure.Of("exchange, one at a time, p99", "ms", single.Percentiles(0.99), singleFloor.Percentiles(0.99)),
            Figure.Of("exchange, one at a time, processor time of all parties", "ms", single.CpuOfOne(), singleFloor.CpuOfOne()),
            Figure.Of($"exchanges, {Parallel} at a time", "1/s", many.Rates(), manyFloor.Rates()),
            Figure.Of($"exchanges, {Parallel} at a time, p99", "ms", many.Percentiles(0.99), manyFloor.Percentiles(0.99)),
            Figure.Of($"exchanges, {Parallel} at a time, processor time of all parties", "ms", many.CpuOfOne(), manyFloor.CpuOfOne()),
        ];

        async Task<(Loaded[] Measured, Loaded[] Floor)> CompareAsync(int callers)
        {
            var half = run with { Duration = run.Duration / 2 };
            var rounds = await half.ByTurnsAsync(
                share => MeasureAsync(network, walk, callers, share),
                share => UntilSettledAsync(callers, share, bare.ExchangeAsync, _ => Task.FromResult(bare.Unsettled == 0)));
            return (rounds[0], rounds[1]);
        }
    }

    private static async Task<Loaded> MeasureAsync(RunningNetwork network, Walk walk, int callers, TimeSpan share)
    {
        var before = await RecordsAsync();
        return await UntilSettledAsync(callers, share, () => ExchangeAsync(walk), async count => await RecordsAsync() >= before + (2 * count)); // Answered, settled.

        async Task<long> RecordsAsync() => (await network.Provider.Log.Store.StateAsync(CancellationToken.None)).Size;
    }

    private static async Task<Loaded> UntilSettledAsync(int callers, TimeSpan share, Func<Task> exchange, Func<int, Task<bool>> isSettled)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var loaded = await Load.RunAsync(callers, share, _ => exchange());
        var waited = Stopwatch.StartNew();
        while (!await isSettled(loaded.Times.Length))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            if (waited.Elapsed > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException("What was answered is not settled within a minute.");
            }
        }

        process.Refresh();
        return loaded with { Cpu = process.TotalProcessorTime - cpu };
    }

    private static async Task ExchangeAsync(Walk walk)
    {
        var result = await walk.ExchangeAsync();
        if (!result.Answered)
        {
            throw new InvalidOperationException($"An exchange was refused: {result.Refusal}.");
        }
    }

    /// <summary>What is measured is how fast it goes, not how fast one agency may.</summary>
    public static NetworkFolder WithoutPace(NetworkFolder folder)
    {
        BrokerAlone.TakePaceOff(folder);
        var provider = folder.AgentOptions(NetworkFolder.Provider);
        provider.Limits.Fetch.PerSecond = 0;
        provider.Write(folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
        return folder;
    }
}
