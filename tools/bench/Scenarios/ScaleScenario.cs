using InfoLink.Bench.Parties;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Authorize at one broker and Redeem at the next, of one, two and three brokers on one PostgreSQL and one Redis Cluster (three masters, three replicas).
/// All share this machine's processors with the stores and the callers, so more brokers cannot be faster here: what is seen is whether sharing costs
/// anything, which is what would keep them from being faster on machines of their own.
/// </summary>
internal static class ScaleScenario
{
    private const int Most = 3;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        if (!TemporaryRedisCluster.IsInstalled || !TemporaryPostgres.IsInstalled)
        {
            return [Figure.NotMeasured("several brokers: not measured, Redis or PostgreSQL 15 is not installed (apt-get install redis-server postgresql-15)", "1/s")];
        }

        using var place = new BenchFolder();
        await using var redis = await TemporaryRedisCluster.StartAsync();
        await using var postgres = await TemporaryPostgres.StartAsync();
        var folder = BrokerAlone.Prepare(place.Path("network"), redis.Addresses);
        for (var broker = 1; broker < Most; broker++)
        {
            folder.AddBroker(postgres.ConnectionString);
        }

        await using var first = await BrokerAlone.StartAsync(folder);
        await using var second = await BrokerAlone.StartAsync(folder, "broker-2");
        await using var third = await BrokerAlone.StartAsync(folder, "broker-3");
        BrokerAlone[] brokers = [first, second, third];
        var rounds = await run.ByTurnsAsync([.. Enumerable.Range(1, Most).Select(count => Share(brokers[..count]))]);
        if (brokers.Sum(broker => broker.Records) < 2 * rounds.Sum(side => side.Sum(round => round.Times.Length)))
        {
            throw new InvalidOperationException("Less is on record than was approved and redeemed.");
        }

        return
        [
            Figure.Of("1 broker on Redis Cluster and PostgreSQL: Authorize + Redeem", "1/s", rounds[0].Rates()),
            Figure.Of("2 brokers, against 1", "1/s", rounds[1].Rates(), rounds[0].Rates(), new Aim(0.85, AtLeast: true)),
            Figure.Of("3 brokers, against 1", "1/s", rounds[2].Rates(), rounds[0].Rates(), new Aim(0.85, AtLeast: true)),
            Figure.Of("3 brokers, p99, against 1", "ms", rounds[2].Percentiles(0.99), rounds[0].Percentiles(0.99)),
        ];
    }

    /// <summary>Callers spread over the brokers; what one approved, the next one redeems.</summary>
    private static Func<TimeSpan, Task<Loaded>> Share(BrokerAlone[] brokers) => share => Load.RunAsync(BrokerAlone.Callers, share, async caller =>
    {
        var approval = await brokers[caller % brokers.Length].AuthorizeAsync(caller);
        await brokers[(caller + 1) % brokers.Length].RedeemAsync(caller, approval);
    });
}
