using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Replicas;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Tools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>An operator's commands, through the local socket of a running agent.</summary>
public sealed class ReplicaCommandsTests : IAsyncLifetime
{
    private AgentNetwork _network = null!;
    private WebApplication _api = null!;
    private string _config = "";

    public async ValueTask InitializeAsync()
    {
        var source = new SourceOptions { Kind = Asked.Tax, Replica = new ReplicaOptions { Key = "atena", TaxYear = "nendo", Encoding = "shift_jis" }, Map = ReplicaWorld.Map() };
        _network = await AgentNetwork.StartAsync(new AgentNetworkOptions { Kinds = [], Witnessed = false, Provider = options => options.Sources.Add(source) });
        var options = _network.Folder.AgentOptions(NetworkFolder.Provider);
        options.Sources.Clear();
        options.Sources.Add(source);
        options.Write(_config = _network.Folder.AgencyPath(NetworkFolder.Provider, "clerk.json"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_network.Provider.Agent);
        LocalApi.Listen(builder, options);
        _api = builder.Build();
        LocalApi.Map(_api);
        ReplicaApi.Map(_api);
        await _api.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task A_file_is_imported_shown_tried_and_recalled()
    {
        var (code, output, _) = await RunAsync("status");
        Assert.Equal((1, $"{Asked.Tax}: NOTHING: nothing has been delivered, or it was recalled; nothing is answered from it.\n"), (code, output));

        var file = Write("1.csv", ReplicaWorld.Line("S-1", 1), ReplicaWorld.Line("S-2", 2));
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(file)));
        var manifest = _network.Folder.Path("1.json");
        await File.WriteAllTextAsync(manifest, $$"""{"rows": 2, "sha256": "{{digest}}", "asOf": "2026-09-01T02:00:00+09:00"}""");
        (code, output, var error) = await RunAsync("import", file, "--source", Asked.Tax, "--manifest", manifest);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("is answered from delivery 1, 2 records, exported 2026-08-31 17:00 UTC.", output, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("status")).Code); // Late since autumn.

        var tried = await Infolink.RunAgentAsync("try", "--kind", Asked.Tax, "--person", "S-2", "--tax-year", "2026", "--config", _config);
        Assert.True(tried.Code == 0, tried.Error + tried.Output);
        Assert.Contains("goukei = 「2」", tried.Output, StringComparison.Ordinal);

        (code, output, _) = await RunAsync("import", Write("2.csv", ReplicaWorld.Line("S-1", 3), ReplicaWorld.Line("S-2", 3)), "--source", Asked.Tax, "--json");
        Assert.Equal(0, code);
        Assert.Equal(2, JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("standing").GetProperty("inUse").GetProperty("number").GetInt32());
        Assert.Equal(0, (await RunAsync("status")).Code);
        Assert.Equal("Good", JsonDocument.Parse((await RunAsync("status", "--json")).Output).RootElement[0].GetProperty("state").GetString());

        Assert.StartsWith($"Recalled. {Asked.Tax}: delivery 1, 2 records", (await RunAsync("recall", "--source", Asked.Tax, "--reason", "昨年度の表")).Output, StringComparison.Ordinal);
        var deliveries = (await RunAsync("deliveries", "--source", Asked.Tax)).Output.Split('\n');
        Assert.StartsWith("2  recalled  2 records", deliveries[0], StringComparison.Ordinal);
        Assert.StartsWith("1  in-use  2 records", deliveries[1], StringComparison.Ordinal);
        Assert.Contains(digest, deliveries[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_imported_is_said_and_nothing_is()
    {
        var good = Write("good.csv", ReplicaWorld.Line("S-1"));
        foreach (var (arguments, error) in ((string[], string)[])
            [
                (["import", Write("bad.csv", "S-1,x"), "--source", Asked.Tax], "line 2: 2 fields"),
                (["import", good, "--source", "other"], $"It has: {Asked.Tax}."),
                (["import", good, "--source", Asked.Tax, "--rows", "2"], "the source says 2"),
                (["import", good, "--source", Asked.Tax, "--sha256", new string('0', 64)], "SHA-256"),
                (["import", good, "--source", Asked.Tax, "--sha256", "x"], "64 hexadecimal digits"),
                (["import", good, "--source", Asked.Tax, "--as-of", "yesterday"], "--as-of is written as"),
                (["import", good, "--source", Asked.Tax, "--manifest", good], "is not a manifest"),
                (["import", _network.Folder.Path("none.csv"), "--source", Asked.Tax], "Could not find file"),
                (["recall", "--source", Asked.Tax, "--reason", "x"], "nothing to recall"),
            ])
        {
            var ended = await RunAsync(arguments);
            Assert.Equal(1, ended.Code);
            Assert.Contains(error, ended.Error, StringComparison.Ordinal);
        }

        Assert.Null(_network.Provider.Agent.Replicas.Standing()[0].InUse);
    }

    private string Write(string name, params IEnumerable<string> lines)
    {
        var path = _network.Folder.Path(name);
        File.WriteAllBytes(path, ReplicaWorld.ShiftJis(string.Concat(lines.Prepend(ReplicaWorld.Heading).Select(line => line + "\r\n"))));
        return path;
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) => Infolink.RunAgentAsync(["replica", .. arguments, "--config", _config]);
}
