using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using InfoLink.Authoring;
using InfoLink.Tests.Catalog;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>One tree has one text, and one text one tree.</summary>
public sealed class CanonicalJsonTests
{
    private static readonly string[] Pieces = ["", "a", "B", "z", "10", "9", "\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "\0", "\u001f", "\u007f", "é", "市", "\uffff", "\ufb33", "𠮷", "😀", "\u2028"];

    private static readonly Gen<string> Text = Gen.ListOf(Gen.Elements(Pieces)).Select(string.Concat);

    [Fact]
    public void A_tree_is_written_read_and_written_again_the_same() => Prop.ForAll(
        Trees(3).ToArbitrary(),
        tree =>
        {
            var written = CanonicalJson.Write(tree);
            var errors = new ErrorSheet("tree");
            var read = CanonicalJson.Read(written, errors);
            return read is not null && errors.IsEmpty && written.AsSpan().SequenceEqual(CanonicalJson.Write(read));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_written_is_JSON_to_others_with_the_same_values() => Prop.ForAll(
        Trees(3).ToArbitrary(), tree => Same(tree, JsonDocument.Parse(CanonicalJson.Write(tree)).RootElement)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_other_byte_gives_another_tree_or_none() => Prop.ForAll(
        (from tree in Trees(2) from at in Gen.Choose(0, 10_000) from change in Gen.Choose(1, 255) select (tree, at, change)).ToArbitrary(),
        bent =>
        {
            var written = CanonicalJson.Write(bent.tree);
            written[bent.at % written.Length] ^= (byte)bent.change;
            var read = CanonicalJson.Read(written, new ErrorSheet("bent"));
            return read is null || CanonicalJson.Write(read).AsSpan().SequenceEqual(written);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0xD83D)]
    [InlineData(0xDE00)]
    [InlineData(0x61, 0xDE00, 0xD83D)]
    public void Half_a_surrogate_pair_has_no_form(params int[] units)
    {
        var text = string.Concat(units.Select(unit => (char)unit)); // An attribute's text would be mended on its way here.
        Assert.Throws<EncoderFallbackException>(() => CanonicalJson.Write(DocumentNode.Of(text)));
        Assert.False(PlainText.IsWellFormed(text));
    }

    [Theory]
    [InlineData("    task: { ja: \"\\ud83d\", en: examining }")]
    [InlineData("    task: { \"\\ude00\": 審査, en: examining }")]
    public void Half_a_surrogate_pair_is_an_error_in_YAML_and_no_exception(string line)
    {
        var yaml = Encoding.UTF8.GetBytes(SmallestCatalog.Text.Replace("    task: { ja: 審査, en: examining }", line, StringComparison.Ordinal));
        Assert.NotEmpty(Assert.IsType<Loaded<Contracts.Catalog.StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", yaml)).Errors);
    }

    [Theory]
    [InlineData("0001-01-01")]
    [InlineData("9999-12-31T23:59:59")]
    public void The_ends_of_the_calendar_are_an_error_and_no_exception(string moment)
    {
        var yaml = Encoding.UTF8.GetBytes(SmallestCatalog.Text.Replace("effectiveFrom: 2026-01-01", $"effectiveFrom: {moment}", StringComparison.Ordinal));
        Assert.NotEmpty(Assert.IsType<Loaded<Contracts.Catalog.StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", yaml)).Errors);
    }

    [Theory]
    [InlineData("Yoko\u202ehama")]
    [InlineData("Yoko\u2066hama")]
    [InlineData("Yoko\u200fhama")]
    [InlineData("Yoko\u0085hama")]
    [InlineData("Yoko\u2028hama")]
    [InlineData("Yoko\ufeffhama")]
    public void A_text_that_shows_otherwise_than_it_reads_is_not_taken(string text)
    {
        Assert.False(PlainText.Is(text));
        var yaml = Encoding.UTF8.GetBytes(SmallestCatalog.Text.Replace("en: examining", $"en: \"{text}\"", StringComparison.Ordinal));
        Assert.IsType<Loaded<Contracts.Catalog.StatuteCatalog>.Broken>(CatalogFile.Parse("catalog.yaml", yaml));
    }

    [Theory]
    [InlineData("髙橋\U000e0100")] // A variation selector.
    [InlineData("\ue000")] // 外字
    [InlineData("𠮷野家")]
    public void Names_keep_their_characters(string text) => Assert.True(PlainText.Is(text));

    [Fact]
    public void Depth_is_bounded_before_the_stack_is()
    {
        var deep = Encoding.UTF8.GetBytes(new string('[', 100_000) + new string(']', 100_000));
        var errors = new ErrorSheet("deep");
        Assert.Null(CanonicalJson.Read(deep, errors));
        Assert.False(errors.IsEmpty);
    }

    private static Gen<DocumentNode> Trees(int depth)
    {
        var scalar = Text.Select(text => (DocumentNode)DocumentNode.Of(text));
        if (depth == 0)
        {
            return scalar;
        }

        var list = Gen.ListOf(Trees(depth - 1)).Select(nodes => (DocumentNode)DocumentNode.ListOf(nodes.Take(5)));
        var mapping = Gen.ListOf(from key in Text from value in Trees(depth - 1) select (key, value))
            .Select(fields => (DocumentNode)DocumentNode.Mapping.Containing(fields.Take(6).DistinctBy(field => field.key, StringComparer.Ordinal).Select(field => (field.key, (DocumentNode?)field.value))));
        return Gen.OneOf(scalar, list, mapping);
    }

    private static bool Same(DocumentNode node, JsonElement json) => node switch
    {
        DocumentNode.Scalar scalar => json.ValueKind == JsonValueKind.String && string.Equals(scalar.Text, json.GetString(), StringComparison.Ordinal),
        DocumentNode.Sequence list => json.GetArrayLength() == list.Nodes.Length && list.Nodes.Zip(json.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
        DocumentNode.Mapping mapping => json.EnumerateObject().Count() == mapping.Fields.Length && mapping.Fields.All(field => Same(field.Value, json.GetProperty(field.Key))),
        _ => false,
    };
}
