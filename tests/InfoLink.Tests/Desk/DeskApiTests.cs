using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Dapper;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Host.Desk;
using InfoLink.Agent.Manual;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Manual;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Desk;

/// <summary>The back-office page's door, and what each operator finds behind it.</summary>
public sealed partial class DeskApiTests : IAsyncLifetime
{
    private DeskWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await DeskWorld.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_ticket_opens_one_session_which_ends_when_it_is_ended()
    {
        using var client = _world.Client();
        var ticket = await _world.TicketAsync("clerk");
        using var opened = await client.PostAsJsonAsync("/desk/session", new { ticket });
        using var again = await client.PostAsJsonAsync("/desk/session", new { ticket });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (opened.StatusCode, again.StatusCode));
        Assert.Contains("was used", await again.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var secret = (await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString();
        client.DefaultRequestHeaders.Add("Authorization", $"Desk {secret}");
        var told = await client.GetFromJsonAsync<JsonElement>("/desk/session");
        Assert.Equal(("clerk", false), (told.GetProperty("operator").GetString(), told.GetProperty("operates").GetBoolean()));
        Assert.False(told.TryGetProperty("secret", out _));
        using var ended = await client.DeleteAsync("/desk/session");
        using var after = await client.GetAsync("/desk/session");
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Unauthorized), (ended.StatusCode, after.StatusCode));
    }

    [Fact]
    public void A_ticket_is_good_for_a_minute_and_a_session_while_it_is_used()
    {
        var clock = LeapingClock.Running();
        var sessions = new DeskSessions(clock);
        var (late, ticket) = (sessions.Issue(new DeskOperator("a", null)), "");
        clock.Leap(DeskSessions.TicketLife);
        Assert.Null(sessions.Redeem(late));
        ticket = sessions.Issue(new DeskOperator("b", null));
        var secret = sessions.Redeem(ticket)!.Value.Secret;
        for (var leap = 0; leap < 3; leap++)
        {
            clock.Leap(DeskSessions.Idle - TimeSpan.FromMinutes(1));
            Assert.Equal("b", sessions.Find(secret)?.Operator);
        }

        clock.Leap(DeskSessions.Idle);
        Assert.Null(sessions.Find(secret));
        Assert.Null(sessions.Find(ticket));
    }

    [Fact]
    public void Sessions_that_nobody_uses_have_a_bound()
    {
        var sessions = new DeskSessions(LeapingClock.Running());
        Assert.Contains("200 already", Assert.Throws<InvalidOperationException>(() =>
        {
            for (var count = 0; count <= 200; count++)
            {
                sessions.Issue(new DeskOperator("a", null));
            }
        }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/desk/v1/queue", "GET")]
    [InlineData("/desk/v1/releases", "GET")]
    [InlineData("/desk/v1/links/quarantine", "GET")]
    [InlineData("/desk/v1/links/marks", "POST")]
    [InlineData("/desk/v1/replica", "GET")]
    [InlineData("/desk/v1/exchanges", "POST")]
    [InlineData("/desk/session", "DELETE")]
    public async Task Without_a_session_there_is_nothing_and_from_another_page_neither(string path, string method)
    {
        using var stranger = _world.Client();
        using var nobody = await stranger.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        using var client = await _world.SessionAsync("all");
        foreach (var origin in (string[])["http://localhost:1", "https://evil.example", "null"])
        {
            client.DefaultRequestHeaders.Remove("Origin");
            client.DefaultRequestHeaders.Add("Origin", origin);
            using var elsewhere = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
        }

        client.DefaultRequestHeaders.Remove("Origin");
        using var unsaid = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        Assert.Equal(method is "GET", unsaid.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_opens_the_page_and_not_the_rest_of_the_local_api()
    {
        using var client = await _world.SessionAsync("all");
        client.DefaultRequestHeaders.Remove("Origin");
        using var reply = await client.GetAsync("/v1/queue");
        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
    }

    [Fact]
    public async Task Each_sees_and_does_what_her_role_may_in_her_own_name()
    {
        var number = (await _world.Hand.QuestionAsync(HandWorld.Known)).Number;
        using var clerk = await _world.SessionAsync("clerk");
        using var other = await _world.SessionAsync("other");
        using var ops = await _world.SessionAsync("ops");
        using var inspector = await _world.SessionAsync("inspector");
        Assert.Equal((1, 0, 0), (await CountAsync(clerk, "queue"), await CountAsync(other, "queue"), await CountAsync(ops, "queue")));
        Assert.Contains("OPERATOR-NOT-ALLOWED", await DoAsync(other, $"queue/{number}/approve", new { @operator = "other", reason = "r" }), StringComparison.Ordinal);
        Assert.Contains("another's", await DoAsync(clerk, $"queue/{number}/approve", new { @operator = "second", reason = "r" }), StringComparison.Ordinal);
        Assert.Contains("OPERATOR-NOT-ALLOWED", await DoAsync(clerk, "links/standing", new { person = "S-1" }), StringComparison.Ordinal);
        Assert.Contains("OPERATOR-NOT-ALLOWED", await DoAsync(clerk, "exchanges", new { @operator = "clerk", reason = "r" }), StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync(ops, "links/quarantine"));

        Assert.Contains("decided", await DoAsync(clerk, $"queue/{number}/approve", new { @operator = "clerk", reason = "確認した" }), StringComparison.Ordinal);
        Assert.Equal(QueueState.Decided, (await _world.Hand.Queue.FindAsync(number)).State);
        var act = await AgentNetwork.OneAsync(_world.Hand.Network.Provider.Log.Store, AccessEvent.Act);
        Assert.Equal(("clerk", "確認した"), (act.Open.Act.Operator, act.Open.Act.Reason));

        var exchange = (await _world.Hand.Queue.FindAsync(number)).Exchange.ToString();
        Assert.Contains(exchange, await DoAsync(inspector, "exchanges", new { @operator = "inspector", reason = "点検", exchange }), StringComparison.Ordinal);
        Assert.Equal("[]", await DoAsync(inspector, "exchanges", new { @operator = "inspector", reason = "点検", exchange = new string('0', 26) }));
        Assert.Equal(2, (await AgentNetwork.AllOfAsync(_world.Hand.Network.Provider)).Count(entry => entry.Open.Act is { What: "audit", Operator: "inspector" }));
    }

    [Fact]
    public async Task What_only_others_may_decide_hides_nothing_of_hers_however_much_it_is()
    {
        using (var queue = new SqliteConnection($"Data Source={_world.Hand.Network.Folder.AgencyPath(NetworkFolder.Provider, "data/queue.db")};Pooling=false"))
        {
            queue.Execute($"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                INSERT INTO queued_question(exchange, place, requester, entry, state, asked_ms, deadline_ms)
                SELECT zeroblob(16), i, '{NetworkFolder.Requester}', '107.1', state, asked_ms, deadline_ms - 1 FROM n, queued_question
                """);
        }

        using var clerk = await _world.SessionAsync("clerk");
        using var other = await _world.SessionAsync("other");
        Assert.Equal((1, 1_000), (await CountAsync(clerk, "queue"), await CountAsync(other, "queue")));
    }

    [Fact]
    public async Task A_persons_flags_are_shown_and_set_and_her_identifier_stands_in_no_address()
    {
        using var ops = await _world.SessionAsync("ops");
        var person = AgentNetwork.AtProvider(HandWorld.Known);
        Assert.Contains("\"withheld\":false", await DoAsync(ops, "links/standing", new { person }), StringComparison.Ordinal);
        Assert.Contains("\"done\":true", await DoAsync(ops, "links/marks", new { @operator = "ops", reason = "支援措置", id = person, act = "Withhold" }), StringComparison.Ordinal);
        var standing = await DoAsync(ops, "links/standing", new { person });
        Assert.Contains("\"withheld\":true", standing, StringComparison.Ordinal);
        Assert.Contains("支援措置", standing, StringComparison.Ordinal);
        Assert.Contains("Nobody is linked", await DoAsync(ops, "links/standing", new { person = "nobody" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_signs_operators_in_needs_no_ticket_and_its_page_is_at_its_own_address()
    {
        var number = (await _world.Hand.QuestionAsync(HandWorld.Known)).Number;
        using var client = _world.ProxyClient();
        using var unnamed = await client.GetAsync("/desk/session");
        Assert.Equal(HttpStatusCode.Unauthorized, unnamed.StatusCode);
        client.DefaultRequestHeaders.Add("X-InfoLink-Operator", "k-1");
        client.DefaultRequestHeaders.Add("X-InfoLink-Roles", "tax-desk");
        Assert.Equal("k-1", (await client.GetFromJsonAsync<JsonElement>("/desk/session")).GetProperty("operator").GetString());
        Assert.Contains("another's", await DoAsync(client, $"queue/{number}/approve", new { @operator = "k-2", reason = "r" }), StringComparison.Ordinal);
        Assert.Contains("decided", await DoAsync(client, $"queue/{number}/approve", new { @operator = "k-1", reason = "確認した" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere_and_no_browser_keeps_it()
    {
        using var client = _world.Client();
        foreach (var path in DeskFile.Others.Select(file => $"/desk/{file.Name}").Prepend("/desk"))
        {
            using var reply = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
            Assert.StartsWith("default-src 'none'", reply.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("no-store", reply.Headers.CacheControl!.ToString());
            Assert.DoesNotMatch("https?://", await reply.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public void Both_languages_have_every_text_that_the_page_says()
    {
        var files = DeskFile.Others.Append(DeskFile.Page).ToDictionary(file => file.Name, file => System.Text.Encoding.UTF8.GetString(file.Bytes), StringComparer.Ordinal);
        var halves = files["texts.js"].Split("    en: {");
        var (japanese, english) = (KeysOf(halves[0]), KeysOf(halves[1]));
        Assert.Equal(japanese, english);
        var said = files.Where(file => file.Key is not "texts.js").SelectMany(file => Said().Matches(file.Value)).Select(match => match.Groups["key"].Value).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(said.Count > 50);
        Assert.Empty(said.Except(english, StringComparer.Ordinal));
        Assert.Empty(DenialReasons.All.Concat(Enum.GetNames<QueueState>().Select(state => state.ToLowerInvariant())).Except(english, StringComparer.Ordinal));
    }

    private static List<string> KeysOf(string half) => [.. Key().Matches(half).Select(match => match.Groups["key"].Value)];

    private static async Task<int> CountAsync(HttpClient client, string list) => (await client.GetFromJsonAsync<JsonElement>($"/desk/v1/{list}")).GetArrayLength();

    private static async Task<string> DoAsync(HttpClient client, string what, object wish)
    {
        using var reply = await client.PostAsJsonAsync($"/desk/v1/{what}", wish);
        return System.Text.Encoding.UTF8.GetString(await reply.Content.ReadAsByteArrayAsync());
    }

    [GeneratedRegex("^ {8}\"?(?<key>[A-Za-z-]+)\"?: \"", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    [GeneratedRegex("""(?:\bt\(|data-text=|data-label=)"(?<key>[A-Za-z-]+)"\)?""", RegexOptions.NonBacktracking)]
    private static partial Regex Said();
}
