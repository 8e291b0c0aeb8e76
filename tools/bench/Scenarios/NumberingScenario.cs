using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Bench.Parties;
using InfoLink.Codes;
using InfoLink.Numbering.Individuals;
using Npgsql;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// The conversion table as it fills: calls of 1,000 new people, one after the other on SQLite and two at a time on PostgreSQL, each durable with its notices; and the
/// bytes that a person takes, indexes and notice included. Record codes come in no order.
/// </summary>
internal static class NumberingScenario
{
    private const int PersonsACall = 1_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        using var seal = new RecordCodeSeal(RandomNumberGenerator.GetBytes(32));
        var figures = new List<Figure>();
        var path = place.Path("numbers.db");
        await using (var store = SqliteNumberStore.Open(path, seal.KeyCheck()))
        {
            var (rates, persons) = await FillAsync(run, store, seal, lanes: 1);
            figures.AddRange(Figures("SQLite", rates, persons, new FileInfo(path).Length));
        }

        if (run.Postgres is null && !TemporaryPostgres.IsInstalled)
        {
            return [.. figures, Figure.NotMeasured("numbering on PostgreSQL: none is installed", "1/s")];
        }

        await using var server = run.Postgres is null ? await TemporaryPostgres.StartAsync() : null;
        var database = run.Postgres ?? server!.ConnectionString;
        await using (var store = PostgresNumberStore.Open(database, seal.KeyCheck()))
        {
            var (rates, persons) = await FillAsync(run, store, seal, lanes: 2);
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await using var size = new NpgsqlCommand(
                "SELECT pg_total_relation_size('number') + pg_total_relation_size('code') + pg_total_relation_size('notice')", connection);
            figures.AddRange(Figures("PostgreSQL", rates, persons, (long)(await size.ExecuteScalarAsync())!));
        }

        return figures;
    }

    private static IEnumerable<Figure> Figures(string store, double[] rates, long persons, long bytes) =>
    [
        Figure.Of($"numbering on {store}: persons", "1/s", rates),
        Figure.Of($"numbering on {store}: the last fifth of {persons:N0} persons", "1/s", [rates[^1]]),
        Figure.Of($"numbering on {store}: room of a person", "bytes", [(double)bytes / persons]),
    ];

    /// <summary>For as long as is measured.</summary>
    /// <returns>Persons a second in each round, and how many there are in the end.</returns>
    private static async Task<(double[] Rates, long Persons)> FillAsync(BenchRun run, INumberStore store, RecordCodeSeal seal, int lanes)
    {
        var table = new ConversionTable(store, seal, TimeProvider.System, NumberDraw.Next);
        var rates = new double[BenchRun.Rounds];
        long calls = 0;
        await table.AssignAsync(Next(), long.MaxValue, CancellationToken.None);
        for (var round = 0; round < rates.Length; round++)
        {
            var (began, before) = (Stopwatch.GetTimestamp(), Volatile.Read(ref calls));
            await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(began) < run.Share(sides: 1))
                {
                    await table.AssignAsync(Next(), long.MaxValue, CancellationToken.None);
                }
            })));
            rates[round] = (calls - before) * PersonsACall / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }

        return (rates, calls * PersonsACall);

        // A step that has no divisor in common with all there are: every code once, in no order that a tag would show.
        Registration[] Next()
        {
            var call = (ulong)Interlocked.Increment(ref calls) - 1;
            return [.. Enumerable.Range(0, PersonsACall).Select(i => new Registration(
                ResidentRecordCode.FromBase(((call * PersonsACall) + (ulong)i) * 7_368_787 % 10_000_000_000), $"letter-{call}-{i}"))];
        }
    }
}
