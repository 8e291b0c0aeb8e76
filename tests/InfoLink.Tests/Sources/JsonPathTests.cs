using System.Text.Json;
using InfoLink.Agent.Sources;
using Xunit;

namespace InfoLink.Tests.Sources;

public sealed class JsonPathTests
{
    private const string Document = """{"a":{"b":[{"c":"one"},{"c":2.50}],"税 額":true,"it's":null,"deep":{}},"big":1e40,"list":[]}""";

    [Theory]
    [InlineData("$.a.b[0].c", "one")]
    [InlineData("$['a']['b'][1]['c']", "2.5")]
    [InlineData("$.a['税 額']", "true")]
    [InlineData("$.big", "1e40")]
    [InlineData("$.a['it\\'s']", "null")]
    [InlineData("$.a.b[2].c", "missing")]
    [InlineData("$.a.b.c", "missing")]
    [InlineData("$.A", "missing")]
    [InlineData("$.a[0]", "missing")]
    [InlineData("$.a.b[0].c.d", "missing")]
    [InlineData("$.a.deep", "object")]
    [InlineData("$.list", "list")]
    public void A_path_leads_to_one_place_or_none(string text, string expected)
    {
        Assert.True(JsonPath.TryParse(text, out var path));
        using var document = JsonDocument.Parse(Document);
        Assert.Equal(expected, path.In(document.RootElement) switch
        {
            RawValue.Written written => written.Text,
            RawValue.Formless formless => formless.Type,
            RawValue.Null => "null",
            _ => "missing",
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("$")]
    [InlineData("a.b")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$.a[")]
    [InlineData("$.a[]")]
    [InlineData("$.a[*]")]
    [InlineData("$.a[-1]")]
    [InlineData("$.a[01]")]
    [InlineData("$.a[999999]")]
    [InlineData("$['a")]
    [InlineData("$['a'")]
    [InlineData("$['a\\")]
    [InlineData("$['a\\n']")]
    [InlineData("$.1a")]
    [InlineData("$.a b")]
    [InlineData("$.a.")]
    [InlineData("$x")]
    public void What_could_mean_several_places_or_nothing_is_no_path(string text) => Assert.False(JsonPath.TryParse(text, out _));
}
