using System.Globalization;
using InfoLink.Agent.Sources;
using InfoLink.Agent.Testing;
using InfoLink.Agent.Typed;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Tools;
using InfoLink.Tests.Typed.Generated;
using InfoLink.Tool.Catalogs;
using Xunit;
using RefusedException = InfoLink.Contracts.Refusals.RefusedException;

namespace InfoLink.Tests.Typed;

/// <summary>Layouts as C# classes: written the same each time, compiled here as they are written, and true to the catalog in both directions.</summary>
public sealed class ClassesTests
{
    private const string Space = "InfoLink.Tests.Typed.Generated";
    private static readonly string SampleCatalog = RepositoryRoot.Path("samples", "Network", "catalog.yaml");
    private static readonly string EveryTypeCatalog = RepositoryRoot.Path("tests", "InfoLink.Tests", "Typed", "every-type.yaml");

    [Theory]
    [InlineData("tests/InfoLink.Tests/Typed/every-type.yaml", "every-type", "EveryType")]
    [InlineData("samples/Network/catalog.yaml", "municipal-inhabitant-tax", "MunicipalInhabitantTax")]
    public void What_is_compiled_here_is_what_the_tool_writes(string path, string kind, string name)
    {
        var catalog = Load(RepositoryRoot.Path(path));
        var written = new ClassWriting(catalog, Space).Write(catalog.Kinds[KindId.Parse(kind)]);
        var here = File.ReadAllText(RepositoryRoot.Path("tests", "InfoLink.Tests", "Typed", "Generated", $"{name}.g.cs"));
        Assert.True(
            string.Equals(written, here, StringComparison.Ordinal),
            $"The classes have changed. Write them anew: dotnet run --project tools/infolink -- catalog classes {path} --kind {kind} --namespace {Space} --out tests/InfoLink.Tests/Typed/Generated");
        Assert.Equal(written, new ClassWriting(Load(RepositoryRoot.Path(path)), Space).Write(catalog.Kinds[KindId.Parse(kind)]));
        Assert.DoesNotContain(written, character => char.IsControl(character) && character != '\n');
    }

    [Fact]
    public void Every_type_goes_to_its_canonical_text_and_back()
    {
        var number = IndividualNumber.FromBase(12_345_678_901);
        var written = new EveryType
        {
            Text = "神 﨑",
            CodeText = "0042",
            Day = new DateOnly(2026, 3, 9),
            SmallNumber = -7,
            LargeNumber = 99_999_999_999,
            Rate = 2.50m,
            Yes = false,
            Number = number,
            State = EveryType.StateCodeItem.StoppedForNowItem,
        };
        var items = written.ToItems();
        Assert.Equal(
            ["text=神 﨑", "code-text=0042", "day=2026-03-09", "small-number=-7", "large-number=99999999999", "rate=2.5", "yes=false", $"number={number.Reveal()}", "state=2A"],
            items.Select(item => $"{item.Key}={((ItemAnswer.Value)item.Value).Text}"),
            StringComparer.Ordinal);
        Assert.Empty(Layout.Check(Load(EveryTypeCatalog).Kinds[EveryType.Kind], items));
        Assert.Equal(written, EveryType.From(items));
        Assert.Equal("0", ((ItemAnswer.Value)(written with { Rate = -0.0m }).ToItems()["rate"]).Text);
        Assert.Equal("0.00001", ((ItemAnswer.Value)(written with { Rate = 0.00001m }).ToItems()["rate"]).Text);
    }

    [Fact]
    public void An_item_is_a_value_or_a_reason_or_left_out()
    {
        var items = EveryTypeItems();
        items["text"] = new ItemAnswer.Absent(AbsenceReason.NotRecorded);
        var read = EveryType.From(items);
        Assert.Equal((false, AbsenceReason.NotRecorded, false), (read.Text.HasValue, read.Text.Absence, read.Text.IsLeftOut));
        Assert.Contains("not-recorded", Assert.Throws<InvalidOperationException>(() => read.Text.Value).Message, StringComparison.Ordinal);
        Assert.Equal("none", read.Text.ValueOr("none"));
        Assert.Equal((false, null, true), (read.CodeText.HasValue, read.CodeText.Absence, read.CodeText.IsLeftOut));
        Assert.Equal((true, null, false), (read.SmallNumber.HasValue, read.SmallNumber.Absence, read.SmallNumber.IsLeftOut));
        Assert.NotEqual(Item<int>.Of(0), default);
        Assert.False(read.ToItems().ContainsKey("code-text"));
        Assert.Equal(Sorted(items), Sorted(read.ToItems()));
    }

    [Theory]
    [InlineData("state", "77", "every-type: state: NotInCodeList")]
    [InlineData("state", "StoppedForNow", "every-type: state: NotInCodeList")]
    [InlineData("small-number", "99999999999", "every-type: small-number: NotCanonical")]
    [InlineData("day", "2026-02-30", "every-type: day: NotCanonical")]
    [InlineData("yes", "True", "every-type: yes: NotCanonical")]
    [InlineData("number", "123456789012", "every-type: number: NotCanonical")]
    [InlineData("rate", null, "every-type: rate: Missing")]
    public void What_the_class_does_not_know_is_refused_by_item_and_rule_without_the_value(string item, string? text, string detail)
    {
        var items = EveryTypeItems();
        items.Remove(item);
        if (text is not null)
        {
            items.Add(item, text);
        }

        var refused = Assert.Throws<RefusedException>(() => EveryType.From(items));
        Assert.Equal(("LAYOUT-VIOLATION", detail), (refused.Refusal.Text, refused.Refusal.Detail));
    }

    [Fact]
    public void An_item_that_a_later_catalog_added_is_passed_over_and_a_member_that_is_none_is_not_written()
    {
        var items = EveryTypeItems();
        items.Add("added-later", "1");
        Assert.Equal(EveryType.From(EveryTypeItems()), EveryType.From(items));
        Assert.Throws<ArgumentOutOfRangeException>(() => (EveryType.From(items) with { State = default(EveryType.StateCodeItem) }).ToItems());
    }

    [Fact]
    public void A_class_prints_no_value()
    {
        var printed = EveryType.From(EveryTypeItems()).ToString();
        Assert.Contains("Text = (a value)", printed, StringComparison.Ordinal);
        foreach (var value in EveryTypeItems().Values.OfType<ItemAnswer.Value>().Where(value => value.Text.Length > 1))
        {
            Assert.DoesNotContain(value.Text, printed, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_typed_source_answers_and_a_typed_answer_is_read()
    {
        await using var network = InMemoryNetwork.StartSample();
        var (yokohama, setagaya) = (network.Agency("141003"), network.Agency("131121"));
        var known = network.AddPerson();
        known.At(yokohama, "Y-1");
        known.At(setagaya, "S-1");
        var nothing = network.AddPerson();
        nothing.At(yokohama, "Y-2");
        nothing.At(setagaya, "S-2");
        setagaya.Answers(kinds => kinds.MapKind<MunicipalInhabitantTax>((request, _) => Task.FromResult(request.Person is not "S-1" ? null : new MunicipalInhabitantTax
        {
            TaxYear = request.Conditions.TaxYear!.Value,
            TaxationClass = MunicipalInhabitantTax.TaxationClassCode.Taxed,
            PerCapitaLevy = 3000,
            IncomeLevy = 124_500,
            TotalIncome = -50_000,
            SpouseInSameLivelihood = false,
            Dependants = 0,
            DependantsUnder16 = 2,
            AssessedOn = AbsenceReason.NotYetDetermined,
        })));
        var answer = await yokohama.Agent.FetchAsync("Y-1", AgentNetwork.TaxEntry, "131121", new() { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant");
        var tax = answer.Read<MunicipalInhabitantTax>();
        Assert.Equal((2026, MunicipalInhabitantTax.TaxationClassCode.Taxed, -50_000), (tax.TaxYear.Value, tax.TaxationClass.Value, tax.TotalIncome.Value));
        Assert.Equal(AbsenceReason.NotYetDetermined, tax.AssessedOn.Absence);
        Assert.True(tax.SalaryReceipts.IsLeftOut);
        Assert.Throws<KeyNotFoundException>(() => answer.Read<EveryType>());
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => yokohama.Agent.FetchAsync("Y-2", AgentNetwork.TaxEntry, "131121", new() { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant"));
        Assert.Equal("NOT-AVAILABLE", refused.Refusal.Text);
    }

    [Fact]
    public async Task The_command_writes_a_file_for_each_kind_and_over_nothing_but_its_own()
    {
        using var folder = new TemporaryFolder();
        var to = folder.Path("Information");
        var first = await Infolink.RunAsync("catalog", "classes", SampleCatalog, "--namespace", "Yokohama.Information", "--out", to);
        Assert.Equal((0, ""), (first.Code, first.Error));
        var kinds = Load(SampleCatalog).Kinds;
        Assert.Equal(kinds.Count, Directory.GetFiles(to, "*.g.cs").Length);
        Assert.All(Directory.GetFiles(to), file => Assert.Contains("namespace Yokohama.Information;", File.ReadAllText(file), StringComparison.Ordinal));

        var again = await Infolink.RunAsync("catalog", "classes", SampleCatalog, "--namespace", "Yokohama.Information", "--out", to, "--kind", "family-register");
        Assert.Equal((0, $"{Path.Combine(to, "FamilyRegister.g.cs")} (unchanged)\n"), (again.Code, again.Output));

        var own = Path.Combine(to, "FamilyRegister.g.cs");
        await File.WriteAllTextAsync(own, "// Somebody's own.");
        var foreign = await Infolink.RunAsync("catalog", "classes", SampleCatalog, "--namespace", "Yokohama.Information", "--out", to, "--kind", "family-register");
        Assert.Equal((1, "// Somebody's own."), (foreign.Code, await File.ReadAllTextAsync(own)));
        Assert.Contains("stays as it is", foreign.Error, StringComparison.Ordinal);

        var unknown = await Infolink.RunAsync("catalog", "classes", SampleCatalog, "--namespace", "Yokohama", "--kind", "shoe-sizes");
        Assert.Equal(1, unknown.Code);
        Assert.Contains("It has: ", unknown.Error, StringComparison.Ordinal);
        var bad = await Infolink.RunAsync("catalog", "classes", SampleCatalog, "--namespace", "yokohama.1nfo");
        Assert.Equal(2, bad.Code);
        Assert.Contains("is no namespace", bad.Error, StringComparison.Ordinal);
    }

    private static Items EveryTypeItems() => new()
    {
        { "text", "文字" },
        { "day", "2026-03-09" },
        { "small-number", "3" },
        { "large-number", 7_000_000_000L.ToString(CultureInfo.InvariantCulture) },
        { "rate", "2.25" },
        { "yes", "true" },
        { "state", "02" },
    };

    private static IEnumerable<(string Key, ItemAnswer Value)> Sorted(Items items) => items.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item => (item.Key, item.Value));

    private static StatuteCatalog Load(string path) => CatalogFile.Read(path) switch
    {
        Loaded<StatuteCatalog>.Whole whole => whole.Value,
        Loaded<StatuteCatalog>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
        _ => throw new InvalidOperationException(),
    };
}
