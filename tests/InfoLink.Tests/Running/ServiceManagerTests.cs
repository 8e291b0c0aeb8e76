using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>What a service manager hears of a process, and the units that it is told by.</summary>
public sealed class ServiceManagerTests
{
    [Fact]
    public async Task The_agent_is_ready_when_it_answers_feeds_its_watchdog_and_says_when_it_begins_to_end()
    {
        await using var network = await TestNetwork.StartAsync(new() { Prepare = AgentNetwork.WithoutWitnesses });
        using var manager = new Manager(network.Folder.Path("notify"));
        var starting = PartyProcess.StartAgentAsync(network.Folder, NetworkFolder.Requester, ("NOTIFY_SOCKET", manager.Address), ("WATCHDOG_USEC", "1000000"));
        var first = await manager.HearAsync();
        Assert.StartsWith("READY=1\nSTATUS=Agency 141003 ", first, StringComparison.Ordinal);
        using (var client = LocalSocket.Client(network.Folder.AgencyPath(NetworkFolder.Requester, "data/agent.sock"), TestNetwork.Patience))
        {
            using var live = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
            Assert.True(live.IsSuccessStatusCode);
        }

        await using var agent = await starting;
        Assert.Equal("WATCHDOG=1", await manager.HearAsync());
        var ending = agent.StopAsync();
        string heard;
        do
        {
            heard = await manager.HearAsync();
        }
        while (heard is "WATCHDOG=1");

        Assert.StartsWith("STOPPING=1\n", heard, StringComparison.Ordinal);
        Assert.Equal(0, await ending);
    }

    [Fact]
    public async Task The_broker_says_the_same_to_a_manager_whose_socket_is_no_file()
    {
        await using var network = TestNetwork.PrepareOnly(new() { Prepare = AgentNetwork.WithoutWitnesses });
        using var manager = new Manager($"@infolink-test-{Environment.ProcessId}-{Path.GetFileName(Path.GetDirectoryName(network.Folder.FullPath))}");
        await using var broker = await PartyProcess.StartBrokerAsync(network.Folder, ("NOTIFY_SOCKET", manager.Address));
        Assert.StartsWith("READY=1\n", await manager.HearAsync(), StringComparison.Ordinal);
        var ending = broker.StopAsync();
        Assert.StartsWith("STOPPING=1\n", await manager.HearAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await ending);
    }

    [Fact]
    public async Task Who_does_not_start_is_never_ready_and_a_manager_that_is_gone_stops_nobody()
    {
        await using var network = await TestNetwork.StartAsync(new() { Prepare = AgentNetwork.WithoutWitnesses });
        using var manager = new Manager(network.Folder.Path("notify"));
        var options = network.Folder.AgentOptions(NetworkFolder.Requester);
        options.Otlp.Endpoint = "nowhere";
        options.Write(network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json"));
        var (code, output) = await PartyProcess.RefuseAgentAsync(network.Folder, NetworkFolder.Requester, ("NOTIFY_SOCKET", manager.Address));
        Assert.True(code == 1 && output.Contains("otlp: endpoint", StringComparison.Ordinal), output);
        Assert.False(manager.HasHeard);

        await using var provider = await PartyProcess.StartAgentAsync(network.Folder, NetworkFolder.Provider, ("NOTIFY_SOCKET", network.Folder.Path("nobody")));
        await provider.SaidAsync("The service manager at ");
        Assert.Equal(0, await provider.StopAsync());
    }

    [Theory]
    [InlineData("agent/InfoLink.Agent.Host/systemd/infolink-agent.service", "infolink-agent")]
    [InlineData("broker/InfoLink.Broker/systemd/infolink-broker.service", "infolink-broker")]
    public async Task The_units_are_whole_and_leave_the_process_little(string unit, string program)
    {
        var text = await File.ReadAllTextAsync(RepositoryRoot.Path(unit.Split('/')));
        Assert.All(
            ["Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077", "LimitCORE=0", "SystemCallFilter=@system-service", $"ExecStart=/opt/infolink/{program} "],
            line => Assert.Contains($"\n{line}", text, StringComparison.Ordinal));
        Assert.DoesNotContain("\nMemoryDenyWriteExecute=yes", text, StringComparison.Ordinal); // The runtime compiles as it runs.

        if (!File.Exists("/usr/bin/systemd-analyze"))
        {
            Assert.Skip("systemd-analyze is not installed.");
        }

        using var folder = new TemporaryFolder();
        var copy = folder.Path($"{program}.service");
        await File.WriteAllTextAsync(copy, text.Replace($"/opt/infolink/{program} ", "/bin/true ", StringComparison.Ordinal)); // It is not installed here.
        var (code, output) = await RunAsync("verify", "--man=no", copy);
        Assert.True(code == 0 && output.Length == 0, output);

        // From 0 (nothing is left to it) to 100.
        (code, output) = await RunAsync("security", "--offline=true", "--threshold=20", copy);
        Assert.True(code == 0, output);

        // The check can fail.
        await File.WriteAllTextAsync(copy, text.Replace("Type=notify", "Type=notifying", StringComparison.Ordinal));
        (_, output) = await RunAsync("verify", "--man=no", copy);
        Assert.Contains("notifying", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/systemd-analyze", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (said, failed) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return (process.ExitCode, await said + await failed);
    }

    /// <summary>A service manager's ear.</summary>
    private sealed class Manager : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

        public Manager(string address)
        {
            Address = address;
            _socket.Bind(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
        }

        public string Address { get; }

        public bool HasHeard => _socket.Available > 0;

        public async Task<string> HearAsync()
        {
            var buffer = new byte[4_096];
            using var patience = new CancellationTokenSource(TestNetwork.Patience);
            return Encoding.UTF8.GetString(buffer.AsSpan(0, await _socket.ReceiveAsync(buffer, patience.Token)));
        }

        public void Dispose() => _socket.Dispose();
    }
}
