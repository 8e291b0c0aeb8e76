using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Checkup;

/// <summary>The commented configuration that <c>infolink-agent init</c> writes.</summary>
public sealed partial class ConfigurationTemplateTests
{
    [Fact]
    public async Task It_reads_as_it_is_and_with_everything_said()
    {
        using var files = new TemporaryFolder();
        var path = files.Path("agent.json");
        Assert.Equal(0, await InitCommand.Create().Parse([path]).InvokeAsync());
        var asItIs = AgentOptions.Read(path);
        Assert.Empty(asItIs.Sources);
        var text = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(path, Said().Replace(text, "${indent}"));
        var whole = AgentOptions.Read(path);
        Assert.Equal((4, 1), (whole.Sources.Count, whole.Drivers.Count));
        Assert.Equal(4, whole.People!.Roles.Count);
        Assert.Equal("127.0.0.1:8480", whole.Local.Listen);

        // What is shown as a default is one.
        var (fresh, folder, freshFolder) = (new AgentOptions(), Assert.Single(whole.Folders), new FolderOptions());
        Assert.Equal(
            (freshFolder.QuietSeconds, freshFolder.EverySeconds, freshFolder.AtOnce, freshFolder.MostMegabytes, freshFolder.KeepDays, freshFolder.Results),
            (folder.QuietSeconds, folder.EverySeconds, folder.AtOnce, folder.MostMegabytes, folder.KeepDays, folder.Results));
        Assert.Equal(
            (fresh.Trust, fresh.Data, fresh.ReplicaKey, fresh.LeafLifetimeSeconds, fresh.Postgres, fresh.SourceTimeoutSeconds, fresh.FetchTimeoutSeconds),
            (whole.Trust, whole.Data, whole.ReplicaKey, whole.LeafLifetimeSeconds, whole.Postgres, whole.SourceTimeoutSeconds, whole.FetchTimeoutSeconds));
        Assert.Equal((fresh.Limits.Connections, fresh.Limits.Fetch.Burst, fresh.Limits.FetchOfAll.Waiting), (whole.Limits.Connections, whole.Limits.Fetch.Burst, whole.Limits.FetchOfAll.Waiting));
        Assert.Equal(
            (fresh.Otlp.Endpoint, fresh.Otlp.Protocol, fresh.Otlp.Headers, fresh.Otlp.Authority, fresh.Otlp.EverySeconds, fresh.Otlp.DeadlineSeconds, fresh.Otlp.Traces),
            (whole.Otlp.Endpoint, whole.Otlp.Protocol, whole.Otlp.Headers, whole.Otlp.Authority, whole.Otlp.EverySeconds, whole.Otlp.DeadlineSeconds, whole.Otlp.Traces));
        Assert.Equal((1, 1, 1), (whole.Service.Hours.Count, whole.Service.Holidays.Count, whole.Service.Stops.Count));
        Assert.Empty(whole.Service.Errors());
        Assert.Equal((fresh.Manual.Most, fresh.Manual.MostOfOneRequester, fresh.Manual.MostPending), (whole.Manual.Most, whole.Manual.MostOfOneRequester, whole.Manual.MostPending));
    }

    [Theory]
    [InlineData(typeof(AgentOptions))]
    [InlineData(typeof(PeopleOptions))]
    [InlineData(typeof(RoleOptions))]
    [InlineData(typeof(DriverOptions))]
    [InlineData(typeof(CaseOptions))]
    [InlineData(typeof(LocalApiOptions))]
    [InlineData(typeof(LimitOptions))]
    [InlineData(typeof(FolderOptions))]
    [InlineData(typeof(FourEyesOptions))]
    [InlineData(typeof(ManualOptions))]
    [InlineData(typeof(ServiceOptions))]
    [InlineData(typeof(ServiceHoursOptions))]
    [InlineData(typeof(PlannedStopOptions))]
    [InlineData(typeof(Hosting.Watching.OtlpOptions))]
    public void It_has_every_setting(Type options)
    {
        var template = InitCommand.Fill(new AgentOptions());
        var names = options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Select(property => $"\"{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}\"").ToList();
        Assert.NotEmpty(names);
        Assert.All(names.Except(["\"sqlite\""], StringComparer.Ordinal), name => Assert.Contains(name, template, StringComparison.Ordinal)); // Of two databases one is shown.
    }

    [Fact]
    public async Task A_joined_agent_runs_with_it_and_nothing_is_written_over()
    {
        await using var network = await TestNetwork.StartAsync();
        var config = network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json");
        var path = network.Folder.AgencyPath(NetworkFolder.Requester, "agent-new.json");
        Assert.Equal(0, await InitCommand.Create().Parse([path, "--config", config]).InvokeAsync());
        Assert.Empty(AgentOptions.Read(path).Errors());
        Assert.Equal(1, await InitCommand.Create().Parse([path, "--config", config]).InvokeAsync());
        Assert.Equal(1, await InitCommand.Create().Parse([network.Folder.Path("elsewhere.json"), "--config", config]).InvokeAsync());
        Assert.False(File.Exists(network.Folder.Path("elsewhere.json")));
    }

    [GeneratedRegex("""^(?<indent>\s*)//(?=["{}\[\]])""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Said();
}
