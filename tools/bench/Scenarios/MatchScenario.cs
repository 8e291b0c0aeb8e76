using System.Diagnostics;
using InfoLink.Bench.Populations;
using InfoLink.Matching;
using InfoLink.Matching.Text;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Matching of the four attributes: wrong matches among pairs of different persons as near as people come, how many pairs of one person are found, and
/// pairs a second on one thread. The floor brings the same text into Unicode's compatibility form and compares it, nothing else.
/// </summary>
internal static class MatchScenario
{
    private const ulong Seed = 20231218;
    private const int Sample = 1_000;

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        var pairs = run.Full ? 1_000_000 : 50_000;
        run.Say($"{pairs:N0} pairs of different persons and as many of one, seed {Seed}");
        var half = await Task.WhenAll(Task.Run(() => MatchTrial.Run(pairs / 2, Seed)), Task.Run(() => MatchTrial.Run(pairs / 2, Seed + 1)));
        var perMillion = 1e6 / pairs;
        var perHundred = 1e2 / pairs;

        var draw = new Draw(Seed);
        var records = Enumerable.Range(0, Sample).Select(_ => MadeUpPerson.New(draw)).Select(person => (Scribe.Write(person, draw), Scribe.Write(person, draw))).ToArray();
        var rates = await run.ByTurnsAsync(
            share => RateAsync(share, records, (a, b) => AttributeMatch.Compare(NormalForm.Of(a), NormalForm.Of(b)).Outcome is MatchOutcome.Match),
            share => RateAsync(share, records, BareCompare));

        return
        [
            new Figure($"match: wrong matches per million, {pairs:N0} pairs of different persons", "pairs", half.Sum(each => each.WrongMatches) * perMillion, Aim: new Aim(0, AtLeast: false, OfRatio: false)),
            new Figure("match: different persons called ambiguous", "%", half.Sum(each => each.WrongDoubts) * perHundred),
            new Figure("match: one person, found (recall)", "%", half.Sum(each => each.Matches) * perHundred, Aim: new Aim(85, AtLeast: true, OfRatio: false)),
            new Figure("match: one person, called ambiguous", "%", half.Sum(each => each.Doubts) * perHundred),
            Figure.Of("match: pairs normalized and compared, one thread", "pairs/s", rates[0], rates[1]),
        ];
    }

    private static bool BareCompare(BasicAttributes a, BasicAttributes b) =>
        Same(a.Name, b.Name) & Same(a.Kana, b.Kana) & Same(a.Address, b.Address) & Same(a.BirthDate, b.BirthDate) & Same(a.Sex, b.Sex);

    private static bool Same(string? a, string? b) => string.Equals(Kc(a), Kc(b), StringComparison.Ordinal);

    private static string Kc(string? text) => text is null ? "" : PlainText.Join(UnicodeForms.Kc(text.EnumerateRunes()));

    private static Task<double> RateAsync(TimeSpan duration, (BasicAttributes A, BasicAttributes B)[] records, Func<BasicAttributes, BasicAttributes, bool> compare) => Task.Run(() =>
    {
        var (compared, matches) = (0L, 0L);
        var began = Stopwatch.GetTimestamp();
        do
        {
            foreach (var (a, b) in records)
            {
                matches += compare(a, b) ? 1 : 0;
            }

            compared += records.Length;
        }
        while (Stopwatch.GetElapsedTime(began) < duration);

        return matches >= 0 ? compared / Stopwatch.GetElapsedTime(began).TotalSeconds : throw new InvalidOperationException("Nothing was compared.");
    });
}
