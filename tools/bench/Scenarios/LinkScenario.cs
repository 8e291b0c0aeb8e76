using System.Diagnostics;
using InfoLink.Agent;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.CodeAuthority;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Drifting;
using InfoLink.Samples.Registry.Generating;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Samples.Registry.Matching;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Scenarios;

/// <summary>
/// Two agencies link a whole population, one after the other: registry, code authority, broker and agent each on its own port, everything on record. Against
/// the registry's comparing alone, in one process, of the same records. The counts must agree, and nobody may be linked to another.
/// </summary>
internal static class LinkScenario
{
    private const int Population = 10_000;
    private const int FullPopulation = 100_000;
    private const int Batch = 1_000;
    private static readonly LinkAct Act = new("bench", "link");

    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchRun run)
    {
        using var place = new BenchFolder();
        var count = run.Full ? FullPopulation : Population;
        var folder = NetworkFolder.Create(place.Path("network"), "", TimeProvider.System);
        run.Say($"a register of {count:N0} made-up people");
        var register = folder.InstitutionPath(NetworkFolder.Registry, "registry.db");
        Register.Make(register, new Generator(1).Residents(count)).Dispose();
        await using var network = await RunningNetwork.StartAsync(folder, TimeProvider.System, NullLoggerFactory.Instance);
        await using var codes = CodeAuthorityHost.Open(folder.CodeAuthorityOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        await codes.ServeAsync();
        var options = new RegistryOptions { Member = folder.RegistryOptions() };
        (options.Limits.PersonsPerMinute, options.Limits.Burst) = (1_000_000, 1_000_000);
        await using var registry = RegistryHost.Open(options, TimeProvider.System, NullLoggerFactory.Instance);
        await registry.ServeAsync();

        List<Resident> people = [.. registry.Register.All().Where(person => person.Standing == Standing.Resident)];
        var bare = Compare(registry.Register, people);
        var (yokohama, one) = await LinkAsync(network.Requester, people, "Y", new OldRecords(1, Drift.Writing), run);
        var (setagaya, other) = await LinkAsync(network.Provider, people, "S", new OldRecords(2, Drift.Writing), run);
        return
        [
            Figure.Of($"linking {people.Count:N0} residents at one agency, against comparing alone", "persons/s", [people.Count / yokohama.TotalSeconds, people.Count / setagaya.TotalSeconds], [bare, bare]),
            Figure.Of("residents who have a link afterwards, of those asked for", "%", [Percent(one), Percent(other)]),
            Figure.Of("counts that do not agree", "persons", [Disagreement(one, people.Count) + Disagreement(other, people.Count)], new Aim(0, AtLeast: false, OfRatio: false)),
        ];
    }

    private static async Task<(TimeSpan Elapsed, LinkJob Job)> LinkAsync(AgentHost agency, List<Resident> people, string prefix, OldRecords written, BenchRun run)
    {
        var began = Stopwatch.GetTimestamp();
        var job = await agency.Agent.LinkAllAsync("bench", Persons(), Act);
        var elapsed = Stopwatch.GetElapsedTime(began);
        run.Say($"{prefix}: asked {job.Asked:N0}, matched {job.Matched:N0}, ambiguous {job.Of(LinkingResult.Ambiguous):N0}, not found {job.Of(LinkingResult.NotFound):N0}, given {job.Given:N0}, linked {job.LinkedNow:N0}, {people.Count / elapsed.TotalSeconds:N0} persons/s");
        return (elapsed, job);

        async IAsyncEnumerable<LocalPerson> Persons()
        {
            for (var i = 0; i < people.Count; i++)
            {
                var record = written.Of(people[i], i).Attributes;
                yield return new LocalPerson
                {
                    Id = LocalId.Of($"{prefix}-bench-{i}"),
                    Name = record.Name,
                    Kana = record.Kana,
                    Address = record.Address,
                    BirthDate = record.BirthDate,
                    Sex = record.Sex,
                };
            }

            await Task.CompletedTask;
        }
    }

    /// <returns>Persons a second.</returns>
    private static double Compare(Register register, List<Resident> people)
    {
        var written = new OldRecords(1, Drift.Writing);
        var records = people.Take(Population).Select((person, i) => written.Of(person, i).Attributes).ToList();
        var search = new PersonSearch(register);
        var began = Stopwatch.GetTimestamp();
        foreach (var batch in records.Chunk(Batch))
        {
            search.Search(batch, MatchPurpose.LinkPurpose, CancellationToken.None);
        }

        return records.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static double Percent(LinkJob job) => 100.0 * job.LinkedNow / job.Asked;

    private static double Disagreement(LinkJob job, int asked) =>
        Math.Abs(job.Asked - asked) + Math.Abs(job.Matched + job.Of(LinkingResult.Ambiguous) + job.Of(LinkingResult.NotFound) - job.Asked) + (job.Agrees ? 0 : 1);
}
