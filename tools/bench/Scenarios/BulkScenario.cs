using InfoLink.Bench.Parties;

namespace InfoLink.Bench.Scenarios;

/// <summary>Authorize of 1,000 persons a call, by four callers: no floor, since no bare call does anything of the kind; the aim is a number of persons.</summary>
internal static class BulkScenario
{
    private const int Persons = 1000;
    private const int Callers = 4;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = BrokerAlone.Prepare(place.Path("network"));
        folder.Publish();
        await using var broker = await BrokerAlone.StartAsync(folder);

        var measured = (await run.ByTurnsAsync(share => Load.RunAsync(Callers, share, caller => broker.AuthorizeAsync(caller, Persons))))[0];
        return
        [
            Figure.Of(
                $"bulk Authorize, {Persons:N0} persons a call, {Callers} callers",
                "persons/s",
                [.. measured.Rates().Select(rate => rate * Persons)],
                new Aim(30_000, AtLeast: true, OfRatio: false)),
            Figure.Of("bulk Authorize, a call, p99", "ms", measured.Percentiles(0.99)),
            Figure.Of("bulk Authorize, processor time of a person with its caller's", "µs", [.. measured.CpuOfOne().Select(cpu => cpu * 1000 / Persons)]),
        ];
    }
}
