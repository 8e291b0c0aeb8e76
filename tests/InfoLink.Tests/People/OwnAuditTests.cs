using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Inspection;
using InfoLink.Agent.Inspection;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.People;

/// <summary>The agency looks at what its own people did.</summary>
public sealed class OwnAuditTests
{
    private static readonly LinkAct Inspector = new("inspector", "monthly inspection");

    [Fact]
    public async Task Who_asked_how_often_about_how_many_and_what_is_unusual_is_read_from_the_agencys_own_log()
    {
        await using var network = await StartAsync();
        await AskAsync(network, "curious", 1);
        await AskAsync(network, "curious", 1);
        await AskAsync(network, "curious", 1);
        await AskAsync(network, "clerk", 1);
        await AskAsync(network, "clerk", 2, 3);
        await Assert.ThrowsAsync<RefusedException>(() => AskAsync(network, "stranger", 1));
        var scope = ScopeOf(network) with { Hours = (0, 24), SamePerson = 3, PersonsADay = 2 };
        var report = await network.Requester.Agent.Audit.LookAsync(scope, Inspector);
        Assert.Equal([new("clerk", 2, 3, 0), new("curious", 3, 3, 0), new("stranger", 0, 0, 1)], report.Operators);
        Assert.Equal([new(AgentNetwork.TaxEntry, 5, 6, 1)], report.Entries);
        Assert.Equal(
            ["many-persons clerk 3", "many-persons curious 3", "refused stranger 1", "same-person curious 3"],
            report.Unusual.Where(one => one.What is not "outside-hours").Select(one => $"{one.What} {one.Operator} {one.Times}").Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var asked = await AgentNetwork.AllOfAsync(network.Requester);
        Assert.All(report.Unusual.Where(one => one.What is "same-person").SelectMany(one => one.Serials), serial => Assert.Equal(AccessEvent.Asked, asked[(int)serial].Open.Event));
        Assert.Equal(5, report.Accesses.Count(one => one.Event is "RECEIVED"));
        Assert.Equal(
            [new("clerk", 2, 3, 0)], (await network.Requester.Agent.Audit.LookAsync(scope with { Operator = "clerk" }, Inspector)).Operators);
        Assert.Empty((await network.Requester.Agent.Audit.LookAsync(scope with { From = scope.From.AddDays(-9), Until = scope.From.AddDays(-1) }, Inspector)).Operators);

        // Each look is on record.
        var looks = (await AgentNetwork.AllOfAsync(network.Requester)).Where(entry => entry.Open.Act is { What: "audit" }).ToList();
        Assert.Equal(3, looks.Count);
        Assert.Equal(("inspector", "monthly inspection"), (looks[0].Open.Act.Operator, looks[0].Open.Act.Reason));
    }

    [Fact]
    public async Task Who_has_no_role_for_it_does_not_look()
    {
        await using var network = await StartAsync();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.Requester.Agent.Audit.LookAsync(ScopeOf(network), Inspector with { Operator = "clerk" }));
        Assert.Equal(RefusalName.OperatorNotAllowed, refused.Refusal.Name);
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(network.Requester), entry => entry.Open.Act is { What: "audit" });
    }

    [Fact]
    public async Task Nights_and_weekends_are_unusual()
    {
        await using var network = await StartAsync();
        await AskAsync(network, "clerk", 1);
        var now = network.RequesterClock.GetUtcNow().ToOffset(TimeSpan.FromHours(9));
        var before = ScopeOf(network) with { Hours = now.Hour < 23 ? (now.Hour + 1, 24) : (0, 23) }; // Hours that are not now.
        Assert.Contains((await network.Requester.Agent.Audit.LookAsync(before, Inspector)).Unusual, one => one is { What: "outside-hours", Operator: "clerk", Times: 1 });
    }

    [Fact]
    public async Task The_command_shows_it_at_the_running_agent()
    {
        await using var network = await StartAsync();
        await AskAsync(network, "clerk", 1);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(network.Requester.Agent);
        LocalApi.Listen(builder, network.Folder.AgentOptions(NetworkFolder.Requester));
        await using var host = builder.Build();
        AuditApi.Map(host);
        await host.StartAsync();
        var config = network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json");
        var today = DateOnly.FromDateTime(network.RequesterClock.GetUtcNow().AddHours(9).DateTime).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        string[] days = ["--from", today, "--until", today, "--config", config, "--reason", "why"];
        Assert.Equal(0, await AuditCommand.Create().Parse([.. days, "--operator", "inspector", "--list"]).InvokeAsync());
        Assert.Equal(0, await AuditCommand.Create().Parse([.. days, "--operator", "inspector", "--json"]).InvokeAsync());
        Assert.Equal(1, await AuditCommand.Create().Parse([.. days, "--operator", "clerk"]).InvokeAsync());
        Assert.Equal(1, await AuditCommand.Create().Parse([.. days, "--operator", "inspector", "--hours", "20-7"]).InvokeAsync());
    }

    private static AuditScope ScopeOf(AgentNetwork network) => new(network.RequesterClock.GetUtcNow().AddDays(-1), network.RequesterClock.GetUtcNow().AddDays(1));

    private static async Task AskAsync(AgentNetwork network, string @operator, params int[] persons) => await network.Requester.Agent.FetchAsync(
        [.. persons.Select(AgentNetwork.AtRequester)],
        new Inquiry { Entry = EntryId.Parse(AgentNetwork.TaxEntry), Provider = AgencyId.Parse(NetworkFolder.Provider), Role = SubjectRole.Parse("claimant"), Conditions = new InquiryConditions { TaxYear = 2026 } },
        new Asker(@operator, "t-1", "審査"));

    private static async Task<AgentNetwork> StartAsync()
    {
        var network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Witnessed = false,
            Prepare = folder => File.WriteAllText(folder.AgencyPath(NetworkFolder.Requester, "operators.csv"), "id,roles\nclerk,asks\ncurious,asks\ninspector,looks\n"),
            Requester = options => options.People = new PeopleOptions
            {
                Operators = "operators.csv",
                Record = "id",
                Roles = { ["asks"] = new RoleOptions { Ask = { "*" } }, ["looks"] = new RoleOptions { Audit = true } },
            },
        });
        await network.LinkAsync(1, 2, 3);
        return network;
    }
}
