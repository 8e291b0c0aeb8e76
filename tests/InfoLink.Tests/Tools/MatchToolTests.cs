using System.Text;
using System.Text.Json;
using Xunit;

namespace InfoLink.Tests.Tools;

/// <summary><c>infolink address</c> and <c>infolink match</c> as people run them.</summary>
public sealed class MatchToolTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-test-");

    [Fact]
    public async Task Each_line_of_addresses_is_answered_by_one_line()
    {
        var file = await FileAsync("addresses.txt", "\uFEFF東京都江東区豊洲１ー２ー２７\r\n\nあいうえお\n\u2028東京都\r江東区\n" + new string('あ', 10_000) + "\n千代田区紀尾井町");

        var (code, output, error) = await Infolink.RunAsync("address", file);

        Assert.Equal((0, ""), (code, error));
        Assert.Equal(["東京都江東区豊洲一丁目2-27", "", "あいうえお", "東京都江東区", new string('あ', 10_000), "東京都千代田区紀尾井町", ""], output.Split('\n'), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_a_line_like_any_other()
    {
        var file = Path.Combine(_folder.FullName, "bytes.txt");
        await File.WriteAllBytesAsync(file, [0xFF, 0xC3, 0x28, (byte)'\n', 0x00, (byte)'\n'], TestContext.Current.CancellationToken);

        var (code, output, _) = await Infolink.RunAsync("address", file);

        Assert.Equal(0, code);
        Assert.Equal(3, output.Split('\n').Length);
    }

    [Fact]
    public async Task Each_pair_has_its_result_with_reasons_and_no_value_of_it()
    {
        var file = await FileAsync("pairs.json", Pairs);

        var (code, output, error) = await Infolink.RunAsync("match", file);
        Assert.Equal((0, ""), (code, error));
        var lines = output.TrimEnd('\n').Split('\n');
        Assert.Equal(["1  match", "2  ambiguous", "3  no match"], lines.Where(line => line[0] != ' ').Select(line => line[..Math.Min(line.Length, 14)].TrimEnd()), StringComparer.Ordinal);
        Assert.Contains("birth-date-unknown: ", lines[1], StringComparison.Ordinal);

        (code, output, _) = await Infolink.RunAsync("match", file, "--json");
        Assert.Equal(0, code);
        using var document = JsonDocument.Parse(output);
        var results = document.RootElement.EnumerateArray().ToList();
        Assert.Equal(["match", "ambiguous", "no match"], results.Select(result => result.GetProperty("outcome").GetString()!), StringComparer.Ordinal);
        Assert.Equal("name-differs", results[2].GetProperty("reasons")[0].GetProperty("id").GetString());
        Assert.Equal("birth-date-missing", results[2].GetProperty("reasons")[1].GetProperty("id").GetString());
        foreach (var value in (string[])["甲野", "乙野", "豊洲", "1980"])
        {
            Assert.DoesNotContain(value, output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{}", "list of pairs")]
    [InlineData("[{\"a\":{}}]", "Pair 1 has no record 'b'")]
    [InlineData("[{\"a\":{},\"b\":[]}]", "Pair 1 has no record 'b'")]
    [InlineData("[{\"a\":{\"name\":[]},\"b\":{}}]", "Pair 1, 'a', 'name' is no text")]
    [InlineData("[{", "no JSON: line 1")]
    public async Task A_file_that_is_not_of_pairs_ends_with_2_and_its_cause(string content, string cause)
    {
        var (code, output, error) = await Infolink.RunAsync("match", await FileAsync("bad.json", content));

        Assert.Equal((2, ""), (code, output));
        Assert.Contains(cause, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_character_in_JSON_is_a_lost_character()
    {
        var file = await FileAsync("half.json", Pairs.Replace("髙橋", "\\ud800", StringComparison.Ordinal));

        var (code, output, _) = await Infolink.RunAsync("match", file);

        Assert.Equal(0, code);
        Assert.StartsWith("1  no match", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private const string Pairs =
        """
        [{"a":{"name":"髙橋 甲野","kana":"タカハシ コウノ","address":"江東区豊洲1-2-27","birth":"S55.3.5","sex":1},
          "b":{"name":"高橋甲野","kana":"ﾀｶﾊｼｺｳﾉ","address":"東京都江東区豊洲一丁目2番27号","birth":"19800305","sex":"男"}},
         {"a":{"name":"甲野","address":"江東区豊洲1-2-27","birth":"1980-00-00","sex":null},
          "b":{"name":"甲野","address":"東京都江東区豊洲一丁目2番27号","birth":"1980-03-05"}},
         {"a":{"name":"甲野","address":"江東区豊洲1-2-27"},
          "b":{"name":"乙野","address":"東京都江東区豊洲一丁目2番27号","birth":"1980-03-05"},"id":7}]
        """;

    private async Task<string> FileAsync(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), TestContext.Current.CancellationToken);
        return path;
    }
}
