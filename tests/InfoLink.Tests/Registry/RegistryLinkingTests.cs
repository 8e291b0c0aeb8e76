using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.CodeAuthority;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Drifting;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Registry;

/// <summary>From what an agency's old system has of a person to that person's link code, through the registry, the code authority and the broker, each on its own port.</summary>
public sealed class RegistryLinkingTests
{
    private static readonly LinkAct Clerk = new("住民記録係", "紐付け");

    [Fact]
    public async Task Two_agencies_whose_records_are_written_differently_get_the_codes_of_one_person()
    {
        using var sample = SampleRegister.Of(300);
        await using var network = await TestNetwork.StartWithAgentsAsync();
        await using var codes = CodeAuthorityHost.Open(network.Folder.CodeAuthorityOptions(), network.Clock, network.Journal.Loggers);
        await codes.ServeAsync();
        var options = new RegistryOptions { Member = network.Folder.RegistryOptions(), Register = sample.Path("registry.db"), Audit = sample.Path("registry-audit.db") };
        await using var registry = RegistryHost.Open(options, network.Clock, network.Journal.Loggers);
        await registry.ServeAsync();
        var (yokohama, setagaya) = (network.Running.Requester, network.Running.Provider);
        var (here, there) = (new OldRecords(1, Drift.Writing), new OldRecords(2, Drift.Writing));
        var people = sample.People.Where(person => person is { Standing: Standing.Resident, Current.Municipality.Length: > 0 } && person.Current.BirthDate[^2..] is not "00").Take(12).ToList();

        var linked = 0;
        for (var i = 0; i < people.Count; i++)
        {
            var one = await yokohama.Agent.LinkAsync(Local($"Y-{i}", here.Of(people[i], i).Attributes), Clerk);
            var other = await setagaya.Agent.LinkAsync(Local($"S-{i}", there.Of(people[i], i).Attributes), Clerk);
            if ((one.Result, other.Result) is not (LinkingResult.Linked, LinkingResult.Linked))
            {
                Assert.True(one.Result is LinkingResult.Linked or LinkingResult.Ambiguous && other.Result is LinkingResult.Linked or LinkingResult.Ambiguous, $"{one.Result} {other.Result}");
                continue;
            }

            // Different codes of the same ID code: the broker alone could say so, and does.
            linked++;
            Assert.NotEqual(await yokohama.Agent.Links.CodeOfAsync($"Y-{i}", CancellationToken.None), await setagaya.Agent.Links.CodeOfAsync($"S-{i}", CancellationToken.None));
        }

        Assert.InRange(linked, people.Count - 2, people.Count);
        var tags = (await network.AllRecordsAsync()).Where(entry => entry.Open.Event == AccessEvent.Linked).Select(entry => Convert.ToHexString(Assert.Single(entry.Subjects).Tag!)).ToList();
        Assert.Equal(linked, tags.GroupBy(tag => tag, StringComparer.Ordinal).Count(person => person.Count() == 2));
    }

    private static LocalPerson Local(string id, BasicAttributes attributes) => new()
    {
        Id = LocalId.Of(id),
        Name = attributes.Name,
        Kana = attributes.Kana,
        Address = attributes.Address,
        BirthDate = attributes.BirthDate,
        Sex = attributes.Sex,
    };
}
