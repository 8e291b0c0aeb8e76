using InfoLink.Bench.Floors;
using InfoLink.Bench.Parties;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Authorize of one person, by 64 callers on four connections. The floor is an empty call on the same server and TLS that makes one ES256 signature and
/// waits for one bare durable row, since an approval leaves only when it is on record; a second one waits for no row, and shows what durability hides.
/// </summary>
internal static class AuthorizeScenario
{
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = BrokerAlone.Prepare(place.Path("network"));
        folder.Publish();
        await using var broker = await BrokerAlone.StartAsync(folder);
        await using var bare = await BareCalls.StartAsync(folder, BrokerAlone.Connections, place.Path("bare.db"));
        await using var rowless = await BareCalls.StartAsync(folder, BrokerAlone.Connections, store: null);

        var rounds = await run.ByTurnsAsync(
            share => Load.RunAsync(BrokerAlone.Callers, share, caller => broker.AuthorizeAsync(caller)),
            share => Load.RunAsync(BrokerAlone.Callers, share, bare.AuthorizeAsync),
            share => Load.RunAsync(BrokerAlone.Callers, share, rowless.AuthorizeAsync));
        var (measured, floor, withoutRow) = (rounds[0], rounds[1], rounds[2]);
        if (broker.Records < measured.Sum(round => round.Times.Length))
        {
            throw new InvalidOperationException("Fewer approvals are on record than were given.");
        }

        return
        [
            Figure.Of($"Authorize, {BrokerAlone.Callers} callers", "1/s", measured.Rates(), floor.Rates(), new Aim(0.7, AtLeast: true)),
            Figure.Of("Authorize, against a floor that keeps nothing", "1/s", measured.Rates(), withoutRow.Rates()),
            Figure.Of("Authorize, p99", "ms", measured.Percentiles(0.99), floor.Percentiles(0.99)),
            Figure.Of("Authorize, processor time with its caller's", "ms", measured.CpuOfOne(), floor.CpuOfOne()),
        ];
    }
}
