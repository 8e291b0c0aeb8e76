using System.CommandLine;
using System.Text;
using System.Text.Json;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Links;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Asking;

/// <summary>A clerk asks, one person or a file of them, with the commands and at a running agent.</summary>
public sealed class AskCommandsTests : IAsyncLifetime
{
    private const int Unknown = 6;
    private static readonly string[] Question = ["--entry", AgentNetwork.TaxEntry, "--provider", NetworkFolder.Provider, "--role", "claimant", "--tax-year", "2026", "--use", "認定請求の審査", "--operator", "児童手当係", "--terminal", "t-12"];
    private AskingWorld _world = null!;
    private WebApplication _api = null!;
    private int _written;

    public async ValueTask InitializeAsync() => await BeginAsync(_ => { });

    private async Task BeginAsync(Action<NetworkFolder> prepare)
    {
        _world = await AskingWorld.StartAsync(Unknown, prepare);
        await _world.Network.LinkAtRequesterAsync(Unknown);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_world.Network.Requester.Agent);
        LocalApi.Listen(builder, _world.Network.Folder.AgentOptions(NetworkFolder.Requester));
        _api = builder.Build();
        LocalApi.Map(_api);
        BulkApi.Map(_api);
        LabelsApi.Map(_api);
        PendingApi.Map(_api);
        await _api.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task One_person_is_asked_about_and_how_it_ended_is_the_exit_code()
    {
        var table = await RunAsync(0, ["ask", "--person", "Y-1", "--case", "K-7", .. Question]);
        Assert.All(["1000001", "total-income", "該当なし", NetworkFolder.Provider, "exchange"], text => Assert.Contains(text, table, StringComparison.Ordinal));

        var answer = JsonDocument.Parse(await RunAsync(0, ["ask", "--person", "Y-1", "--json", .. Question])).RootElement;
        Assert.Equal("answered", answer.GetProperty("outcome").GetString());
        Assert.Equal("1000001", answer.GetProperty("kinds").GetProperty("municipal-inhabitant-tax").GetProperty("total-income").GetProperty("value").GetString());

        var refused = await RunAsync(1, ["ask", "--person", "Y-nobody", .. Question]);
        Assert.All(["LINK-MISSING", "。", "."], text => Assert.Contains(text, refused, StringComparison.Ordinal));
        Assert.Equal("LINK-MISSING", JsonDocument.Parse(await RunAsync(1, ["ask", "--person", "Y-nobody", "--json", .. Question])).RootElement.GetProperty("refused").GetString());

        // Who asks, where, what for and in which case stand on record.
        var asked = (await AgentNetwork.AllOfAsync(_world.Network.Requester)).First(entry => entry.Open.Event == AccessEvent.Asked);
        Assert.Equal(("児童手当係", "t-12", "認定請求の審査", "K-7"), (asked.Particulars!.Operator, asked.Particulars.Terminal, asked.Particulars.Use, asked.Particulars.CaseReference));
    }

    [Fact]
    public async Task Where_a_human_answers_the_answer_is_pending()
    {
        await DisposeAsync();
        await BeginAsync(AgentNetwork.AnswerTaxByHand);
        Assert.Contains("回答待ち", await RunAsync(2, ["ask", "--person", "Y-1", .. Question]), StringComparison.Ordinal);

        await RunAsync(0, ["bulk", Write("utf-8", "id\nY-1\nY-nobody\n"), "--out", _world.Results, "--job", "hand", .. Question]);
        var results = AskingWorld.Read(_world.Results).Skip(1).OrderBy(fields => int.Parse(fields[0])).ToList();
        Assert.Equal(("pending", "refused"), (results[0][2], results[1][2]));
        Assert.NotEmpty(results[0][9]);
        Assert.Equal(1, JsonDocument.Parse(await RunAsync(0, "status", "--job", "hand", "--json")).RootElement[0].GetProperty("counts").GetProperty("pending").GetInt32());
    }

    [Fact]
    public void An_answer_whose_sheet_cannot_be_written_is_not_lost_with_it()
    {
        var sheet = new SheetOptions();
        var parsed = new Command("ask", "") { sheet.File, sheet.Force }.Parse(["--sheet", _world.Files.Path("kept.html")]);
        Assert.True(sheet.IsWanted(parsed));
        File.WriteAllText(_world.Files.Path("kept.html"), "somebody else's"); // Since nobody was there.
        var (answer, trouble) = sheet.Keep(parsed, JsonSerializer.SerializeToElement(new { outcome = "answered", sheet = "<!doctype html>" }));
        Assert.Equal("answered", answer.GetProperty("outcome").GetString());
        Assert.Contains("there is no sheet", trouble, StringComparison.Ordinal);
        Assert.Equal("somebody else's", File.ReadAllText(_world.Files.Path("kept.html")));
    }

    [Fact]
    public async Task What_was_answered_is_a_page_to_print_and_nothing_is_written_over()
    {
        var sheet = _world.Files.Path("sheet.html");
        string[] ask = ["ask", "--person", "Y-1", "--case", "<script>K&7", "--json", "--sheet", sheet, .. Question];
        var answer = JsonDocument.Parse((await RunAsync(0, ask)).Split('\n').First(line => line.StartsWith('{'))).RootElement;
        Assert.False(answer.TryGetProperty("sheet", out _));

        var page = await File.ReadAllTextAsync(sheet);
        Assert.All(
            ["&lt;script&gt;K&amp;7", answer.GetProperty("exchangeId").GetString()!, AgentNetwork.TaxEntry, NetworkFolder.Provider, "認定請求の審査", "児童手当係、t-12", "1000001", "該当なし", "JST", "廃棄"],
            text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(sheet));
        }

        // Each item of the layout, in its order, by its Japanese name.
        var catalog = _world.Network.Requester.Agent.Catalog;
        var entry = catalog.Entries[Contracts.Identifiers.EntryId.Parse(AgentNetwork.TaxEntry)];
        Assert.Contains(entry.Citation.Ja, page, StringComparison.Ordinal);
        var at = page.IndexOf("<h2>", StringComparison.Ordinal);
        Assert.All(catalog.Kinds[entry.Kinds[0]].Items, item => Assert.True((at = page.IndexOf($"<th>{item.Name.Ja} ", at, StringComparison.Ordinal)) > 0, item.Id));

        // What is there is not written over, and then nobody is asked; unless it is wanted.
        var asked = await _world.OnRecordAsync(AccessEvent.Asked);
        Assert.Contains("--force", await RunAsync(1, ask), StringComparison.Ordinal);
        Assert.Equal(asked, await _world.OnRecordAsync(AccessEvent.Asked));
        await RunAsync(0, [.. ask, "--force"]);
        Assert.Contains("1000001", await File.ReadAllTextAsync(sheet), StringComparison.Ordinal);
        Assert.Equal([sheet], Directory.GetFiles(_world.Files.Path(), "*sheet*"));
    }

    [Fact]
    public async Task What_was_answered_later_is_a_page_too_and_before_there_is_none()
    {
        await DisposeAsync();
        await BeginAsync(AgentNetwork.AnswerTaxByHand);
        var sheet = _world.Files.Path("later.html");
        var exchange = JsonDocument.Parse(await RunAsync(2, ["ask", "--person", "Y-1", "--json", .. Question])).RootElement.GetProperty("exchangeId").GetString()!;
        await RunAsync(2, "pending", "collect", exchange, "--sheet", sheet);
        Assert.False(File.Exists(sheet));

        var queue = _world.Network.Provider.Agent.Queue;
        await queue.ApproveAsync((await queue.ListAsync())[0].Number, new LinkAct("課税課", "確認"));
        await RunAsync(0, "pending", "collect", exchange, "--sheet", sheet);
        var page = await File.ReadAllTextAsync(sheet);
        Assert.All(["1000001", "児童手当係", NetworkFolder.Provider], text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("utf-8", "utf-8")]
    [InlineData("shift_jis", "shift_jis")]
    public async Task Each_line_of_a_file_has_its_result_whatever_is_wrong_with_it(string encoding, string named)
    {
        var file = Write(encoding, "宛名番号,provider,role,tax_year,case,備考\r\n"
            + "Y-1,,,,,髙橋\r\n"              // 2
            + "Y-2,,,2025,K-2,\"a,b\"\r\n"    // 3
            + "Y-1,,,,K-2,\r\n"              // 4: once more, in another case
            + $"Y-{Unknown},,,,,\r\n"         // 5: unknown there
            + "Y-nobody,,,,,\r\n"             // 6: not linked
            + "Y-3,999999,,,,\r\n"            // 7: no member
            + "Y-3,,nobody,,,\r\n"            // 8: not in the entry
            + "Y-3,,NOT A ROLE,,,\r\n"        // 9
            + "Y-3,,,令和8,,\r\n"              // 10
            + "Y-3\r\n"                       // 11
            + "\"Y-3,,,,,\r\n"                // 12: a quote that nobody closes
            + ",,,,,\r\n"                     // 13
            + "123456789018,,,,,\r\n"         // 14: an individual number
            + "Y-4,,,,,\r\n");                // 15
        string[] bulk = ["bulk", file, "--out", _world.Results, "--job", "kj", "--column", "id=宛名番号", "--encoding", named, .. Question];
        var output = await RunAsync(0, bulk);
        Assert.Contains("LINK-MISSING", output, StringComparison.Ordinal);

        var results = AskingWorld.Read(_world.Results).Skip(1).OrderBy(fields => int.Parse(fields[0])).Select(fields => (fields[0], fields[1], fields[2], fields[3])).ToList();
        Assert.Equal(
        [
            ("2", "Y-1", "answered", ""),
            ("3", "Y-2", "answered", ""),
            ("4", "Y-1", "answered", ""),
            ("5", $"Y-{Unknown}", "refused", "NOT-AVAILABLE"),
            ("6", "Y-nobody", "refused", "LINK-MISSING"),
            ("7", "Y-3", "refused", "MEMBER-UNKNOWN"),
            ("8", "Y-3", "refused", "ROLE-NOT-IN-ENTRY"),
            ("9", "Y-3", "broken", ""),
            ("10", "Y-3", "broken", ""),
            ("11", "", "broken", ""),
            ("12", "", "broken", ""),
            ("13", "", "broken", ""),
            ("14", "", "refused", "NUMBER-AS-KEY"),
            ("15", "Y-4", "answered", ""),
        ],
        results);
        Assert.DoesNotContain("123456789018", await File.ReadAllTextAsync(_world.Results), StringComparison.Ordinal);

        var status = JsonDocument.Parse(await RunAsync(0, "status", "--job", "kj", "--json")).RootElement[0];
        var counts = status.GetProperty("counts");
        Assert.Equal(
            (14, 14, 4, 0, 5, 5),
            (Number(status, "lines"), Number(status, "done"), Number(counts, "answered"), Number(counts, "pending"), Number(counts, "refused"), Number(counts, "broken")));
        Assert.Equal((true, true, "児童手当係"), (status.GetProperty("agrees").GetBoolean(), status.GetProperty("ended").GetBoolean(), status.GetProperty("operator").GetString()));
        Assert.Contains("NOT-AVAILABLE", await RunAsync(0, "status", "--job", "kj"), StringComparison.Ordinal);
        Assert.Contains("kj", await RunAsync(0, "status"), StringComparison.Ordinal);
        Assert.Contains("no job of this name", await RunAsync(1, "status", "--job", "other"), StringComparison.Ordinal);

        static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("shift_jis", "id,備考\nY-1,髙橋\n", "not of this encoding")]
    [InlineData("utf-8", "number\nY-1\n", "no column 'id'")]
    [InlineData("utf-8", "", "no column 'id'")]
    public async Task A_file_that_cannot_be_read_as_it_is_stops_before_anybody_is_asked(string encoding, string text, string fault)
    {
        string[] bulk = ["bulk", Write(encoding, text), "--out", _world.Results, "--job", "bad", .. Question];
        Assert.Contains(fault, await RunAsync(1, bulk), StringComparison.Ordinal);
        Assert.False(File.Exists(_world.Results));
        Assert.Equal(0, await _world.OnRecordAsync(AccessEvent.Asked));
    }

    [Fact]
    public async Task Results_can_be_JSON_lines_and_so_can_the_steps()
    {
        var results = _world.Files.Path("results.jsonl");
        var steps = await RunAsync(0, ["bulk", Write("utf-8", "id\nY-1\nY-nobody\n"), "--out", results, "--job", "j", "--json", .. Question]);
        Assert.True(JsonDocument.Parse(steps.TrimEnd().Split('\n')[^1]).RootElement.GetProperty("ended").GetBoolean());

        var lines = (await File.ReadAllLinesAsync(results)).Select(line => JsonDocument.Parse(line).RootElement).OrderBy(line => line.GetProperty("line").GetInt32()).ToList();
        Assert.Equal("1000001", lines[0].GetProperty("kinds").GetProperty("municipal-inhabitant-tax").GetProperty("total-income").GetProperty("value").GetString());
        Assert.Equal(("refused", "LINK-MISSING"), (lines[1].GetProperty("outcome").GetString(), lines[1].GetProperty("refusal").GetString()));
    }

    private string Write(string encoding, string text)
    {
        var path = _world.Files.Path($"{_written++}.csv");
        File.WriteAllText(path, text, encoding is "shift_jis" ? CodePagesEncodingProvider.Instance.GetEncoding(932)! : new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        return path;
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        var (code, output) = await Canary.Tool.TryAsync(
            "dotnet",
            [Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), .. arguments, "--config", _world.Network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json")]);
        Assert.True(code == expected, output);
        return output;
    }
}
