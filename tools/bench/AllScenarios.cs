using InfoLink.Bench.Scenarios;

namespace InfoLink.Bench;

/// <summary>One thing that is measured, with its floor in the same run.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Sentence">What it is, for the help.</param>
/// <param name="RunAsync">Measures; throws where something measured does not work.</param>
internal sealed record Scenario(string Name, string Sentence, Func<BenchRun, Task<IReadOnlyList<Figure>>> RunAsync);

/// <summary>All of them, in the order of the table. A new one is a file and a line here.</summary>
internal static class AllScenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("authorize", "One Authorize of one person, against an empty call with one ES256 signature and one durable row.", AuthorizeScenario.RunAsync),
        new("authorize-redeem", "Authorize, then Redeem, against two empty calls, one with an ES256 signature, each with a durable row.", AuthorizeRedeemScenario.RunAsync),
        new("bulk", "Authorize of 1,000 persons a call; no floor, the aim is a number of persons.", BulkScenario.RunAsync),
        new("codes", "Link codes of 1,000 and 10,000 persons converted at a time, against two bare passes of AES-ECB.", CodesScenario.RunAsync),
        new("rotate", "A million link codes to another epoch through the broker, 10,000 a call, against two bare passes of AES-ECB.", RotateScenario.RunAsync),
        new("exchange", "Whole exchanges: two agents, a broker, witnesses, everything on, against the same calls, keys, signatures and commits, bare.", ExchangeScenario.RunAsync),
        new("identity", "Whole exchanges under an entry that requires the identity check, against the same under one that does not.", IdentityScenario.RunAsync),
        new("withheld", "Response times about unknown, withheld and quarantined persons in random order, automatic and by hand: medians, and a two-sample Kolmogorov–Smirnov test with its threshold.", WithheldScenario.RunAsync),
        new("log", "Appends with receipts, SQLite and PostgreSQL, against bare durable inserts.", LogScenario.RunAsync),
        new("catalog", "Authorize under catalogs of 10 to 100,000 entries, against the smallest; loading and memory.", CatalogScenario.RunAsync),
        new("growth", "A broker on logs of 10,000 to 1,000,000 records (--full: 10,000,000), against one of 1,000; start-up and memory.", GrowthScenario.RunAsync),
        new("scale", "Authorize and Redeem through 1, 2 and 3 brokers on one Redis Cluster and one PostgreSQL, against 1.", ScaleScenario.RunAsync),
        new("match", "Persons by their four attributes: wrong matches and recall over made-up records (--full: 1,000,000 pairs), and pairs a second against bare Unicode normalization.", MatchScenario.RunAsync),
        new("link", "Two agencies link 10,000 residents each (--full: 100,000), over registry, code authority and broker, against comparing alone.", LinkScenario.RunAsync),
        new("beset", "Whole exchanges while the broker is beset by idle, slow and flooding peers, against the same in peace.", BesetScenario.RunAsync),
        new("numbering", "People numbered, 1,000 a call, on SQLite and PostgreSQL, and the room that each takes; no floor, a nation is worked out from it.", NumberingScenario.RunAsync),
    ];
}
