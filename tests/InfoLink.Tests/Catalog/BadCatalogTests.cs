using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using Xunit;

namespace InfoLink.Tests.Catalog;

public sealed class BadCatalogTests
{
    public static TheoryData<string> Fixtures => [.. BadFixture.NamesIn("tests", "InfoLink.Tests", "Catalog", "Bad")];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Every_accident_is_named_at_its_line(string fixture)
    {
        var bad = BadFixture.Read("tests", "InfoLink.Tests", "Catalog", "Bad", fixture);
        bad.Matches(CatalogFile.Read(bad.Path));
    }

    [Fact]
    public void The_smallest_catalog_loads()
    {
        var loaded = CatalogFile.Read(SmallestCatalog.Path);
        Assert.IsType<Loaded<StatuteCatalog>.Whole>(loaded);
    }

    [Fact]
    public void An_error_prints_as_compilers_do()
    {
        var bad = BadFixture.Read("tests", "InfoLink.Tests", "Catalog", "Bad", "version_zero");
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Read(bad.Path)).Errors.Single();
        Assert.StartsWith($"{bad.Path}:3: version: 0 lies outside", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error_and_no_exception()
    {
        var loaded = CatalogFile.Read(RepositoryRoot.Path("no", "such", "catalog.yaml"));
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(loaded).Errors.Single();
        Assert.Equal(0, error.Line);
        Assert.StartsWith("The file cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_beyond_16_MiB_is_not_parsed()
    {
        var loaded = CatalogFile.Parse("huge.yaml", new byte[(16 * 1024 * 1024) + 1]);
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(loaded).Errors.Single();
        Assert.Contains("larger than 16 MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_named_at_their_line()
    {
        var loaded = CatalogFile.Parse("sjis.yaml", [.. "version: 1\nname: "u8, 0x8E, 0x73, .. "\n"u8]);
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(loaded).Errors.Single();
        Assert.Equal((2, "Not UTF-8 here. Save the file as UTF-8."), (error.Line, error.Message));
    }

    [Fact]
    public void Lines_count_the_same_with_carriage_returns_and_a_byte_order_mark()
    {
        var text = SmallestCatalog.Text.Replace("version: 1", "version: 0", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
        var loaded = CatalogFile.Parse("windows.yaml", Encoding.UTF8.GetBytes("\uFEFF" + text));
        var error = Assert.IsType<Loaded<StatuteCatalog>.Broken>(loaded).Errors.Single();
        Assert.Equal((2, "version"), (error.Line, error.Field));
    }

    [Fact]
    public void A_file_that_is_wrong_throughout_ends_after_a_thousand_errors()
    {
        var text = string.Concat(Enumerable.Range(0, 5_000).Select(i => $"unknown{i}: 1\n"));
        var errors = Assert.IsType<Loaded<StatuteCatalog>.Broken>(CatalogFile.Parse("other.yaml", Encoding.UTF8.GetBytes(text))).Errors;
        Assert.Equal(1_000, errors.Length);
    }

    [Fact]
    public void Whatever_is_cut_off_gives_errors_and_no_exception()
    {
        var bytes = Encoding.UTF8.GetBytes(SmallestCatalog.Text);
        for (var length = 0; length < bytes.Length - 1; length++)
        {
            Assert.IsAssignableFrom<Loaded<StatuteCatalog>>(CatalogFile.Parse("cut.yaml", bytes.AsSpan(0, length)));
        }
    }
}
