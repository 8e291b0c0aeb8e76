using InfoLink.Agent;
using InfoLink.Broker;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Limits;

public sealed class LimitOptionsTests
{
    [Fact]
    public void What_a_file_does_not_name_keeps_its_default()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Path("broker.json");
        File.WriteAllText(path, """{ "limits": { "authorize": { "atOnce": 3 }, "personsPerDay": 0 } }""");
        var read = BrokerOptions.Read(path).Limits;
        var defaults = new BrokerOptions().Limits;
        Assert.Equal((3, defaults.Authorize.PerSecond, defaults.Authorize.Burst), (read.Authorize.AtOnce, read.Authorize.PerSecond, read.Authorize.Burst));
        Assert.Equal((0, defaults.RefusedCodes), (read.PersonsPerDay, read.RefusedCodes));

        var agent = folder.Path("agent.json");
        File.WriteAllText(agent, """{ "limits": { "fetchOfAll": { "waiting": 7 } } }""");
        var fetches = AgentOptions.Read(agent).Limits.FetchOfAll;
        Assert.Equal((7, new AgentOptions().Limits.FetchOfAll.AtOnce), (fetches.Waiting, fetches.AtOnce));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Path("broker.json");
        var options = new BrokerOptions();
        (options.Limits.Finish.Burst, options.Limits.FinishOfAll.Waiting, options.Limits.LongestPauseSeconds) = (77, 88, 99);
        options.Write(path);
        var read = BrokerOptions.Read(path).Limits;
        Assert.Equal((77, 88, 99), (read.Finish.Burst, read.FinishOfAll.Waiting, read.LongestPauseSeconds));
    }

    [Fact]
    public void A_file_with_an_unknown_limit_is_not_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Path("broker.json");
        File.WriteAllText(path, """{ "limits": { "personsPerWeek": 1 } }""");
        Assert.Contains("personsPerWeek", Assert.Throws<InvalidOperationException>(() => BrokerOptions.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_limit_that_makes_no_sense_is_named_at_once()
    {
        var options = new BrokerOptions();
        var limits = options.Limits;
        limits.Authorize.PerSecond = -1;
        limits.Authorize.AtOnce = 0;
        limits.Finish.Burst = 0;
        limits.Finish.Waiting = -1;
        limits.AuthorizeOfAll.AtOnce = 0;
        limits.FinishOfAll.Waiting = -1;
        limits.PersonsPerSecond = 999;
        limits.EntryPersonsPerSecond = -1;
        limits.PersonsPerDay = 1;
        limits.RefusedCodes = 0;
        limits.RefusedCodesWithinMinutes = 61;
        limits.LongestPauseSeconds = 0;
        limits.Connections = 99;
        limits.ConnectionsOfOneMember = 1;
        string[] names =
        [
            "authorize.perSecond", "authorize.atOnce", "finish.burst", "finish.waiting", "authorizeOfAll", "finishOfAll", "personsPerSecond",
            "entryPersonsPerSecond", "personsPerDay", "refusedCodes", "refusedCodesWithinMinutes", "longestPauseSeconds", "connections", "connectionsOfOneMember",
        ];
        string[] found = [.. options.Errors().Where(error => error.StartsWith("limits.", StringComparison.Ordinal)).Select(error => error.Split(':')[0])];
        Assert.Equal(names.Select(name => "limits." + name).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal), StringComparer.Ordinal);

        var agent = new AgentOptions();
        agent.Limits.Fetch.AtOnce = 0;
        agent.Limits.FetchOfAll.AtOnce = 0;
        agent.Limits.Local.Waiting = -1;
        agent.Limits.Connections = 0;
        agent.Limits.ConnectionsOfOneMember = 0;
        Assert.Equal(5, agent.Errors().Count(error => error.StartsWith("limits.", StringComparison.Ordinal)));
        Assert.DoesNotContain(new AgentOptions().Errors(), error => error.StartsWith("limits.", StringComparison.Ordinal));
        Assert.DoesNotContain(new BrokerOptions().Errors(), error => error.StartsWith("limits.", StringComparison.Ordinal));
    }
}
