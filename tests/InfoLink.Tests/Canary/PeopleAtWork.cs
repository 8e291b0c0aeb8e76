using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using InfoLink.Agent;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Canary;

/// <summary>
/// What people do at both agencies, and systems that can only write files: questions that somebody decides by commands and at the page, a person whose data are withheld, answers that are collected, a watched folder, a bulk file;
/// and kill -9 between what was decided and its reply.
/// </summary>
internal sealed class PeopleAtWork(CanaryWorld world)
{
    public const string Operator = "k-0417";
    private static readonly string[] Decided = ["--reason", "確認した", "--operator", Operator];
    private readonly StringBuilder _atRequester = new();
    private readonly StringBuilder _atProvider = new();
    private readonly StringBuilder _page = new();

    /// <summary>What commands printed at the agency that asks, and files that came of them.</summary>
    public IReadOnlyList<Place> Received => [Place.Of("commands", _atRequester.ToString()), .. Place.Below(world.Path("received"))];

    /// <summary>What commands printed at the agency that answers.</summary>
    public string AtProvider => _atProvider.ToString();

    /// <summary>What the back-office page was told.</summary>
    public string Page => _page.ToString();

    /// <summary>Operators with their roles where people answer, and a folder where a system leaves its questions.</summary>
    public static void Configure(AgentOptions options, string root)
    {
        switch (options.Agency)
        {
            case NetworkFolder.Provider:
                File.WriteAllText(options.Full("operators.csv"), $"id,name,department,roles\n{Operator},課税 花子,課税課,everything\n");
                options.People = new PeopleOptions { Operators = "operators.csv", Roles = { ["everything"] = new RoleOptions { Answer = { "*" }, Operate = true, Audit = true } } };
                options.Local.Listen = $"127.0.0.1:{RedisServer.FreePort()}";
                break;
            case NetworkFolder.Requester:
                options.Local.Listen = $"127.0.0.1:{RedisServer.FreePort()}";
                options.Local.Keys.Add(new LocalKeyOptions { Name = "welfare", Sha256 = new string('A', 43), Ask = { "*" } });
                options.Folders.Add(new FolderOptions
                {
                    Name = "kodomo",
                    Folder = Directory.CreateDirectory(Path.Combine(root, "received", "folder")).FullName,
                    Caller = "welfare",
                    Entry = Walk.Entry,
                    Provider = NetworkFolder.Provider,
                    Role = Walk.Role,
                    Conditions = new FolderConditions { TaxYear = Walk.TaxYear },
                    Operator = "夜間連携",
                    Terminal = "server-1",
                    Use = "現況届の審査",
                    QuietSeconds = 0,
                    EverySeconds = 1,
                });
                break;
        }
    }

    public async Task WorkAsync()
    {
        await ByCommandsAsync();
        await AtThePageAsync();
        await WithFilesAsync();
    }

    /// <summary>kill -9 between a decision and its reply, and between a reply and whoever takes it: it comes once it is asked for again.</summary>
    public async Task KillsAsync()
    {
        // Where it is decided, in the middle of that.
        var decided = await PendAsync(CanaryRun.Claimant);
        var deciding = PostAsync(NetworkFolder.Provider, $"/v1/queue/{await NumberAsync(decided)}/approve", new { @operator = Operator, reason = "確認した" });
        await KillAsync(NetworkFolder.Provider, deciding);
        if (await StateAsync(decided) is "waiting")
        {
            await AtProviderAsync(["queue", "approve", await NumberAsync(decided), .. Decided]);
        }

        await UntilCollectedAsync(decided);

        // Where it is decided, before anybody has come for it.
        var waiting = await PendAsync(CanaryRun.Absent);
        await AtProviderAsync(["queue", "approve", await NumberAsync(waiting), .. Decided]);
        await KillAsync(NetworkFolder.Provider);

        // Where it is wanted, while it is on its way.
        await KillAsync(NetworkFolder.Requester, PostAsync(NetworkFolder.Requester, $"/v1/pending/{waiting}/collect", new { }));
        await UntilCollectedAsync(waiting);

        // Where it is wanted, once it is kept there until somebody takes it.
        var kept = await PendAsync(CanaryRun.Claimant, "--collect");
        await AtProviderAsync(["queue", "approve", await NumberAsync(kept), .. Decided]);
        MakeDue();
        await KillAsync(NetworkFolder.Requester);
        await Eventually.HoldsAsync(async () => (await AtRequesterAsync(0, "pending", "list")).Contains("1 to take", StringComparison.Ordinal), "an answer that is kept", TestNetwork.Patience * 2);
        await KillAsync(NetworkFolder.Requester);
        await UntilCollectedAsync(kept);
    }

    private async Task ByCommandsAsync()
    {
        var approved = await PendAsync(CanaryRun.Claimant);
        Assert.Contains(world[CanaryRun.Claimant].AtProvider, await AtProviderAsync("queue", "show", await NumberAsync(approved)), StringComparison.Ordinal);
        await AtProviderAsync(["queue", "approve", await NumberAsync(approved), .. Decided]);
        Assert.Contains(world[CanaryRun.Claimant].TotalIncome, await AtRequesterAsync(0, "pending", "collect", approved, "--sheet", world.Path("received", "sheet.html")), StringComparison.Ordinal);

        // What the existing system has not, a clerk enters.
        var entered = await PendAsync(CanaryRun.Absent);
        var values = world.Path("entered.json");
        await File.WriteAllTextAsync(values, $$"""{ "{{Walk.Kind}}": { "salary-receipts": "{{world[CanaryRun.Absent].SalaryReceipts}}" } }""");
        await AtProviderAsync(["queue", "answer", await NumberAsync(entered), "--from-source", "--values", values, .. Decided]);
        Assert.Contains(world[CanaryRun.Absent].SalaryReceipts, await AtRequesterAsync(0, "pending", "collect", entered), StringComparison.Ordinal);

        var refused = await PendAsync(CanaryRun.Spouse);
        await AtProviderAsync(["queue", "refuse", await NumberAsync(refused), "--why", "by-letter", .. Decided]);
        Assert.Contains("refused", await AtRequesterAsync(0, "pending", "collect", refused), StringComparison.Ordinal);
    }

    private async Task AtThePageAsync()
    {
        var address = new Uri((await AtProviderAsync("desk", "--operator", Operator)).Trim());
        using var page = new HttpClient { BaseAddress = new Uri(address.GetLeftPart(UriPartial.Authority)), Timeout = TestNetwork.Patience };
        page.DefaultRequestHeaders.Add("Origin", address.GetLeftPart(UriPartial.Authority));
        using (var opened = await page.PostAsJsonAsync("/desk/session", new { ticket = address.Fragment[1..] }))
        {
            page.DefaultRequestHeaders.Add("Authorization", $"Desk {(await opened.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()}");
        }

        var exchange = await PendAsync(CanaryRun.Claimant);
        var number = await NumberAsync(exchange);
        await GetAsync("v1/queue");
        await GetAsync($"v1/queue/{number}");
        await GetAsync($"v1/labels?entry={CanaryWorld.ByHandEntry}");
        await GetAsync("v1/replica");
        await GetAsync("v1/links/quarantine");
        await SendAsync($"v1/queue/{number}/approve", new { @operator = Operator, reason = "確認した" });
        await SendAsync("v1/exchanges", new { @operator = Operator, reason = "点検", exchange });
        var hidden = world[CanaryRun.Hidden];
        await SendAsync("v1/links/marks", new { @operator = Operator, reason = "支援措置", id = hidden.AtProvider, act = "Withhold" });
        await SendAsync("v1/links/standing", new { person = hidden.AtProvider });
        Assert.Equal("NOT-AVAILABLE", await world.AskAsync(hidden.AtRequester));
        await UntilCollectedAsync(exchange);

        async Task GetAsync(string path) => _page.AppendLine(await page.GetStringAsync(new Uri($"/desk/{path}", UriKind.Relative)));

        async Task SendAsync(string path, object wish)
        {
            using var reply = await page.PostAsJsonAsync($"/desk/{path}", wish);
            var told = await reply.Content.ReadAsStringAsync();
            Assert.True(reply.IsSuccessStatusCode, $"{path}: {told}");
            _page.AppendLine(told);
        }
    }

    private async Task WithFilesAsync()
    {
        var asked = $"id\n{world[CanaryRun.Claimant].AtRequester}\n{world[CanaryRun.Absent].AtRequester}\n{world[CanaryRun.Hidden].AtRequester}\n";
        var whole = world.Path("received", "asked.csv");
        await File.WriteAllTextAsync(whole, asked);
        await AtRequesterAsync(
            0, ["bulk", whole, "--out", world.Path("received", "results.jsonl"), "--job", "kj-2026", .. About(Walk.Entry)]);
        Assert.Contains(world[CanaryRun.Claimant].TotalIncome, await File.ReadAllTextAsync(world.Path("received", "results.jsonl")), StringComparison.Ordinal);

        File.Move(whole, world.Path("received", "folder", "in", "asked.csv"));
        var done = world.Path("received", "folder", "out", "asked.csv");
        await Eventually.HoldsAsync(() => File.Exists(done), "results of the folder");
        Assert.Contains(world[CanaryRun.Claimant].TotalIncome, await File.ReadAllTextAsync(done), StringComparison.Ordinal);
    }

    /// <summary>Asks about somebody under the entry that people answer.</summary>
    /// <returns>The exchange that waits.</returns>
    private async Task<string> PendAsync(string part, params string[] more)
    {
        var printed = await AtRequesterAsync(2, ["ask", "--person", world[part].AtRequester, "--json", .. About(CanaryWorld.ByHandEntry), .. more]);
        using var answer = JsonDocument.Parse(printed);
        Assert.Equal("pending", answer.RootElement.GetProperty("outcome").GetString());
        return answer.RootElement.GetProperty("exchangeId").GetString()!;
    }

    private static string[] About(string entry) =>
        ["--entry", entry, "--provider", NetworkFolder.Provider, "--role", Walk.Role, "--tax-year", $"{Walk.TaxYear}", "--use", "認定請求の審査", "--operator", "児童手当係", "--terminal", "terminal-12"];

    private async Task UntilCollectedAsync(string exchange)
    {
        var told = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                (var code, told) = await world.TryAgentAsync(NetworkFolder.Requester, "pending", "collect", exchange);
                _atRequester.AppendLine(told);
                return code == 0 && told.Contains("\"answered\"", StringComparison.Ordinal);
            },
            "what was decided is collected",
            TestNetwork.Patience * 2);
    }

    private async Task<string> NumberAsync(string exchange) => $"{(await QuestionAsync(exchange)).GetProperty("number").GetInt64()}";

    private async Task<string> StateAsync(string exchange) => (await QuestionAsync(exchange)).GetProperty("state").GetString()!;

    private async Task<JsonElement> QuestionAsync(string exchange)
    {
        using var questions = JsonDocument.Parse(await AtProviderAsync("queue", "list", "--all", "--json"));
        return questions.RootElement.EnumerateArray().Single(question => question.GetProperty("exchange").ValueEquals(exchange)).Clone();
    }

    /// <summary>kill -9, once it has been told something that it may or may not come to the end of; and a new start.</summary>
    private async Task KillAsync(string agency, Task? told = null)
    {
        await world.Agents[agency].KillAsync();
        try
        {
            await (told ?? Task.CompletedTask);
        }
        catch (HttpRequestException)
        {
            // It died first.
        }

        await world.Agents[agency].StartAsync();
    }

    private async Task PostAsync(string agency, string path, object wish)
    {
        using var client = Hosting.LocalSocket.Client(world.Folder.AgencyPath(agency, "data/agent.sock"), TestNetwork.Patience * 2);
        using var reply = await client.PostAsJsonAsync($"http://agent{path}", wish);
        await reply.Content.ReadAsByteArrayAsync();
    }

    /// <summary>What was asked to collect itself is due.</summary>
    private void MakeDue()
    {
        using var store = new SqliteConnection($"Data Source={world.Folder.AgencyPath(NetworkFolder.Requester, "data/pending.db")};Pooling=false");
        store.Execute("UPDATE pending_exchange SET next_ms = 0");
    }

    private async Task<string> AtRequesterAsync(int expected, params string[] arguments)
    {
        var told = await world.AgentAsync(NetworkFolder.Requester, expected, arguments);
        _atRequester.AppendLine(told);
        return told;
    }

    private async Task<string> AtProviderAsync(params string[] arguments)
    {
        var told = await world.AgentAsync(NetworkFolder.Provider, 0, arguments);
        _atProvider.AppendLine(told);
        return told;
    }
}
