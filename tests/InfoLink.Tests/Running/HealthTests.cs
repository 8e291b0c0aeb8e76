using System.Net;
using System.Net.Sockets;
using InfoLink.Agent.Host;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>What probes are told.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_running_agent_is_live_and_ready_by_command_and_by_port_without_a_key()
    {
        var port = FreePort();
        await using var network = await TestNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                AgentNetwork.WithoutWitnesses(folder);
                var options = folder.AgentOptions(NetworkFolder.Requester);
                options.Local.Listen = $"127.0.0.1:{port}";
                (options.Limits.Local.AtOnce, options.Limits.Local.Waiting) = (1, 0);
                options.Write(folder.AgencyPath(NetworkFolder.Requester, "agent.json"));
            },
        });
        var config = network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json");
        Assert.Equal(1, await HealthAsync(config, "--live"));
        await using (var agent = await PartyProcess.StartAgentAsync(network.Folder, NetworkFolder.Requester))
        {
            Assert.Equal(0, await HealthAsync(config));
            Assert.Equal(0, await HealthAsync(config, "--live"));
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            Assert.Equal("""{"live":true}""", await client.GetStringAsync(new Uri("/health/live", UriKind.Relative)));
            Assert.Equal("""{"ready":true}""", await client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));

            // No more than that, and not to a page in a browser.
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/v1/blocks"));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/health/other"));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/health/ready", ("Origin", "https://elsewhere.example")));
            Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/health/ready", ("Host", "elsewhere.example")));
            Assert.Equal(0, await agent.StopAsync());
        }

        Assert.Equal(1, await HealthAsync(config));
    }

    [Fact]
    public async Task It_is_not_ready_for_as_long_as_it_could_not_take_part_and_says_why()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        Assert.Empty(network.Provider.Readiness.WhyNot());
        await network.StopProviderAsync();
        network.ProviderClock.Shift(TimeSpan.FromSeconds(-5)); // What the ledger had seen lies ahead, as after a crash.
        await network.StartProviderAsync();
        Assert.Contains("ledger", network.Provider.Readiness.WhyNot(), StringComparer.Ordinal);
        network.ProviderClock.Leap(TimeSpan.FromMinutes(1));
        Assert.Empty(network.Provider.Readiness.WhyNot());
        await network.Network.StopBrokerAsync();
        network.ProviderClock.Leap(TimeSpan.FromHours(25));
        network.Network.Journal.Expect("directory", "broker");
        Assert.Equal(["directory"], network.Provider.Readiness.WhyNot(), StringComparer.Ordinal);
    }

    private static Task<int> HealthAsync(string config, params string[] options) => HealthCommand.Create().Parse(["--config", config, .. options]).InvokeAsync();

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var reply = await client.SendAsync(request);
        return reply.StatusCode;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
