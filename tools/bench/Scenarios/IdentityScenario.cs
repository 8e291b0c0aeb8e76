using System.Diagnostics;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// What the identity check costs: the same question about the same person between the same agents, under an entry that requires it and under one that does
/// not. Both look the person up in their own systems, one seals tags and one opens them.
/// </summary>
internal static class IdentityScenario
{
    private const string Checked = "69.municipality.71-1";
    private const string CheckedRole = "insured-person";

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = ExchangeScenario.WithoutPace(NetworkFolder.Create(place.Path("network"), redis: "", TimeProvider.System));
        await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
        var walk = new Walk(network, TimeProvider.System);
        var rounds = await run.ByTurnsAsync(share => MeasureAsync(Checked, CheckedRole, share), share => MeasureAsync(Walk.Entry, Walk.Role, share));
        return
        [
            Figure.Of("exchange with identity check, one at a time, p50", "ms", rounds[0].Percentiles(0.50), rounds[1].Percentiles(0.50)),
            Figure.Of("exchange with identity check, processor time of all parties", "ms", rounds[0].CpuOfOne(), rounds[1].CpuOfOne()),
        ];

        async Task<Loaded> MeasureAsync(string entry, string role, TimeSpan share)
        {
            using var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var loaded = await Load.RunAsync(1, share, async _ =>
            {
                if (await walk.ExchangeAsync(entry, role) is { Answered: false } result)
                {
                    throw new InvalidOperationException($"Under {entry} the person was not answered for: {result.Refusal}.");
                }
            });
            process.Refresh();
            return loaded with { Cpu = process.TotalProcessorTime - cpu };
        }
    }
}
