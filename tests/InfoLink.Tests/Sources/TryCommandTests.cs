using System.Text.Json;
using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>The dry run, on the sample network's folder with nothing running.</summary>
public sealed class TryCommandTests : IAsyncDisposable
{
    private const string Good = ExistingSystems.ClaimantAtSetagaya;
    private const string Odd = "S-81002"; // Her code is one that the layout does not have.
    private readonly TestNetwork _network = TestNetwork.PrepareOnly();

    private string Config => _network.Folder.AgencyPath(NetworkFolder.Provider, "agent.json");

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task It_shows_source_and_result_and_says_whose_act_it_is()
    {
        var (code, output, error) = await Infolink.RunAgentAsync("try", "--kind", Asked.Tax, "--person", Good, "--tax-year", "2026", "--config", Config);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("No broker, no other agency", output, StringComparison.Ordinal);
        Assert.Contains("SQLite ", output, StringComparison.Ordinal);
        Assert.Contains("income-levy = 「124500」", output, StringComparison.Ordinal);
        Assert.Contains("This would be answered.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_layout_does_not_take_is_said_by_field_and_ends_with_1()
    {
        var (code, output, _) = await Infolink.RunAgentAsync("try", "--kind", Asked.Tax, "--person", Odd, "--tax-year", "2026", "--json", "--config", Config);
        Assert.Equal(1, code);
        using var json = JsonDocument.Parse(output);
        Assert.False(json.RootElement.GetProperty("good").GetBoolean());
        var wrong = Assert.Single(json.RootElement.GetProperty("items").EnumerateArray(), item => item.GetProperty("errors").GetArrayLength() > 0);
        Assert.Equal(("taxation-class", "9", "value"), (wrong.GetProperty("item").GetString(), wrong.GetProperty("raw").GetString(), wrong.GetProperty("state").GetString()));
        Assert.Equal("NotInCodeList: the layout takes one of 1, 2, 3, 4", wrong.GetProperty("errors")[0].GetString());
    }

    [Fact]
    public async Task A_map_is_shown_step_by_step_with_its_errors()
    {
        var options = Options();
        var trial = await TryAsync(options, Odd);
        Assert.False(trial.IsGood);
        var screen = new StringWriter();
        TryCommand.Write(trial, screen);
        var lines = screen.ToString();
        Assert.Contains("source   taxation_class = 「9」", lines, StringComparison.Ordinal);
        Assert.Contains("mapping  trim, codes (3), null is not-recorded", lines, StringComparison.Ordinal);
        Assert.Contains("ERROR    'codes' has no conversion", lines, StringComparison.Ordinal);
        Assert.Contains("Nothing would be answered: 1 of ", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("124500", (await TryAsync(options, Good)).ToString(), StringComparison.Ordinal);
        Assert.True((await TryAsync(options, Good)).IsGood);

        var pension = Assert.Single(trial.Items, item => string.Equals(item.Item, "pension-receipts", StringComparison.Ordinal));
        Assert.Equal((RawState.None, null, 0), (pension.State, pension.Value, pension.Errors.Count));
    }

    [Fact]
    public async Task What_would_act_on_the_terminal_is_written_out()
    {
        Execute("UPDATE resident_tax SET taxation_class = '3' || char(27) || '[2J' WHERE person = 'S-81002'");
        var screen = new StringWriter();
        TryCommand.Write(await TryAsync(Options(), Odd), screen);
        Assert.Contains("「3\\u001B[2J」", screen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001B', screen.ToString());
    }

    [Fact]
    public async Task Nobody_is_no_fault_and_a_broken_source_is()
    {
        var options = Options();
        var nobody = await TryAsync(options, "S-0");
        Assert.Equal((false, true), (nobody.Found, nobody.IsGood));
        options.Sources[0].Query = "SELECT amount FROM nowhere WHERE person = @person";
        var broken = await TryAsync(options, Good);
        Assert.Equal((false, false), (broken.Found, broken.IsGood));
        Assert.Contains("nowhere", broken.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_tried_says_why_all_at_once()
    {
        var options = Options();
        options.Sources[0].Map!.Remove("dependants");
        options.Sources[0].Map!["taxation-class"].Codes["9"] = "9";
        options.Sources[0].Map!["tax-year"].WhenNull = "because";
        var fault = await FaultAsync(options, Good);
        Assert.All((string[])["'dependants' is missing", "'9' is not a value", "'because' is not a reason"], cause => Assert.Contains(cause, fault, StringComparison.Ordinal));

        Assert.Contains("--tax-year", await FaultAsync(Options(), Good, InquiryConditions.None), StringComparison.Ordinal);
        Assert.Contains("NUMBER-AS-KEY", await FaultAsync(Options(), "123456789018"), StringComparison.Ordinal);
        Assert.Contains("It has: municipal-inhabitant-tax", (await Assert.ThrowsAsync<InvalidOperationException>(
            () => SourceTrial.RunAsync(Options(), "family-register", Good, InquiryConditions.None, TimeProvider.System, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    private static async Task<string> FaultAsync(AgentOptions options, string person, InquiryConditions? conditions = null)
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => TryAsync(options, person, conditions));
        Assert.DoesNotContain(person, fault.Message, StringComparison.Ordinal);
        return fault.Message;
    }

    private static Task<SourceTrial> TryAsync(AgentOptions options, string person, InquiryConditions? conditions = null) =>
        SourceTrial.RunAsync(options, Asked.Tax, person, conditions ?? new InquiryConditions { TaxYear = 2026 }, TimeProvider.System, CancellationToken.None);

    /// <summary>The sample's tax table, mapped instead of renamed by its query.</summary>
    private AgentOptions Options()
    {
        var options = AgentOptions.Read(Config);
        var tax = options.Sources[0];
        tax.Query = "SELECT * FROM resident_tax WHERE person = @person AND tax_year = @taxYear";
        tax.Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
        {
            ["tax-year"] = new() { From = "tax_year" },
            ["taxation-class"] = new() { From = "taxation_class", Codes = { ["1"] = "1", ["2"] = "2", ["3"] = "3" } },
            ["per-capita-levy"] = new() { From = "per_capita_levy" },
            ["income-levy"] = new() { From = "income_levy" },
            ["total-income"] = new() { From = "total_income" },
            ["spouse-in-same-livelihood"] = new() { From = "spouse" },
            ["dependants"] = new() { From = "dependants" },
            ["dependants-under-16"] = new() { From = "dependants_u16" },
            ["assessed-on"] = new() { From = "assessed_on" },
        };
        return options;
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_network.Folder.AgencyPath(NetworkFolder.Provider, "existing.db")};Pooling=false");
        connection.Execute(sql);
    }
}
