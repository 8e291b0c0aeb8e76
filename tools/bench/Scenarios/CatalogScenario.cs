using System.Diagnostics;
using System.Text;
using InfoLink.Authoring;
using InfoLink.Bench.Parties;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Authorize under catalogs of 1,000 and 100,000 entries, by turns with one of 10, asking under all of them in turn: how much else is law should not
/// matter. Also how long a signed catalog takes to load and what it holds in memory, up to the largest that one document may be (16 MiB); the 100,000 in
/// force are put together in memory.
/// </summary>
internal static class CatalogScenario
{
    private const int Smallest = 10;

    /// <summary>Of an authored file, and of a document's payload.</summary>
    private const int MostBytes = 16 * 1024 * 1024;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var (small, large) = (BrokerAlone.Prepare(place.Path("small")), BrokerAlone.Prepare(place.Path("large")));
        small.Publish();
        large.Publish();
        await using var few = await BrokerAlone.StartAsync(small);
        await using var many = await BrokerAlone.StartAsync(large);
        var few10 = Parse(Smallest);
        few.PutInForce(few10);
        var figures = new List<Figure>();
        foreach (var count in (int[])[1_000, 100_000])
        {
            many.PutInForce(Enlarge(few10, count));
            var rounds = await run.ByTurnsAsync(
                share => Load.RunAsync(BrokerAlone.Callers, share, caller => many.AuthorizeAsync(caller)),
                share => Load.RunAsync(BrokerAlone.Callers, share, caller => few.AuthorizeAsync(caller)));
            var (measured, floor) = (rounds[0], rounds[1]);
            figures.Add(Figure.Of($"catalog of {count:N0} entries: Authorize", "1/s", measured.Rates(), floor.Rates(), new Aim(0.85, AtLeast: true)));
            figures.Add(Figure.Of($"catalog of {count:N0} entries: p99", "ms", measured.Percentiles(0.99), floor.Percentiles(0.99), new Aim(1.5, AtLeast: false)));
        }

        foreach (var count in (int[])[Smallest, 1_000, Largest])
        {
            figures.AddRange(Loading(count));
        }

        return figures;
    }

    /// <summary>As many entries as one authored file holds.</summary>
    private static int Largest => (int)(MostBytes * 0.98 / (Yaml(100_000).Length / 100_000));

    private static IReadOnlyList<Figure> Loading(int count)
    {
        const int Rounds = 3;
        var now = TimeProvider.System.GetUtcNow();
        var lastDay = JapanTime.CivilDate(now).AddDays(30);
        var signed = CatalogFile.Draft("catalog.yaml", Yaml(count), NetworkFolder.Platform, previous: null, now, lastDay) switch
        {
            Loaded<SignedDocument>.Whole whole => whole.Value.ToBytes(),
            Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors.Take(3))),
            _ => throw new InvalidOperationException("A draft is whole or broken."),
        };
        var heap = HeapOf(signed, count);
        var times = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            Read(signed, count);
            times[round] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return
        [
            Figure.Of($"catalog of {count:N0} entries, {signed.Length / 1e6:N2} MB: loading", "ms", times),
            Figure.Of($"catalog of {count:N0} entries, {signed.Length / 1e6:N2} MB: managed heap", "MB", [heap]),
        ];
    }

    private static double HeapOf(byte[] signed, int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var catalog = Read(signed, count);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(catalog);
        return (after - before) / 1e6;
    }

    private static StatuteCatalog Read(byte[] signed, int count)
    {
        var catalog = Documents.Catalog(SignedDocument.Parse(signed)).Value;
        return catalog.Entries.Count == count ? catalog : throw new InvalidOperationException("Not all entries were loaded.");
    }

    private static StatuteCatalog Parse(int count) => CatalogFile.Parse("catalog.yaml", Yaml(count)) switch
    {
        Loaded<StatuteCatalog>.Whole whole => whole.Value,
        Loaded<StatuteCatalog>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors.Take(3))),
        _ => throw new InvalidOperationException("A catalog is whole or broken."),
    };

    /// <summary>The same catalog with more entries of the same kind, each with its own words.</summary>
    private static StatuteCatalog Enlarge(StatuteCatalog catalog, int count)
    {
        var first = catalog.Entries.Values[0];
        var entries = Enumerable.Range(1, count).Select(row => first with
        {
            Id = EntryId.Parse($"{Row(row)}.municipality.108-1-ro"),
            Row = Row(row),
            Citation = new Bilingual($"第2条の表{row}の項", $"row {row} of the table"),
            Information = new Bilingual($"{row}: {first.Information.Ja}", $"{row}: {first.Information.En}"),
        });
        return new StatuteCatalog(
            catalog.Version, catalog.Sha256.Span, catalog.EffectiveFrom, catalog.Expires, catalog.Categories.Values, catalog.Kinds.Values, entries, [])
        {
            EffectiveAt = catalog.EffectiveAt,
        };
    }

    /// <summary>Rows have four digits at most; the rest are branches of them.</summary>
    private static string Row(int number) => $"{((number - 1) % 9_999) + 1}-{((number - 1) / 9_999) + 2}";

    private const string Example = """
        examples:
          - name: the claimant's tax
            requester: { agency: yokohama, categories: [municipality] }
            provider: { agency: setagaya, categories: [municipality] }
            entry: 1-2.municipality.108-1-ro
            role: claimant
            kinds: [municipal-inhabitant-tax]
            conditions: { taxYear: 2026 }
            mode: single
            date: 2026-09-15
            expect: allowed

        """;

    private static byte[] Yaml(int count)
    {
        var text = new StringBuilder("""
            effectiveFrom: 2024-05-27
            expires: 2099-12-31
            categories:
              municipality: { ja: 市町村長, en: mayors }
            kinds:
              municipal-inhabitant-tax:
                name: { ja: 市町村民税に関する情報, en: municipal inhabitant tax }
                legalTerm: 地方税関係情報
                layout: illustrative
                needs: [taxYear]
                items:
                  total-income: { name: { ja: 合計所得金額, en: total income }, type: integer, min: 0, max: 99999999999, required: true }
            tasks:
              108-1:
                task: { ja: 審査, en: examining }
                purpose: { ja: 決定, en: deciding }
            entries:

            """);
        for (var number = 1; number <= count; number++)
        {
            var row = Row(number);
            text.Append(
                $$"""
                  {{row}}.municipality.108-1-ro:
                    row: {{row}}
                    leaf: 108-1-ro
                    citation: { ja: 第2条の表{{row}}の項, en: "row {{row}}" }
                    task: 108-1
                    information: { ja: 市町村民税に関する情報, en: tax information }
                    requester: [municipality]
                    provider: [municipality]
                    roles: { claimant: { ja: 請求者, en: claimant } }
                    kinds: [municipal-inhabitant-tax]
                    conditions: { taxYear: { use: required, from: 2022, to: 2026 } }
                    modes: [single, bulk]
                    answerDeadlineDays: 7
                    validity: { from: 2024-05-27 }
                    impactAssessment: done

                """);
        }

        return Encoding.UTF8.GetBytes(text.Append(Example).ToString());
    }
}
