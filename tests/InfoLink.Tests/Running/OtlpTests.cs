using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting;
using InfoLink.Hosting.Watching;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>What processes tell a collector, what they do not, and what becomes of exchanges where it does not listen.</summary>
public sealed class OtlpTests
{
    private const string Person = "Y-2026-0417";
    private const string Key = "collector-key-4711";
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    /// <summary>Of the person, of what was answered, and of who asked; and what a caller's own tracing brought along.</summary>
    private static readonly Mark[] Marks =
    [
        Named("requester's id", Person), Named("provider's id", "S-77310"), Named("name", "甲野"), Named("reading", "コウノ"), Named("operator", "児童手当係"),
        Named("terminal", "terminal-12"), Named("use", "認定請求"), Named("case", "2026-KJ-1"), Named("trace's state", "hanako-19870412"), Named("baggage", "own-baggage"),
    ];

    [Theory]
    [InlineData(OtlpOptions.Grpc)]
    [InlineData(OtlpOptions.Http)]
    public async Task Spans_and_metrics_of_an_exchange_come_to_the_collector_and_nothing_of_a_person(string protocol)
    {
        await using var asked = await Collector.StartAsync();
        await using var answered = await Collector.StartAsync();
        await using var world = await StartAsync((NetworkFolder.Requester, asked), (NetworkFolder.Provider, answered), protocol);
        Assert.Equal("answered", await AskAsync(world.Network.Folder));
        await Until.TrueAsync(() => asked.Has("infolink.agent.settlements.waiting"));
        await world.StopAsync(); // What waits is told before the end.

        Assert.All(
            ["infolink.ask", "infolink.authorize", "infolink.fetch", "infolink.agent.exchanges", "infolink.agent.exchange.duration", "dotnet.gc.collections", "infolink-agent", "service.version", "0.1.0", AgentNetwork.TaxEntry, NetworkFolder.Provider],
            word => Assert.True(asked.Has(word), word));
        Assert.All(["infolink.answer", "infolink.agent.persons", NetworkFolder.Requester, AgentNetwork.TaxEntry], word => Assert.True(answered.Has(word), word));
        foreach (var collector in (Collector[])[asked, answered])
        {
            Assert.True(collector.Has(Key));
            Assert.NotEmpty(collector.On("trace"));
            Assert.NotEmpty(collector.On("metrics"));
            Assert.Empty(new MarkScanner(Marks).FoundIn(collector.Bytes));
            Assert.All(["traceparent", "http.", "url.", "server.address", "host.name", "process.command", "process.pid"], word => Assert.False(collector.Has(word), word));
        }

        // A caller's trace is gone on with in its own agency, and ends there.
        Assert.True(asked.Has(Convert.FromHexString(TraceId)));
        Assert.False(answered.Has(Convert.FromHexString(TraceId)));
    }

    [Fact]
    public async Task A_collector_that_hangs_holds_up_no_exchange_and_is_one_line_until_it_listens_again()
    {
        await using var collector = await Collector.StartAsync();
        collector.Hangs = true;
        await using var world = await StartAsync((NetworkFolder.Requester, collector), (NetworkFolder.Provider, collector), OtlpOptions.Http);
        await Until.TrueAsync(() => collector.Asked > 0);
        Assert.Equal("answered", await AskAsync(world.Network.Folder));
        var requester = world.Agents[NetworkFolder.Requester];
        await Until.TrueAsync(() => Count(requester, "does not take metrics") > 0 && Count(requester, "does not take traces") > 0);
        var before = collector.Asked;
        await Until.TrueAsync(() => collector.Asked >= before + 4);
        Assert.Equal("answered", await AskAsync(world.Network.Folder));

        collector.Hangs = false;
        await Until.TrueAsync(() => Count(requester, "takes metrics again") > 0 && collector.Has("infolink.telemetry.failed"));
        Assert.Equal(1, Count(requester, "does not take metrics"));

        // An end takes as long as it takes, and is one.
        collector.Hangs = true;
        await world.StopAsync();
    }

    [Fact]
    public async Task A_collector_that_is_away_holds_up_neither_an_exchange_nor_an_end()
    {
        var collector = await Collector.StartAsync();
        var (endpoint, _) = (collector.EndpointFor(OtlpOptions.Grpc), collector.DisposeAsync().AsTask());
        await using var world = await StartAsync(
            folder => Configure(folder, NetworkFolder.Requester, otlp => (otlp.Endpoint, otlp.EverySeconds, otlp.DeadlineSeconds) = (endpoint, 5, 1)));
        Assert.Equal("answered", await AskAsync(world.Network.Folder));
        await Until.TrueAsync(() => Count(world.Agents[NetworkFolder.Requester], "does not take metrics") > 0);
        Assert.Equal("answered", await AskAsync(world.Network.Folder));
        await world.StopAsync();
    }

    [Fact]
    public async Task The_broker_tells_its_metrics()
    {
        await using var collector = await Collector.StartAsync();
        await using var network = TestNetwork.PrepareOnly(new() { Prepare = AgentNetwork.WithoutWitnesses });
        var options = network.Folder.BrokerOptions();
        (options.Otlp.Endpoint, options.Otlp.EverySeconds) = (collector.EndpointFor(OtlpOptions.Grpc), 5);
        options.Write(network.Folder.BrokerPath);
        await using var broker = await PartyProcess.StartBrokerAsync(network.Folder);
        await Until.TrueAsync(() => collector.Has("infolink-broker"));
        Assert.Equal(0, await broker.StopAsync());
        Assert.True(collector.Has(NetworkFolder.LogOrigin));
        Assert.Empty(collector.On("trace"));
    }

    [Fact]
    public void Everything_wrong_is_said_at_once_and_shows_no_secret()
    {
        using var folder = new TemporaryFolder();
        KeyFile.WriteNew(folder.Path("bad.secret"), "Bearer-without-a-colon-4711");
        File.WriteAllText(folder.Path("ca.pem"), "no certificate");
        var options = new AgentOptions { Folder = folder.Path() };
        (options.Otlp.Endpoint, options.Otlp.Protocol, options.Otlp.Headers, options.Otlp.Authority) = ("http://collector.example:4317", "udp", "file:bad.secret", "ca.pem");
        (options.Otlp.EverySeconds, options.Otlp.DeadlineSeconds, options.Otlp.Traces) = (1, 0, double.NaN);
        var errors = options.Errors().Where(error => error.StartsWith("otlp: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["endpoint", "protocol", "everySeconds", "deadlineSeconds", "traces", "headers", "authority"],
            errors.Select(error => error.Split(": ")[1]),
            StringComparer.Ordinal);
        Assert.DoesNotContain(errors, error => error.Contains("4711", StringComparison.Ordinal));

        options.Otlp.Headers = "authorization: 4711";
        Assert.Contains(options.Errors(), error => error.StartsWith("otlp: headers: say where", StringComparison.Ordinal) && !error.Contains("4711", StringComparison.Ordinal));

        // Where there is no collector, nothing of it matters.
        options.Otlp.Endpoint = "";
        Assert.DoesNotContain(options.Errors(), error => error.StartsWith("otlp", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://collector.city.example:4317", true)]
    [InlineData("http://127.0.0.1:4318", true)]
    [InlineData("http://[::1]:4318", true)]
    [InlineData("http://localhost:4318/otlp", true)]
    [InlineData("http://10.0.0.1:4318", false)]
    [InlineData("https://user:secret@collector.city.example", false)]
    [InlineData("https://collector.city.example?key=1", false)]
    [InlineData("file:///tmp/collector", false)]
    [InlineData("collector:4317", false)]
    public void Only_this_host_is_told_in_the_clear(string endpoint, bool isGood) =>
        Assert.Equal(isGood, !new OtlpOptions { Endpoint = endpoint }.Errors("/").Any());

    [Fact]
    public async Task A_line_may_be_JSON_and_a_form_that_there_is_not_ends_the_start()
    {
        await using var network = await TestNetwork.StartAsync(new() { Prepare = AgentNetwork.WithoutWitnesses });
        await using (var agent = await PartyProcess.StartAgentAsync(network.Folder, NetworkFolder.Requester, ("Logging__Console__FormatterName", "json")))
        {
            await agent.StopAsync();
            var lines = agent.Output.Split('\n').Where(line => line.StartsWith('{')).ToList();
            Assert.NotEmpty(lines);
            Assert.All(lines, line => Assert.EndsWith("Z", JsonDocument.Parse(line).RootElement.GetProperty("Timestamp").GetString(), StringComparison.Ordinal));
        }

        var (code, output) = await PartyProcess.RefuseBrokerAsync(network.Folder.BrokerPath, ("Logging__Console__FormatterName", "xml"));
        Assert.True(code == 1 && output.Contains("'simple', 'json' or 'systemd'", StringComparison.Ordinal), output);
    }

    private static Mark Named(string what, string text) => new(Column.Value, "claimant", what, MarkForms.Text(text));

    private static int Count(PartyProcess agent, string text) => agent.Output.Split(text).Length - 1;

    private static void Configure(NetworkFolder folder, string agency, Action<OtlpOptions> configure)
    {
        var options = folder.AgentOptions(agency);
        configure(options.Otlp);
        options.Write(folder.AgencyPath(agency, "agent.json"));
    }

    private static Task<TwoAgents> StartAsync((string Agency, Collector Collector) one, (string Agency, Collector Collector) other, string protocol) => StartAsync(folder =>
    {
        foreach (var (agency, collector) in ((string, Collector)[])[one, other])
        {
            KeyFile.WriteNew(folder.AgencyPath(agency, "otlp.secret"), $"x-key: {Key}\n");
            Configure(folder, agency, otlp =>
            {
                (otlp.Endpoint, otlp.Protocol, otlp.Headers) = (collector.EndpointFor(protocol), protocol, "file:otlp.secret");
                (otlp.EverySeconds, otlp.DeadlineSeconds) = (5, 1);
            });
        }
    });

    private static Task<TwoAgents> StartAsync(Action<NetworkFolder> prepare) => TwoAgents.StartAsync(prepare);

    /// <summary>The existing system asks, and brings a trace of its own.</summary>
    private static async Task<string> AskAsync(NetworkFolder folder)
    {
        using var client = LocalSocket.Client(folder.AgencyPath(NetworkFolder.Requester, "data/agent.sock"), TestNetwork.Patience);
        using var question = new HttpRequestMessage(HttpMethod.Post, "/v1/fetch")
        {
            Content = JsonContent.Create(new
            {
                person = Person,
                entry = AgentNetwork.TaxEntry,
                provider = NetworkFolder.Provider,
                role = "claimant",
                conditions = new { taxYear = 2026 },
                @operator = "児童手当係",
                terminal = "terminal-12",
                use = "児童手当の認定請求の審査",
                caseReference = "2026-KJ-1",
            }),
            Headers = { { "traceparent", $"00-{TraceId}-00f067aa0ba902b7-01" }, { "tracestate", "person=hanako-19870412" }, { "baggage", "case=own-baggage" } },
        };
        using var reply = await client.SendAsync(question);
        var answer = await reply.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("outcome", out var outcome) ? outcome.GetString()! : answer.ToString();
    }
}
