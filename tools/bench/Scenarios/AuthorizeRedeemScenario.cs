using InfoLink.Bench.Floors;
using InfoLink.Bench.Parties;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Authorize and then Redeem, by 64 callers on four connections of either side. The floor is two empty calls on the same server and TLS, one with an ES256
/// signature and one without, each waiting for one bare durable row, since approval and redeem leave only when they are on record.
/// </summary>
internal static class AuthorizeRedeemScenario
{
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = BrokerAlone.Prepare(place.Path("network"));
        folder.Publish();
        await using var broker = await BrokerAlone.StartAsync(folder);
        await using var bare = await BareCalls.StartAsync(folder, BrokerAlone.Connections, place.Path("bare.db"));

        var rounds = await run.ByTurnsAsync(
            share => Load.RunAsync(BrokerAlone.Callers, share, async caller =>
            {
                var approval = await broker.AuthorizeAsync(caller);
                await broker.RedeemAsync(caller, approval);
            }),
            share => Load.RunAsync(BrokerAlone.Callers, share, async caller =>
            {
                await bare.AuthorizeAsync(caller);
                await bare.RedeemAsync(caller);
            }));
        var (measured, floor) = (rounds[0], rounds[1]);
        if (broker.Records < 2 * measured.Sum(round => round.Times.Length))
        {
            throw new InvalidOperationException("Less is on record than was approved and redeemed.");
        }

        return
        [
            Figure.Of($"Authorize + Redeem, {BrokerAlone.Callers} callers", "1/s", measured.Rates(), floor.Rates(), new Aim(0.6, AtLeast: true)),
            Figure.Of("Authorize + Redeem, p99", "ms", measured.Percentiles(0.99), floor.Percentiles(0.99)),
            Figure.Of("Authorize + Redeem, processor time with its caller's", "ms", measured.CpuOfOne(), floor.CpuOfOne()),
        ];
    }
}
