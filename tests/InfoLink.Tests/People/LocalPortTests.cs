using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Callers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.People;

/// <summary>The local API on a port of the host: keys, several questions at once, a call that is repeated.</summary>
public sealed class LocalPortTests : IAsyncLifetime
{
    private static readonly object Tax = new
    {
        person = "Y-1",
        entry = AgentNetwork.TaxEntry,
        provider = NetworkFolder.Provider,
        role = "claimant",
        conditions = new { taxYear = 2026 },
        @operator = "k-0417",
        terminal = "kodomo-7",
        use = "審査",
    };

    private AgentNetwork _network = null!;
    private LocalPort _api = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Witnessed = false,
            Requester = options => options.People = new PeopleOptions { Record = "id", Roles = { ["child-allowance"] = new RoleOptions { Ask = { "*" } }, ["systems"] = new RoleOptions { Operate = true }, ["inspection"] = new RoleOptions { Audit = true } } },
        });
        await _network.LinkAsync(1, 2, 3);
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task A_system_with_its_key_asks_for_an_operator_whom_its_proxy_vouches_for()
    {
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=everybody;cn=kodomo"), ("X-InfoLink-Department", Uri.EscapeDataString("子ども家庭課")));
        using var reply = await client.PostAsJsonAsync("/v1/fetch", Tax);
        var answer = await reply.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("1000001", answer.GetProperty("kinds").GetProperty("municipal-inhabitant-tax").GetProperty("total-income").GetProperty("value").GetString());
        Assert.Equal("k-0417", (await AgentNetwork.OneAsync(_network.Requester.Log.Store, AccessEvent.Asked)).Particulars!.Operator);
    }

    [Theory]
    [InlineData("none", 401, "CALLER-UNKNOWN")]
    [InlineData("wrong", 401, "CALLER-UNKNOWN")]
    [InlineData("other-entries", 403, "CALLER-NOT-ALLOWED entry")]
    [InlineData("proxy", 403, "CALLER-NOT-ALLOWED operator")] // It names nobody.
    [InlineData("plain", 403, "OPERATOR-UNKNOWN")] // Its word alone makes nobody an operator.
    public async Task Who_may_not_hears_it_and_nothing_leaves(string key, int status, string refused)
    {
        using var client = Client(key);
        if (key is "plain")
        {
            client.DefaultRequestHeaders.Add("X-InfoLink-Operator", "k-0417");
            client.DefaultRequestHeaders.Add("X-InfoLink-Roles", "cn=kodomo");
        }

        using var reply = await client.PostAsJsonAsync("/v1/fetch", Tax);
        Assert.Equal((HttpStatusCode)status, reply.StatusCode);
        var said = await reply.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(refused, $"{said.GetProperty("refused").GetString()} {said.GetProperty("detail").GetString()}".Trim());
        Assert.DoesNotContain(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Host", "evil.example")]
    public async Task A_page_in_a_browser_of_this_host_cannot_call_even_with_a_key(string header, string value)
    {
        using var client = Client("operator");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/bulk");
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));
        using var reply = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task A_proxy_whose_header_came_twice_names_nobody()
    {
        using var client = Client("proxy", ("X-InfoLink-Roles", "cn=kodomo"));
        client.DefaultRequestHeaders.Add("X-InfoLink-Operator", ["somebody", "k-0417"]);
        using var reply = await client.PostAsJsonAsync("/v1/fetch", Tax);
        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task What_commands_do_needs_a_key_that_operates()
    {
        using var asker = Client("plain");
        using var @operator = Client("operator");
        using var refused = await asker.GetAsync("/v1/blocks");
        using var done = await @operator.GetAsync("/v1/bulk");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (refused.StatusCode, done.StatusCode));
    }

    [Theory]
    [InlineData("operating-proxy", "ops-1", "systems", "ops-1", "done")]
    [InlineData("operating-proxy", "ops-1", "systems", "ops-2", "the proxy names another")]
    [InlineData("operating-proxy", "ops-1", "child-allowance", "ops-1", "OPERATOR-NOT-ALLOWED")]
    [InlineData("operator", "ops-1", "systems", "ops-1", "OPERATOR-UNKNOWN")] // No proxy: the headers say nothing.
    public async Task What_changes_what_the_agent_does_needs_an_operator_who_may(string key, string vouched, string role, string named, string said)
    {
        using var client = Client(key, ("X-InfoLink-Operator", vouched), ("X-InfoLink-Roles", role));
        using var reply = await client.PostAsJsonAsync("/v1/blocks", new { @operator = named, reason = "incident 4", peer = NetworkFolder.Provider });
        Assert.Contains(said, await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(said is "done", reply.IsSuccessStatusCode);
        Assert.Equal(said is "done", _network.Requester.Will.Cuts.Count > 0);
    }

    [Fact]
    public async Task A_household_at_several_providers_has_one_result_for_each_question_in_its_order()
    {
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"));
        using var reply = await client.PostAsJsonAsync("/v1/questions", new
        {
            questions = new object[]
            {
                new { person = "Y-3", entry = AgentNetwork.TaxEntry, provider = NetworkFolder.Provider, role = "claimant", conditions = new { taxYear = 2026 } },
                new { person = "Y-1", entry = AgentNetwork.RelationshipEntry, provider = NetworkFolder.Provider, role = "claimant" },
                new { person = "Y-9", entry = AgentNetwork.TaxEntry, provider = NetworkFolder.Provider, role = "claimant", conditions = new { taxYear = 2026 } },
                new { person = "Y-1", entry = AgentNetwork.TaxEntry, provider = NetworkFolder.Provider, role = "claimant", conditions = new { taxYear = 2026 } },
                new { person = "Y-1", entry = "no entry" },
                new { person = "Y-2", entry = AgentNetwork.TaxEntry, provider = "nobody", role = "claimant", conditions = new { taxYear = 2026 } },
            },
            terminal = "kodomo-7",
            use = "審査",
        });
        var results = (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(
            ["1000003", "20", "LINK-MISSING", "1000001", "REQUEST-MALFORMED", "MEMBER-UNKNOWN"],
            results.Select(result => result.TryGetProperty("refusal", out var refusal) ? refusal.GetProperty("refused").GetString()
                : result.GetProperty("answer").GetProperty("kinds").EnumerateObject().First().Value is var kind && kind.TryGetProperty("total-income", out var income)
                    ? income.GetProperty("value").GetString() : kind.GetProperty("relationship").GetProperty("value").GetString()),
            StringComparer.Ordinal);
        Assert.Equal(Exchange(0), Exchange(3)); // They went together.
        Assert.False(string.Equals(Exchange(0), Exchange(1), StringComparison.Ordinal));

        string? Exchange(int at) => results[at].GetProperty("answer").GetProperty("exchangeId").GetString();
    }

    [Fact]
    public async Task The_same_call_again_is_made_once()
    {
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "a-1"));
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.PostAsJsonAsync("/v1/fetch", Tax)));
        var texts = await Task.WhenAll(replies.Select(reply => reply.Content.ReadAsStringAsync()));
        Assert.Single(texts.Distinct(StringComparer.Ordinal));
        Assert.Equal(4, replies.Count(reply => reply.Headers.Contains("Idempotency-Replayed")));
        Assert.Single(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);

        using var other = await client.PostAsJsonAsync("/v1/fetch", new { person = "Y-2", entry = AgentNetwork.TaxEntry, @operator = "k-0417", terminal = "kodomo-7", use = "審査" });
        Assert.Contains("REPEATED-DIFFERENTLY", await other.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // After a restart nobody is asked again: the agent no longer has the answer, and says under which number it is on record.
        await _api.DisposeAsync();
        await StartAsync();
        using var later = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "a-1"));
        using var again = await later.PostAsJsonAsync("/v1/fetch", Tax);
        var said = await again.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(
            JsonDocument.Parse(texts[0]).RootElement.GetProperty("exchangeId").GetString(), said.GetProperty("exchangeId").GetString());
        Assert.Single(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);
        foreach (var reply in replies)
        {
            reply.Dispose();
        }
    }

    [Fact]
    public async Task A_call_that_asked_nobody_may_be_made_again_under_its_key()
    {
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "b-1"));
        using var first = await client.PostAsJsonAsync("/v1/fetch", new { person = "Y-9", entry = AgentNetwork.TaxEntry, provider = NetworkFolder.Provider, role = "claimant", conditions = new { taxYear = 2026 }, terminal = "t", use = "審査" });
        Assert.Contains("LINK-MISSING", await first.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var second = await client.PostAsJsonAsync("/v1/fetch", Tax);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    [Fact]
    public async Task Who_goes_away_stops_nothing_and_a_call_can_be_given_up_by_its_key()
    {
        var (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var source = _network.Source;
        _network.Source = async (request, cancellation) =>
        {
            entered.TrySetResult();
            await go.Task.WaitAsync(cancellation);
            return await source(request, cancellation);
        };
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "c-1"));
        using (var gone = new CancellationTokenSource())
        {
            var first = client.PostAsJsonAsync("/v1/fetch", Tax, gone.Token);
            await entered.Task.WaitAsync(TestNetwork.Patience);
            await gone.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        }

        go.SetResult();
        using var second = await client.PostAsJsonAsync("/v1/fetch", Tax);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Single(await AgentNetwork.AllOfAsync(_network.Requester), entry => entry.Open.Event == AccessEvent.Asked);

        // And one that is given up.
        (entered, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var other = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "c-2"));
        var waiting = other.PostAsJsonAsync("/v1/fetch", Tax);
        await entered.Task.WaitAsync(TestNetwork.Patience);
        using var stranger = Client("plain");
        using var notTheirs = await stranger.DeleteAsync("/v1/questions/c-2");
        using var stopped = await other.DeleteAsync("/v1/questions/c-2");
        using var given = await waiting;
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NoContent), (notTheirs.StatusCode, stopped.StatusCode));
        Assert.Contains("ANSWER-LOST", await given.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        go.SetResult();
    }

    [Fact]
    public async Task What_is_kept_of_a_call_holds_neither_person_nor_value()
    {
        using var client = Client("proxy", ("X-InfoLink-Operator", "k-0417"), ("X-InfoLink-Roles", "cn=kodomo"), ("Idempotency-Key", "secret-key-1"));
        using var reply = await client.PostAsJsonAsync("/v1/fetch", Tax);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        foreach (var file in FilesInUse.ReadAll(() => Directory.GetFiles(_network.Folder.AgencyPath(NetworkFolder.Requester, "data"), "repeats.db*")).Values)
        {
            var bytes = System.Text.Encoding.Latin1.GetString(file);
            Assert.DoesNotContain("Y-1", bytes, StringComparison.Ordinal);
            Assert.DoesNotContain("1000001", bytes, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-key", bytes, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_api_describes_itself_for_those_who_ask()
    {
        using var client = Client("plain");
        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");
        var paths = document.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/v1/fetch", paths, StringComparer.Ordinal);
        Assert.Contains("/v1/questions", paths, StringComparer.Ordinal);
        Assert.True(document.GetProperty("components").GetProperty("schemas").GetProperty("LocalQuestion").GetProperty("properties").TryGetProperty("caseReference", out _));
    }

    [Fact]
    public async Task A_key_is_shown_once_and_what_stands_in_the_configuration_is_its_hash()
    {
        var before = Console.Out;
        using var shown = new StringWriter();
        Console.SetOut(shown);
        try
        {
            Assert.Equal(0, await KeyCommand.Create().Parse(["welfare", "--ask", "106.*"]).InvokeAsync());
        }
        finally
        {
            Console.SetOut(before);
        }

        var lines = shown.ToString().Split('\n', StringSplitOptions.TrimEntries);
        var key = Array.Find(lines, line => line.StartsWith("ilk_", StringComparison.Ordinal))!;
        var options = JsonSerializer.Deserialize<LocalKeyOptions>(Array.Find(lines, line => line.StartsWith('{'))!, JsonSerializerOptions.Web)!;
        Assert.Empty(options.Errors());
        Assert.True(options.Fits(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key))));
        Assert.False(options.Fits(System.Security.Cryptography.SHA256.HashData("x"u8)));
    }

    [Fact]
    public void A_port_that_others_reach_is_an_error_of_the_configuration()
    {
        Assert.Contains("not a loopback address", Assert.Single(new LocalApiOptions { Listen = "0.0.0.0:8480" }.Errors()), StringComparison.Ordinal);
        Assert.Equal(4, new LocalApiOptions { Listen = "[::1]:8480", Keys = { new LocalKeyOptions { Name = "a" }, new LocalKeyOptions { Name = "a", Ask = { "*x" } } } }.Errors().Count());
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_callback_is_said()
    {
        var options = _network.Folder.AgentOptions(NetworkFolder.Requester);
        var secret = Path.Combine(options.Folder, "callback.secret");
        Contracts.Identity.KeyFile.WriteNew(secret, CallbackOptions.NewSecret());
        Contracts.Identity.KeyFile.WriteNew(secret + "-short", "whsec_AAAA");
        foreach (var (url, pin, file, said) in ((string, string, string, string)[])
        [
            ("http://127.0.0.1:9000/told", "", "file:callback.secret", ""),
            ("http://[::1]:9000/told", "", "file:callback.secret", ""),
            ("https://system.city.example/told?a=b", "", "file:callback.secret", ""),
            ("https://system.city.example/told", new string('A', 43), "file:callback.secret", ""),
            ("http://10.0.0.1/told", "", "file:callback.secret", "url:"),
            ("http://localhost.evil.example/", "", "file:callback.secret", "url:"),
            ("https://user:word@system.city.example/", "", "file:callback.secret", "url:"),
            ("ftp://127.0.0.1/", "", "file:callback.secret", "url:"),
            ("", "", "file:callback.secret", "url:"),
            ("http://127.0.0.1/", new string('A', 43), "file:callback.secret", "pin:"),
            ("https://system.city.example/", "short", "file:callback.secret", "pin:"),
            ("http://127.0.0.1/", "", CallbackOptions.NewSecret(), "never stands in agent.json"),
            ("http://127.0.0.1/", "", "file:nowhere", "cannot be read"),
            ("http://127.0.0.1/", "", "file:callback.secret-short", "24 to 64 bytes"),
        ])
        {
            options.Local.Keys.Clear();
            options.Local.Keys.Add(new LocalKeyOptions { Name = "welfare", Callback = new CallbackOptions { Url = url, Pin = pin, Secret = file } });
            var errors = string.Join('\n', CallbackOptions.ErrorsOf(options));
            Assert.True(said.Length == 0 ? errors.Length == 0 : errors.Contains(said, StringComparison.Ordinal), $"{url} {pin}: {errors}");
        }
    }

    [Theory]
    [InlineData("inspection", "\"accesses\"")]
    [InlineData("child-allowance", "OPERATOR-NOT-ALLOWED")]
    public async Task Who_reads_the_log_over_the_port_is_whom_the_proxy_vouches_for(string role, string said)
    {
        using var client = Client("operating-proxy", ("X-InfoLink-Operator", "k-0001"), ("X-InfoLink-Roles", role));
        using var reply = await client.PostAsJsonAsync("/v1/audit", new { @operator = "k-0001", reason = "monthly look", from = "2026-01-01", until = "2027-12-31", list = true });
        Assert.Contains(said, await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(role is "inspection", (await AgentNetwork.AllOfAsync(_network.Requester)).Any(entry => entry.Open.Event == AccessEvent.Act));

        using var other = await client.PostAsJsonAsync("/v1/audit", new { @operator = "k-0002", reason = "monthly look", from = "2026-01-01", until = "2027-12-31" });
        Assert.Contains("the proxy names another", await other.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("operating-proxy", "ops-1", "systems", "no replica")]
    [InlineData("operating-proxy", "ops-1", "inspection", "OPERATOR-NOT-ALLOWED")]
    [InlineData("operator", "ops-1", "systems", "OPERATOR-UNKNOWN")]
    public async Task A_replica_is_imported_by_an_operator_who_may(string key, string vouched, string role, string said)
    {
        using var client = Client(key, ("X-InfoLink-Operator", vouched), ("X-InfoLink-Roles", role));
        using var reply = await client.PostAsJsonAsync("/v1/replica/import", new { @operator = "ops-1", source = "municipal-inhabitant-tax", file = "/nowhere.csv" });
        Assert.Contains(said, await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task StartAsync() => _api = await LocalPort.StartAsync(
        _network.Requester,
        _network.Folder.AgentOptions(NetworkFolder.Requester),
        [
            LocalPort.Key("plain", ["*"]),
            LocalPort.Key("other-entries", ["107.*"]),
            LocalPort.Key("operator", operate: true),
            LocalPort.Key("operating-proxy", operate: true, claims: new ClaimOptions()),
            LocalPort.Key("proxy", ["106.*"], claims: new ClaimOptions { Separator = ";", RoleOf = { ["cn=kodomo"] = "child-allowance" } }),
        ],
        OwnWillApi.Map,
        InfoLink.Agent.Host.Asking.BulkApi.Map,
        InfoLink.Agent.Host.Inspection.AuditApi.Map,
        InfoLink.Agent.Host.Replicas.ReplicaApi.Map);

    private HttpClient Client(string key, params (string Name, string Value)[] headers) => _api.Client(key is "none" ? null : key, headers);
}
