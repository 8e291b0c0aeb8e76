using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Can the requester tell a withheld person from an unknown one by time? Exchanges about unknown, withheld and quarantined persons in random order, as the requester's caller sees them: under an
/// entry that is answered automatically, under one that people answer, and when a denied answer is collected. Of each pair the Kolmogorov–Smirnov statistic (the largest distance between the two
/// distributions) is held against the value that two samples of one distribution exceed once in a thousand times. That it can tell distributions apart is shown by a person who is answered for.
/// </summary>
internal static class WithheldScenario
{
    private const string ByHand = "106.municipality.108-1-ha";

    /// <summary>c(α) of the two-sample test for α = 0.001.</summary>
    private const double Critical = 1.949;

    /// <summary>More says little more, and takes long: an answer takes 50 ms at least.</summary>
    private const int MostOfEach = 400;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly Asker Clerk = new("bench", "bench", "bench");
    private static readonly LinkAct Decided = new("bench", "bench");
    private static readonly string[] Classes = ["unknown", "withheld", "quarantined"];

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var folder = ExchangeScenario.WithoutPace(NetworkFolder.Create(place.Path("network"), redis: "", TimeProvider.System));
        AnswerByHand(folder);
        await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
        await LinkAsync(folder, network);
        var walk = new Walk(network, TimeProvider.System);
        for (var i = 0; i < 50; i++)
        {
            await walk.ExchangeAsync(); // Who is not answered for waits as long as one of these took.
        }

        var budget = run.Duration * 2 > Longest ? Longest : run.Duration * 2;
        var automatic = await MeasureAsync(
            budget, Classes.Length + 1, person => person == Classes.Length ? walk.ExchangeAsync() : AskAsync(network, Tax, person, typeof(FetchedPerson.Refused)));
        var pending = await MeasureAsync(budget, Classes.Length, person => AskAsync(network, Relationship, person, typeof(FetchedPerson.Pending)));
        var denied = await DeniedAsync(network);
        var collected = await MeasureAsync(budget, Classes.Length, person => AskAsync(network, Relationship with { Continues = denied[person] }, person, typeof(FetchedPerson.Refused)));
        return [.. Figures("not available", automatic), Compared("not available: a person who is answered for", "unknown", automatic[Classes.Length], automatic[0], alike: false), .. Figures("pending", pending), .. Figures("denied, collected", collected)];
    }

    private static Inquiry Tax => new()
    {
        Entry = EntryId.Parse(Walk.Entry),
        Provider = AgencyId.Parse(NetworkFolder.Provider),
        Role = SubjectRole.Parse(Walk.Role),
        Conditions = new InquiryConditions { TaxYear = Walk.TaxYear },
    };

    private static Inquiry Relationship => new() { Entry = EntryId.Parse(ByHand), Provider = AgencyId.Parse(NetworkFolder.Provider), Role = SubjectRole.Parse(Walk.Role) };

    /// <summary>Classes in random order, so that what happens beside meets all alike.</summary>
    private static async Task<double[][]> MeasureAsync(TimeSpan budget, int classes, Func<int, Task> exchange)
    {
        var times = Enumerable.Range(0, classes).Select(_ => new List<double>()).ToArray();
        for (var person = 0; person < 10 * classes; person++)
        {
            await exchange(person % classes); // Compiled, connected.
        }

        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < budget && times.Any(some => some.Count < MostOfEach))
        {
            var person = RandomNumberGenerator.GetInt32(classes);
            var asked = Stopwatch.GetTimestamp();
            await exchange(person);
            times[person].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        return [.. times.Select(some => some.Order().ToArray())];
    }

    private static async Task AskAsync(RunningNetwork network, Inquiry inquiry, int person, Type expected)
    {
        var fetched = await network.Requester.Agent.FetchAsync([Classes[person]], inquiry, Clerk);
        if (fetched.Persons[0].GetType() != expected)
        {
            throw new InvalidOperationException($"Whoever is {Classes[person]} is {fetched.Persons[0].GetType().Name}.");
        }
    }

    /// <summary>One exchange about each of them that a person has denied.</summary>
    private static async Task<ExchangeId[]> DeniedAsync(RunningNetwork network)
    {
        var denied = new ExchangeId[Classes.Length];
        for (var person = 0; person < Classes.Length; person++)
        {
            denied[person] = (await network.Requester.Agent.FetchAsync([Classes[person]], Relationship, Clerk)).ExchangeId!.Value;
            await network.Provider.Agent.Queue.DenyAsync(await NumberOfAsync(network, denied[person]), DenialReason.NotAvailable, Decided);
        }

        return denied;
    }

    /// <summary>The list shows a thousand, and the newest may be behind them; numbers ascend without a gap.</summary>
    private static async Task<long> NumberOfAsync(RunningNetwork network, ExchangeId exchange)
    {
        var number = 1L;
        while ((await network.Provider.Agent.Queue.FindAsync(number)).Exchange != exchange)
        {
            number++;
        }

        return number;
    }

    private static IEnumerable<Figure> Figures(string what, double[][] times)
    {
        for (var one = 1; one < Classes.Length; one++)
        {
            yield return new Figure($"{what}: {Classes[one]} against {Classes[0]}, p50", "ms", Figure.Median(times[one]), Figure.Median(times[0]), Figure.Median(times[one]) / Figure.Median(times[0]));
        }

        foreach (var (one, other) in ((int, int)[])[(1, 0), (2, 0), (1, 2)])
        {
            yield return Compared($"{what}: {Classes[one]}", Classes[other], times[one], times[other], alike: true);
        }
    }

    private static Figure Compared(string one, string other, double[] ones, double[] others, bool alike)
    {
        var threshold = Critical * Math.Sqrt((ones.Length + others.Length) / ((double)ones.Length * others.Length));
        var distance = Distance(ones, others);
        return new Figure(
            $"{one} ({ones.Length}) and {other} ({others.Length}), Kolmogorov–Smirnov, threshold of 1 in 1,000", "D", distance, threshold, distance / threshold, new Aim(1, AtLeast: !alike));
    }

    /// <summary>The largest distance between two empirical distributions.</summary>
    private static double Distance(double[] one, double[] other)
    {
        var (i, j, most) = (0, 0, 0.0);
        while (i < one.Length && j < other.Length)
        {
            var at = Math.Min(one[i], other[j]);
            while (i < one.Length && one[i] <= at)
            {
                i++;
            }

            while (j < other.Length && other[j] <= at)
            {
                j++;
            }

            most = Math.Max(most, Math.Abs(((double)i / one.Length) - ((double)j / other.Length)));
        }

        return most;
    }

    private static async Task LinkAsync(NetworkFolder folder, RunningNetwork network)
    {
        using var masters = new CodeMasters();
        masters.Add(NetworkFolder.Epoch, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{NetworkFolder.Epoch}.key")));
        var cipher = new LinkCodeCipher(masters);
        for (var person = 0; person < Classes.Length; person++)
        {
            var id = IdCode.Create(IdCodeKind.Test, (ulong)(900_000 + person), generation: 0);
            await network.Requester.Agent.Links.PutAsync(Classes[person], cipher.Encode(id, AgencyId.Parse(NetworkFolder.Requester), NetworkFolder.Epoch));
            if (person > 0)
            {
                await network.Provider.Agent.Links.PutAsync("S-" + Classes[person], cipher.Encode(id, AgencyId.Parse(NetworkFolder.Provider), NetworkFolder.Epoch));
            }
        }

        await network.Provider.Agent.Links.MarkAsync("S-withheld", withheld: true);
        await network.Provider.Agent.Links.MarkAsync("S-quarantined", LinkState.Quarantined);
    }

    /// <summary>In this network's catalog people answer for relationships.</summary>
    private static void AnswerByHand(NetworkFolder folder)
    {
        const string Before = "    answerDeadlineDays:";
        var catalog = File.ReadAllText(folder.CatalogPath);
        var at = catalog.IndexOf(Before, catalog.IndexOf($"  {ByHand}:", StringComparison.Ordinal), StringComparison.Ordinal);
        File.WriteAllText(folder.CatalogPath, catalog.Insert(at, "    requires: [manual]\n"));
    }
}
