using System.Text.Json;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Tools;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Manual;

/// <summary>Clerks on both sides, with the commands, through the local sockets of running agents.</summary>
public sealed class QueueCommandsTests
{
    private static readonly string[] Question = ["--entry", AgentNetwork.TaxEntry, "--provider", NetworkFolder.Provider, "--role", "claimant", "--tax-year", "2026", "--use", "認定請求の審査", "--operator", "児童手当係", "--terminal", "t-12"];

    [Fact]
    public async Task One_asks_another_looks_and_answers_in_part_and_the_first_collects()
    {
        await using var world = await HandWorld.StartAsync();
        await using var here = await ClerkAsync(world, NetworkFolder.Requester);
        await using var there = await ClerkAsync(world, NetworkFolder.Provider);
        Assert.Contains("pending collect", (await here.RunAsync(2, ["ask", "--person", "Y-1", "--collect", .. Question])), StringComparison.Ordinal);
        var exchange = JsonDocument.Parse(await here.RunAsync(0, "pending", "list", "--json")).RootElement[0].GetProperty("exchange").GetString()!;
        Assert.Contains("1 waiting  asks again", await here.RunAsync(0, "pending", "list"), StringComparison.Ordinal);
        Assert.Equal("pending", One(await here.RunAsync(2, "pending", "collect", exchange)).GetProperty("outcome").GetString());

        Assert.Contains($"{NetworkFolder.Requester}  {AgentNetwork.TaxEntry}  person S-1", await there.RunAsync(0, "queue", "list"), StringComparison.Ordinal);
        var shown = await there.RunAsync(0, "queue", "show", "1");
        Assert.All(["事務", "person S-1", exchange, "municipal-inhabitant-tax", "\"taxYear\":2026"], text => Assert.Contains(text, shown, StringComparison.Ordinal));

        var values = world.Network.Folder.Path("values.json");
        await File.WriteAllTextAsync(values, """{"municipal-inhabitant-tax": {"income-levy": "777"}}""");
        Assert.Contains("Question 1: answered.", await there.RunAsync(
            0, "queue", "answer", "1", "--from-source", "--values", values, "--absent", "municipal-inhabitant-tax/per-capita-levy=not-yet-determined", "--reason", "更正中", "--operator", "課税課"), StringComparison.Ordinal);
        var kinds = One(await here.RunAsync(0, "pending", "collect", exchange, "--operator", "係長", "--terminal", "t-1", "--use", "認定")).GetProperty("kinds").GetProperty("municipal-inhabitant-tax");
        Assert.Equal(("777", "not-yet-determined"), (kinds.GetProperty("income-levy").GetProperty("value").GetString(), kinds.GetProperty("per-capita-levy").GetProperty("absent").GetString()));
        Assert.Equal("", await there.RunAsync(0, "queue", "list"));
        Assert.Contains("collected", await there.RunAsync(0, "queue", "list", "--all"), StringComparison.Ordinal);
        Assert.Contains("課税課: 更正中", await there.RunAsync(0, "queue", "show", "1"), StringComparison.Ordinal);
        Assert.Equal("係長", (await AgentNetwork.AllOfAsync(world.Network.Requester)).Last(entry => entry.Open.Event == V1.AccessEvent.Received).Particulars!.Operator);
    }

    [Fact]
    public async Task Nobody_here_is_said_and_what_cannot_be_done_is_not_done()
    {
        await using var world = await HandWorld.StartAsync(provider: options => options.Manual.FourEyes.Add(AgentNetwork.TaxEntry));
        await using var there = await ClerkAsync(world, NetworkFolder.Provider);
        await world.PendingAsync(HandWorld.Withheld);
        Assert.Contains("--why not-available", await there.RunAsync(0, "queue", "show", "1"), StringComparison.Ordinal);
        foreach (var (arguments, error) in ((string[], string)[])
            [
                (["queue", "show", "7"], "There is no question 7"),
                (["queue", "approve", "1", "--reason", "x"], "Nobody here"),
                (["queue", "refuse", "1", "--why", "grounds", "--reason", "x"], "not-available and nothing else"),
                (["queue", "refuse", "1", "--why", "because", "--reason", "x"], "not-available, grounds, other-agency, by-letter"),
                (["queue", "answer", "1", "--absent", "kind", "--reason", "x"], "kind/item=reason"),
                (["queue", "answer", "1", "--absent", "kind=because", "--reason", "x"], "not a reason"),
                (["queue", "confirm", "1", "--reason", "x"], "Nothing waits"),
                (["pending", "collect", "nothing"], "not an exchange id"),
                (["pending", "collect", "00000000000000000000000000"], "Nothing pending"),
            ])
        {
            Assert.Contains(error, await there.RunAsync(1, arguments), StringComparison.Ordinal);
        }

        Assert.Contains("queue confirm 1", await there.RunAsync(0, "queue", "refuse", "1", "--why", "not-available", "--reason", "x", "--operator", "甲"), StringComparison.Ordinal);
        Assert.Contains("second person", await there.RunAsync(1, "queue", "confirm", "1", "--reason", "x", "--operator", "甲"), StringComparison.Ordinal);
        Assert.Contains("not-available. The requester", await there.RunAsync(0, "queue", "confirm", "1", "--reason", "x", "--operator", "乙"), StringComparison.Ordinal);
    }

    private static JsonElement One(string output) => Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("persons").EnumerateArray());

    private static async Task<Clerk> ClerkAsync(HandWorld world, string agency)
    {
        var options = world.Network.Folder.AgentOptions(agency);
        var config = Path.Combine(options.Folder, "clerk.json");
        options.Write(config);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(agency is NetworkFolder.Requester ? world.Network.Requester.Agent : world.Network.Provider.Agent);
        LocalApi.Listen(builder, options);
        var host = builder.Build();
        LocalApi.Map(host);
        QueueApi.Map(host);
        PendingApi.Map(host);
        await host.StartAsync();
        return new Clerk(host, config);
    }

    private sealed class Clerk(WebApplication host, string config) : IAsyncDisposable
    {
        public async Task<string> RunAsync(int expected, params string[] arguments)
        {
            var (code, output, error) = await Infolink.RunAgentAsync([.. arguments, "--config", config]);
            Assert.True(code == expected, $"{code}: {output}{error}");
            return output + error.TrimEnd();
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }
}
