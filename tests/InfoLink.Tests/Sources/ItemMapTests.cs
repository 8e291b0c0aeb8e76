using InfoLink.Agent;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using Xunit;

namespace InfoLink.Tests.Sources;

/// <summary>From what an old system has to an item of the layout, and every way in which that fails.</summary>
public sealed class ItemMapTests
{
    private const string Secret = "SECRET-VALUE";

    public static TheoryData<string, string?, string> Conversions => new()
    {
        // how, what the system has, what becomes of it
        { "plain", "3000", "=3000" },
        { "plain", "  3000 ", "=3000" },
        { "plain", "　3000　", "=3000" },
        { "plain", "", ":not-recorded" },
        { "plain", "   ", ":not-recorded" },
        { "plain", null, ":not-recorded" },
        { "no trim", " 3000 ", "= 3000 " },
        { "omit", null, "" },
        { "omit", "1", "=1" },
        { "absences", "99999999", ":not-converted" },
        { "absences", "00000000", ":not-applicable" },
        { "absences", "20260515", "=2026-05-15" },
        { "codes", "01", "=1" },
        { "codes", "02 ", "=2" },
        { "half, codes", "０１", "=1" },
        { "yyyyMMdd", "20260229", "!NotCanonical" },
        { "yyyyMMdd", "2026-02-28", "!NotCanonical" },
        { "yyyy/M/d", "2026/5/1", "=2026-05-01" },
        { "yyyy年M月d日", "2026年12月31日", "=2026-12-31" },
        { "era", "令和8年5月15日", "=2026-05-15" },
        { "era", "R8.5.15", "=2026-05-15" },
        { "era", "平成元年１月８日", "=1989-01-08" },
        { "era", "昭和64年1月8日", "!NotCanonical" },
        { "era", "平成12年不明", "!NotCanonical" },
        { "era", Secret, "!NotCanonical" },
        { "true, false", "1", "=true" },
        { "true, false", "有", "=true" },
        { "true, false", "0", "=false" },
        { "true, false", "2", "!NotCanonical" },
        { "true, false", "true", "!NotCanonical" },
        { "number", "000124500", "=124500" },
        { "number", "124,500.00", "=124500" },
        { "number", "-0012", "=-12" },
        { "number", "-0", "=0" },
        { "number", "+7", "=7" },
        { "number", "12,45", "!NotCanonical" },
        { "number", "1e5", "!NotCanonical" },
        { "number", Secret, "!NotCanonical" },
        { "number", "99999999999999999999999999999999", "!NotCanonical" },
        { "half", "ＡＢ－１２　ｱ", "=AB-12 ｱ" },
        { "full", "ｶﾞｷﾞ ﾊﾟﾋﾟ ｳﾞ AB-1", "=ガギ　パピ　ヴ　ＡＢ－１" },
        { "full", "ﾞｱﾞｰ", "=゛ア゛ー" },
        { "codes", Secret, "!NotInCodeList" },
        { "codes", "1", "!NotInCodeList" },
    };

    [Theory]
    [MemberData(nameof(Conversions))]
    public void What_the_system_has_becomes_the_item_or_an_error_without_it(string how, string? raw, string expected)
    {
        var made = new ItemMapping("item", Options(how)).Apply(Row("column", raw is null ? new RawValue.Null() : new RawValue.Written(raw)));
        Assert.Equal(expected, made.Error is { } error ? $"!{error.Rule}" : made.Answer switch
        {
            ItemAnswer.Value value => $"={value.Text}",
            ItemAnswer.Absent absent => $":{absent.Reason}",
            _ => "",
        });
        Assert.Equal(made.Error is null, made.Answer is not null || expected.Length == 0);
        Assert.DoesNotContain(Secret, $"{made} {made.Raw} {made.Error}", StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_does_not_map_is_said_at_once_with_kind_item_and_cause_and_never_the_value()
    {
        var map = new ItemMap(new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
        {
            ["taxation-class"] = new() { From = "class", Codes = { ["1"] = "1" } },
            ["assessed-on"] = new() { From = "day", Date = "yyyyMMdd" },
            ["income-levy"] = new() { From = "LEVY" },
            ["dependants"] = new() { From = "blob" },
            ["per-capita-levy"] = new() { From = "levy" },
        });
        var row = new Dictionary<string, RawValue>(StringComparer.Ordinal)
        {
            ["class"] = new RawValue.Written(Secret),
            ["day"] = new RawValue.Written(Secret),
            ["levy"] = new RawValue.Written("3000"),
            ["blob"] = new RawValue.Formless("Byte[]"),
        };
        var fault = Assert.Throws<MappingException>(() => map.ToItems(KindId.Parse(Asked.Tax), Row(row)));
        Assert.Equal("taxation-class assessed-on income-levy dependants", string.Join(' ', fault.Errors.Select(error => error.Item)));
        Assert.StartsWith("municipal-inhabitant-tax: taxation-class: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("the query has no column 'LEVY'; it has class, day, levy, blob", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Byte[]", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_item_that_the_system_does_not_have_is_absent_for_everybody()
    {
        var map = new ItemMap(new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal) { ["householder-name"] = new() { WhenNull = "withheld-by-law" } });
        Assert.Equal("householder-name:withheld-by-law", Asked.Text(map.ToItems(KindId.Parse(Asked.Tax), Row("column", new RawValue.Null()))));
    }

    [Fact]
    public void What_does_not_fit_the_layout_is_said_at_once_before_anything_runs()
    {
        var source = new SourceOptions
        {
            Kind = Asked.Tax,
            Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
            {
                ["tax-yaer"] = new() { From = "a" },
                ["tax-year"] = new() { From = "a", WhenNull = "omit" },
                ["taxation-class"] = new() { From = "a", Codes = { ["01"] = "1", ["09"] = "9" } },
                ["per-capita-levy"] = new() { From = "a", WhenNull = "withheld-by-law" },
                ["income-levy"] = new() { From = "a", Date = "era" },
                ["total-income"] = new() { From = "a", True = ["1"], False = ["0"], Absences = { ["-"] = "not-applicable" } },
                ["assessed-on"] = new() { From = "a", Number = true },
                ["spouse-in-same-livelihood"] = new() { From = "a", Codes = { ["1"] = "yes" } },
                ["dependants"] = new() { From = "a" },
            },
        };
        string[] expected =
        [
            "tax-yaer: the layout has no such item", "tax-year: a required item is not omitted", "taxation-class: codes: '9' is not a value of this item (NotInCodeList)",
            "per-capita-levy: the layout does not take 'withheld-by-law' here; it takes not-yet-determined", "income-levy: date: this item is not a date",
            "total-income: the layout does not take 'not-applicable'", "total-income: true and false: this item is not a boolean", "assessed-on: number: this item is not a number",
            "spouse-in-same-livelihood: codes: 'yes' is not a value", "map: the required item 'dependants-under-16' is missing",
        ];
        var misfits = ItemMap.Misfits(source, Asked.Catalog).ToList();
        Assert.All(expected, start => Assert.Single(misfits, misfit => misfit.Contains(start, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, misfits.Count);
    }

    [Fact]
    public void What_is_wrong_with_a_source_whatever_the_layout_is_said_at_once_too()
    {
        var options = new AgentOptions
        {
            Sources =
            [
                new SourceOptions { Kind = "a", Sqlite = "no.db", Postgres = "Host=127.0.0.1;Password=SECRET-VALUE;Nonsense=SECRET-VALUE", Query = "SELECT 1" },
                new SourceOptions
                {
                    Kind = "b",
                    Http = new HttpSourceOptions { Url = "https://{person}.example/", Header = "Authorization", Secret = Secret, TimeoutSeconds = 61 },
                    Query = "SELECT 1",
                    Map = new Dictionary<string, ItemMapOptions>(StringComparer.Ordinal)
                    {
                        ["one"] = new() { From = "$.a..b", WhenNull = "because", Width = "wide", Date = "yyMMdd", Number = true },
                        ["two"] = new() { From = "$.a", Absences = { ["9"] = "because" }, True = ["1"], False = ["1"] },
                        ["three"] = null!,
                    },
                },
                new SourceOptions { Kind = "b", Postgres = "env:INFOLINK_TEST_NOT_SET" },
                null!,
            ],
        };
        var errors = options.Errors().Where(error => error.StartsWith("sources", StringComparison.Ordinal)).ToList();
        string[] expected =
        [
            "sources: null is no source", "sources: the kind 'b' has two sources", "sources, a: give one of", "sources, a: there is no file", "sources, a: postgres:",
            "sources, b: http: url: the host is written out", "sources, b: http: secret: 'file:", "sources, b: http: timeoutSeconds", "sources, b: a query is for a database",
            "sources, b, map, one: from:", "sources, b, map, one: whenNull:", "sources, b, map, one: width:", "sources, b, map, one: date:", "sources, b, map, one: give at most one",
            "sources, b, map, two: absences:", "sources, b, map, two: true and false", "sources, b, map, three: null", "sources, b: postgres: The environment variable 'INFOLINK_TEST_NOT_SET'",
            "sources, b: there is no query",
        ];
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
        Assert.Equal(expected.Length, errors.Count);
        Assert.DoesNotContain(errors, error => error.Contains("SECRET", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_conversions_of_one_code_in_the_file_are_an_error_and_not_the_second()
    {
        using var folder = new EndToEnd.TemporaryFolder();
        File.WriteAllText(folder.Path("agent.json"), """{"sources":[{"kind":"a","map":{"x":{"from":"y","codes":{"1":"A","1":"B"}}}}]}""");
        Assert.Contains("duplicate", Assert.Throws<InvalidOperationException>(() => AgentOptions.Read(folder.Path("agent.json"))).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_example_in_the_manual_fits_the_layouts()
    {
        using var folder = new EndToEnd.TemporaryFolder();
        var manual = File.ReadAllText(RepositoryRoot.Path("agent", "InfoLink.Agent", "Sources", "README.md"));
        File.WriteAllText(folder.Path("agent.json"), manual.Split("```jsonc")[1].Split("```")[0]);
        KeyFile.WriteNew(folder.Path("tax-db.secret"), "Host=127.0.0.1;Username=agent");
        KeyFile.WriteNew(folder.Path("juki.secret"), "Bearer token");
        var options = AgentOptions.Read(folder.Path("agent.json"));
        Assert.Equal(2, options.Sources.Count);
        Assert.DoesNotContain(options.Errors(), error => error.StartsWith("sources", StringComparison.Ordinal));
        Assert.Empty(options.Sources.SelectMany(source => ItemMap.Misfits(source, Asked.Catalog)));
    }

    private static ItemMapOptions Options(string how) => how switch
    {
        "plain" => new() { From = "column" },
        "no trim" => new() { From = "column", Trim = false },
        "omit" => new() { From = "column", WhenNull = ItemMapOptions.Omit },
        "absences" => new() { From = "column", Date = "yyyyMMdd", Absences = { ["99999999"] = "not-converted", ["00000000"] = "not-applicable" } },
        "codes" => new() { From = "column", Codes = { ["01"] = "1", ["02"] = "2" } },
        "half, codes" => new() { From = "column", Width = "half", Codes = { ["01"] = "1" } },
        "true, false" => new() { From = "column", True = ["1", "有"], False = ["0", "無"] },
        "number" => new() { From = "column", Number = true },
        "half" or "full" => new() { From = "column", Width = how },
        _ => new() { From = "column", Date = how },
    };

    private static SourceRecord Row(string column, RawValue value) => Row(new Dictionary<string, RawValue>(StringComparer.Ordinal) { [column] = value });

    private static SourceRecord Row(Dictionary<string, RawValue> row) => new(row, column => row.GetValueOrDefault(column) ?? new RawValue.Missing());
}
