using Dapper;
using InfoLink.Agent;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>An agent as an operator runs it, killed in the middle of an import.</summary>
public sealed class ReplicaKilledTests
{
    [Fact]
    public async Task The_delivery_before_answers_on_and_nothing_is_left_of_the_one_that_was_broken_off()
    {
        await using var network = TestNetwork.PrepareOnly();
        var config = network.Folder.AgencyPath(NetworkFolder.Provider, "agent.json");
        var options = AgentOptions.Read(config);
        options.Sources.Clear();
        options.Sources.Add(new SourceOptions { Kind = Asked.Tax, Replica = new ReplicaOptions { Key = "atena", TaxYear = "nendo" }, Map = ReplicaWorld.Map() });
        options.Write(config);
        await using var agent = await Party.StartAsync("agent", Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), traces: null, "--config", config);
        Assert.Equal(0, (await ImportAsync(network, config, 1, income: 1)).Code);

        var importing = ImportAsync(network, config, 400_000, income: 2);
        await Until.TrueAsync(() => importing.IsCompleted || Count(options, "SELECT COUNT(*) FROM sealed_row WHERE delivery = 2") > 0);
        await agent.KillAsync();
        Assert.Equal(1, (await importing).Code);
        Assert.NotEqual(0, Count(options, "SELECT COUNT(*) FROM sealed_row WHERE delivery = 2"));
        Assert.Contains("total-income", await TryAsync(config), StringComparison.Ordinal);

        await agent.StartAsync();
        await Until.TrueAsync(() => Count(options, "SELECT COUNT(*) FROM sealed_row") == 1);
        Assert.Contains("goukei = 「1」", await TryAsync(config), StringComparison.Ordinal);
        Assert.Equal(0, (await ImportAsync(network, config, 10, income: 3)).Code);
        Assert.Contains("goukei = 「3」", await TryAsync(config), StringComparison.Ordinal);
        await agent.StopAsync();
    }

    private static Task<(int Code, string Output, string Error)> ImportAsync(TestNetwork network, string config, int lines, int income)
    {
        var file = network.Folder.Path($"{income}.csv");
        File.WriteAllLines(file, Enumerable.Range(0, lines).Select(i => ReplicaWorld.Line($"S-{i}", income)).Prepend(ReplicaWorld.Heading));
        return Infolink.RunAgentAsync("replica", "import", file, "--source", Asked.Tax, "--config", config);
    }

    private static async Task<string> TryAsync(string config)
    {
        var (code, output, error) = await Infolink.RunAgentAsync("try", "--kind", Asked.Tax, "--person", "S-0", "--tax-year", "2026", "--config", config);
        Assert.True(code == 0, output + error);
        return output;
    }

    private static long Count(AgentOptions options, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={options.DataFile("replica.db")};Mode=ReadOnly;Pooling=false");
        return connection.ExecuteScalar<long>(sql);
    }
}
