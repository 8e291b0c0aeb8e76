using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Manual;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Asking;

/// <summary>A system of the agency is told when people elsewhere have answered what it asked.</summary>
public sealed class CallbackTests : IAsyncLifetime
{
    private static readonly Asker Welfare = AgentNetwork.Clerk with { Caller = "welfare" };
    private readonly ConcurrentQueue<(string Id, string Timestamp, string Signature, string Body)> _told = new();
    private readonly ConcurrentQueue<int> _statuses = new();
    private readonly string _secret = CallbackOptions.NewSecret();
    private PeopleOptions? _people;
    private WebApplication _system = null!;
    private HandWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _system = builder.Build();
        _system.MapPost("/told", async (HttpContext context) =>
        {
            using var body = new StreamReader(context.Request.Body);
            var headers = context.Request.Headers;
            _told.Enqueue(($"{headers["webhook-id"]}", $"{headers["webhook-timestamp"]}", $"{headers["webhook-signature"]}", await body.ReadToEndAsync()));
            var status = _statuses.TryDequeue(out var given) ? given : StatusCodes.Status204NoContent;
            context.Response.StatusCode = status;
            if (status is StatusCodes.Status307TemporaryRedirect)
            {
                context.Response.Headers.Location = "/elsewhere";
            }
        });
        _system.MapPost("/elsewhere", () => _told.Enqueue(("followed", "", "", "")));
        await _system.StartAsync();
        var address = _system.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _world = await HandWorld.StartAsync(requester: options =>
        {
            var secret = Path.Combine(options.Folder, "welfare.secret");
            if (!File.Exists(secret))
            {
                Contracts.Identity.KeyFile.WriteNew(secret, _secret);
            }

            options.People = _people;
            options.Local.Listen = "127.0.0.1:0";
            options.Local.Keys.Add(LocalPort.Key("welfare", ["*"], callback: new CallbackOptions { Url = $"{address}/told", Secret = "file:welfare.secret" }));
            options.Local.Keys.Add(LocalPort.Key("tax", ["*"]));
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _system.DisposeAsync();
    }

    [Fact]
    public async Task The_system_that_asked_is_told_and_collects_the_answer_with_its_own_key()
    {
        var exchange = await AskAsync(Welfare);
        await using var api = await ApiAsync();
        using var welfare = api.Client("welfare");
        using var tax = api.Client("tax");
        Assert.Equal("pending", await OutcomeAsync(welfare, exchange));

        await AnswerAsync();
        await CollectedByItselfAsync();
        await Until.TrueAsync(() => !_told.IsEmpty);
        var (id, timestamp, signature, body) = Assert.Single(_told);
        using var hmac = new HMACSHA256(Convert.FromBase64String(_secret["whsec_".Length..]));
        Assert.Equal($"v1,{Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")))}", signature);
        Assert.Equal(_world.Network.RequesterClock.GetUtcNow().ToUnixTimeSeconds(), long.Parse(timestamp, CultureInfo.InvariantCulture), 60.0);
        var notice = JsonDocument.Parse(body).RootElement;
        Assert.Equal("pending.answered", notice.GetProperty("type").GetString());
        Assert.Equal((exchange.ToString(), "ANSWERED", 0), (notice.GetProperty("data").GetProperty("exchange").GetString(), notice.GetProperty("data").GetProperty("state").GetString(), notice.GetProperty("data").GetProperty("waiting").GetInt32()));
        Assert.Equal(["data", "timestamp", "type"], notice.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(3, notice.GetProperty("data").EnumerateObject().Count());

        // What one system asked is nothing to another.
        Assert.Contains("Nothing pending", await OutcomeAsync(tax, exchange), StringComparison.Ordinal);
        Assert.Equal(0, (await tax.GetFromJsonAsync<JsonElement>("/v1/pending?all=true")).GetArrayLength());
        Assert.Equal(1, (await welfare.GetFromJsonAsync<JsonElement>("/v1/pending?all=true")).GetArrayLength());
        Assert.Equal("answered", await OutcomeAsync(welfare, exchange));
        var act = await AgentNetwork.OneAsync(_world.Network.Requester.Log.Store, AccessEvent.Act); // It is on record that what was kept was taken, about nobody by name.
        Assert.Equal(("take kept answers", $"exchange {exchange}, 1 persons", AgentNetwork.Clerk.Operator), (act.Open.Act.What, act.Open.Act.About, act.Open.Act.Operator));
    }

    [Fact]
    public async Task That_somebody_was_answered_is_told_also_where_another_was_denied_before_the_system_heard_of_it()
    {
        _world.Network.Network.Journal.Expect("did not take a notice");
        Assert.All([503, 503], _statuses.Enqueue);
        var fetched = await _world.Network.Requester.Agent.FetchAsync([.. new[] { HandWorld.Known, HandWorld.ManualOnly }.Select(AgentNetwork.AtRequester)], HandWorld.Tax, Welfare);
        Assert.All(fetched.Persons, person => Assert.IsType<FetchedPerson.Pending>(person));
        await AnswerAsync();
        await CollectedByItselfAsync();
        await Until.TrueAsync(() => !_told.IsEmpty);
        await _world.Queue.DenyAsync((await _world.QuestionAsync(HandWorld.ManualOnly)).Number, DenialReason.NotAvailable, HandWorld.Clerk);
        await CollectedByItselfAsync();
        await Eventually.HoldsAsync(
            async () =>
            {
                _world.Network.RequesterClock.Leap(TimeSpan.FromSeconds(5));
                return await NoticesAsync() == 0;
            },
            "the system has taken it");
        var last = JsonDocument.Parse(_told.Last().Body).RootElement.GetProperty("data");
        Assert.Equal(("ANSWERED", 0), (last.GetProperty("state").GetString(), last.GetProperty("waiting").GetInt32()));
    }

    [Fact]
    public async Task Through_a_proxy_an_answer_is_collected_in_ones_own_name_by_whom_her_role_lets()
    {
        var exchange = await AskAsync(Welfare);
        await AnswerAsync();
        await CollectedByItselfAsync();
        await using var api = await ApiAsync();
        foreach (var (roles, headers, wish, said) in (IEnumerable<(string, bool, object, string)>)
        [
            ("clerks", false, new { terminal = "t-1", use = "審査" }, "Nothing pending"),
            ("nothing", true, new { terminal = "t-1", use = "審査" }, "answered"), // Nobody is configured: the existing system answers for its people.
        ])
        {
            using var proxy = api.Client("proxy");
            if (headers)
            {
                proxy.DefaultRequestHeaders.Add("X-InfoLink-Operator", "k-2");
                proxy.DefaultRequestHeaders.Add("X-InfoLink-Roles", roles);
            }

            using var unsaid = await proxy.PostAsJsonAsync($"/v1/pending/{exchange}/collect", new { });
            Assert.Contains(headers ? "terminal" : "Nothing pending", await unsaid.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var reply = await proxy.PostAsJsonAsync($"/v1/pending/{exchange}/collect", wish);
            Assert.Contains(said, await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal("k-2", (await AgentNetwork.OneAsync(_world.Network.Requester.Log.Store, AccessEvent.Act)).Open.Act.Operator);
    }

    [Fact]
    public async Task Who_has_no_role_for_the_entry_takes_nothing_that_is_kept()
    {
        var exchange = await AskAsync(Welfare);
        await AnswerAsync();
        await CollectedByItselfAsync();
        _people = new PeopleOptions { Record = "id", Roles = { ["other"] = new RoleOptions { Ask = { "107.*" } } } };
        await _world.Network.StopRequesterAsync();
        await _world.Network.StartRequesterAsync();
        var refused = await Assert.ThrowsAsync<Contracts.Refusals.RefusedException>(() =>
            _world.Pending.CollectAsync(exchange, new Asker("k-2", "t-1", "審査") { Claims = new OperatorClaims("", "", "", ["other"]) }));
        Assert.Equal(RefusalName.OperatorNotAllowed, refused.Refusal.Name);
        Assert.True((await _world.Pending.FindAsync(exchange))!.Persons[0].IsKept);
    }

    [Fact]
    public async Task Who_does_not_take_it_is_told_again_and_a_redirection_is_not_followed_nor_a_restart_forgotten()
    {
        Assert.All([500, 307], _statuses.Enqueue);
        _world.Network.Network.Journal.Expect("did not take a notice");
        await AskAsync(Welfare);
        await AnswerAsync();
        await CollectedByItselfAsync();
        await Until.TrueAsync(() => _told.Count == 1);
        await _world.Network.StopRequesterAsync();
        await _world.Network.StartRequesterAsync();
        for (var tries = 2; tries <= 3; tries++)
        {
            await Eventually.HoldsAsync(
                () =>
                {
                    _world.Network.RequesterClock.Leap(TimeSpan.FromSeconds(5));
                    return _told.Count >= tries;
                },
                "it is told again");
        }

        Assert.Single(_told.Select(told => told.Id).Distinct(StringComparer.Ordinal));
        Assert.DoesNotContain(_told, told => told.Id is "followed");
        await NothingMoreAsync(3);
    }

    [Fact]
    public async Task What_lapses_is_told_as_that_and_a_system_that_is_away_for_days_is_given_up()
    {
        _world.Network.Network.Journal.Expect("did not take a notice", "could not be told");
        for (var i = 0; i < 1_000; i++)
        {
            _statuses.Enqueue(503);
        }

        await AskAsync(Welfare);
        _world.Network.RequesterClock.Leap(TimeSpan.FromDays(9));
        await Until.TrueAsync(() => !_told.IsEmpty);
        Assert.Contains("LAPSED", _told.First().Body, StringComparison.Ordinal);
        _world.Network.RequesterClock.Leap(TimeSpan.FromDays(4));
        await Eventually.HoldsAsync(
            async () =>
            {
                _world.Network.RequesterClock.Leap(TimeSpan.FromSeconds(6));
                return await NoticesAsync() == 0;
            },
            "it is given up");
    }

    [Fact]
    public async Task Nobody_is_told_of_what_no_system_with_a_callback_asked()
    {
        var clerks = await AskAsync(AgentNetwork.Clerk);
        var taxs = await AskAsync(AgentNetwork.Clerk with { Caller = "tax" }, HandWorld.ManualOnly);
        Assert.False((await _world.Pending.FindAsync(clerks))!.CollectsItself);
        Assert.Equal(("tax", false), ((await _world.Pending.FindAsync(taxs))!.Caller, (await _world.Pending.FindAsync(taxs))!.CollectsItself));
        var own = await AskAsync(Welfare, HandWorld.ManualOnly); // Who collects it has it in its hands.
        foreach (var question in await _world.Queue.ListAsync())
        {
            await _world.Queue.DenyAsync(question.Number, DenialReason.NotAvailable, HandWorld.Clerk);
        }

        await _world.Pending.CollectAsync(clerks);
        await _world.Pending.CollectAsync(taxs);
        await _world.Pending.CollectAsync(own);
        await NothingMoreAsync(0);
    }

    private async Task<ExchangeId> AskAsync(Asker who, int person = HandWorld.Known)
    {
        var fetched = await _world.Network.Requester.Agent.FetchAsync([AgentNetwork.AtRequester(person)], HandWorld.Tax, who);
        Assert.IsType<FetchedPerson.Pending>(fetched.Persons[0]);
        return fetched.ExchangeId!.Value;
    }

    private async Task AnswerAsync() => await _world.Queue.ApproveAsync((await _world.QuestionAsync(HandWorld.Known)).Number, HandWorld.Clerk);

    private async Task CollectedByItselfAsync()
    {
        _world.MakeDue();
        await _world.Pending.LookAsync(CancellationToken.None);
        _world.Network.RequesterClock.Leap(TimeSpan.FromSeconds(6));
    }

    private async Task<int> NoticesAsync() => (await PendingStore.Open(_world.Network.Folder.AgencyPath(NetworkFolder.Requester, "data/pending.db")).DueNoticesAsync(DateTimeOffset.MaxValue, 10, CancellationToken.None)).Count;

    /// <summary>Nothing is left to tell, and so much was told.</summary>
    private async Task NothingMoreAsync(int told)
    {
        await Eventually.HoldsAsync(async () => await NoticesAsync() == 0, "nothing is left to tell");
        Assert.Equal(told, _told.Count);
    }

    private static async Task<string?> OutcomeAsync(HttpClient client, ExchangeId exchange)
    {
        using var reply = await client.PostAsJsonAsync($"/v1/pending/{exchange}/collect", new { });
        var said = await reply.Content.ReadFromJsonAsync<JsonElement>();
        return said.TryGetProperty("error", out var error) ? error.GetString() : said.GetProperty("persons")[0].GetProperty("outcome").GetString();
    }

    private Task<LocalPort> ApiAsync() => LocalPort.StartAsync(
        _world.Network.Requester,
        _world.Network.Folder.AgentOptions(NetworkFolder.Requester),
        [LocalPort.Key("welfare", ["*"]), LocalPort.Key("tax", ["*"]), LocalPort.Key("proxy", ["*"], operate: true, claims: new ClaimOptions())],
        PendingApi.Map);
}
