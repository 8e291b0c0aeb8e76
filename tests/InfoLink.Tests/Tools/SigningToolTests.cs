using System.Text.Json;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Trust;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Tools;

/// <summary>The operator's walk with the real tool: keys, a catalog and a member list, each signed on two machines, and the versions after them.</summary>
public sealed class SigningToolTests : IAsyncLifetime
{
    private static readonly string Expires = JapanTime.Today(TimeProvider.System).AddDays(30).ToString("yyyy-MM-dd");
    private readonly TemporaryFolder _folder = new();

    private string Authority => _folder.Path("authority", "authority.json");

    public async ValueTask InitializeAsync() =>
        await GoodAsync("authority", "init", "--dir", _folder.Path("authority"), "--platform", "infolink.example", "--keys", "3", "--threshold", "2");

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_sample_catalog_is_built_signed_apart_combined_verified_and_followed_by_the_next()
    {
        var (first, second, yaml) = (_folder.Path("catalog-1.json"), _folder.Path("catalog-2.json"), _folder.Path("catalog.yaml"));
        await GoodAsync("catalog", "build", RepositoryRoot.Path("samples", "Network", "catalog.yaml"), "--platform", "infolink.example", "--expires", Expires, "--out", first);
        await SignApartAsync(first);
        Assert.Contains("Brokers and agents take it.", await GoodAsync("catalog", "verify", first, "--authority", Authority), StringComparison.Ordinal);

        // The next version, for tomorrow: one entry ends, and goes on for claims that were made before.
        var tomorrow = JapanTime.Today(TimeProvider.System).AddDays(1);
        var text = (await File.ReadAllTextAsync(RepositoryRoot.Path("samples", "Network", "catalog.yaml")))
            .Replace("version: 1\n", "", StringComparison.Ordinal)
            .Replace("effectiveFrom: 2024-05-27", $"effectiveFrom: {tomorrow:yyyy-MM-dd}", StringComparison.Ordinal);
        text = text[..text.IndexOf("examples:", StringComparison.Ordinal)]
            + SmallExamples
            + "";
        var at = text.IndexOf("    validity: { from: 2024-05-27 }", text.IndexOf("  106.municipality.108-1-ro:", StringComparison.Ordinal), StringComparison.Ordinal);
        text = text[..at] + $"    validity: {{ from: 2024-05-27, until: {tomorrow.AddDays(-1):yyyy-MM-dd}, transitional: {{ claimsBefore: {tomorrow:yyyy-MM-dd} }} }}"
            + text[(at + "    validity: { from: 2024-05-27 }".Length)..];
        await File.WriteAllTextAsync(yaml, text.Replace("CLAIMED", tomorrow.AddDays(-1).ToString("yyyy-MM-dd"), StringComparison.Ordinal));
        var built = await GoodAsync("catalog", "build", yaml, "--previous", first, "--authority", Authority, "--expires", Expires, "--out", second);
        Assert.Contains("transitional", built, StringComparison.Ordinal);
        Assert.Contains("the version in force stays until then", built, StringComparison.Ordinal);

        var (code, diff, _) = await Infolink.RunAsync("catalog", "diff", first, second, "--json");
        Assert.Equal(1, code);
        using var changes = JsonDocument.Parse(diff);
        var transitional = changes.RootElement.EnumerateArray().Single(change => change.GetProperty("path").GetString()!.EndsWith("transitional", StringComparison.Ordinal));
        Assert.Equal(("added", "106"), (transitional.GetProperty("change").GetString(), transitional.GetProperty("law").GetProperty("row").GetString()));
        Assert.Contains("なお従前の例による", await GoodAsync("catalog", "show", second, "--entry", "106.municipality.108-1-ro"), StringComparison.Ordinal);

        await SignApartAsync(second, "--against", first);
        await GoodAsync("catalog", "verify", second, "--authority", Authority, "--previous", first);
        var (rollback, output, _) = await Infolink.RunAsync("catalog", "verify", first, "--authority", Authority, "--previous", second, "--json");
        Assert.Equal(1, rollback);
        using var verdict = JsonDocument.Parse(output);
        Assert.Equal("rollback", verdict.RootElement.GetProperty("objections")[0].GetProperty("fault").GetString());
        Assert.Equal((2, false), (verdict.RootElement.GetProperty("counted").GetInt32(), verdict.RootElement.GetProperty("good").GetBoolean()));

        var members = await MembersAsync();
        string[] question = ["--members", members, "--requester", "141003", "--provider", "131121", "--entry", "106.municipality.108-1-ro", "--role", "claimant", "--tax-year", "2026", "--date", $"{tomorrow:yyyy-MM-dd}"];
        await GoodAsync(["catalog", "try", second, .. question, "--claimed-on", $"{tomorrow.AddDays(-1):yyyy-MM-dd}"]);
        var (denied, why, _) = await Infolink.RunAsync(["catalog", "try", second, .. question, "--claimed-on", $"{tomorrow:yyyy-MM-dd}"]);
        Assert.Equal(1, denied);
        Assert.Contains("ENTRY-NOT-IN-FORCE", why, StringComparison.Ordinal);
        Assert.Contains("その項目はこの日付では施行されていません", why, StringComparison.Ordinal);
        Assert.Contains("See the entry's validity", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_are_added_changed_and_removed_between_signatures()
    {
        var (first, second) = (await MembersAsync(), _folder.Path("members-2.json"));
        Assert.Equal(1, (await Infolink.RunAsync("authority", "verify", first, "--authority", Authority)).Code);
        await SignApartAsync(first);
        var key = Line(await GoodAsync("authority", "key", "--out", _folder.Path("kawasaki.pem")), "public");
        await GoodAsync(
            "member", "add", "141305", "--list", first, "--authority", Authority, "--out", second, "--name-ja", "川崎市", "--name-en", "Kawasaki City",
            "--category", "municipality:2026-04-01", "--category", "welfare-authority:2026-04-01:2027-03-31", "--identity-key", key, "--epoch", "1", "--flag", "number-less");
        await GoodAsync("member", "change", "141305", "--list", second, "--out", second, "--epoch", "2", "--previous-epoch", "1");
        await GoodAsync("member", "remove", "pension-service", "--list", second, "--out", second);
        var shown = await GoodAsync("member", "show", "141305", "--list", second);
        Assert.Contains("welfare-authority from 2026-04-01 until 2027-03-31", shown, StringComparison.Ordinal);
        Assert.Contains("2, and 1 is still read", shown, StringComparison.Ordinal);
        var names = await GoodAsync("member", "list", second);
        Assert.Contains("川崎市", names, StringComparison.Ordinal);
        Assert.DoesNotContain("日本年金機構", names, StringComparison.Ordinal);

        await SignApartAsync(second, "--against", first);
        await GoodAsync("authority", "verify", second, "--authority", Authority, "--against", first);
        await GoodAsync("member", "list", second, "--authority", Authority);

        // What is signed is never written over, and what nobody can read is said to be so.
        Assert.Equal(1, (await Infolink.RunAsync("member", "renew", "--list", second, "--out", first)).Code);
        Assert.Equal(1, (await Infolink.RunAsync("member", "add", "141305", "--list", second, "--out", _folder.Path("x.json"), "--name-ja", "川", "--name-en", "K", "--category", "municipality:2026-04-01", "--identity-key", key, "--epoch", "1")).Code);
        Assert.Equal(2, (await Infolink.RunAsync("member", "change", "141305", "--list", second, "--out", _folder.Path("x.json"), "--identity-key", "MFkw")).Code);
    }

    [Fact]
    public async Task The_authority_changes_by_the_old_threshold_and_the_new_one()
    {
        var next = _folder.Path("authority-2.json");
        var added = Line(await GoodAsync("authority", "key", "--out", _folder.Path("key-4.pem")), "public");
        var leaving = JsonDocument.Parse(await GoodAsync("authority", "show", Authority, "--json")).RootElement.GetProperty("signedBy")[0].GetString()!;
        await GoodAsync("authority", "change", "--authority", Authority, "--add", added, "--remove", leaving[..8], "--threshold", "3", "--out", next);
        await GoodAsync("authority", "sign", next, "--key", Key(2), "--authority", Authority);
        await GoodAsync("authority", "sign", next, "--key", Key(3), "--authority", Authority);
        var (code, half, _) = await Infolink.RunAsync("authority", "verify", next, "--authority", Authority);
        Assert.Equal(1, code);
        Assert.Contains("2 of the authority's keys have signed this authority, and 3 must", half, StringComparison.Ordinal);
        await GoodAsync("authority", "sign", next, "--key", _folder.Path("key-4.pem"), "--authority", Authority);
        await GoodAsync("authority", "verify", next, "--authority", Authority);

        // A list that only keys of before have signed is not the new authority's.
        var members = await MembersAsync();
        await GoodAsync("authority", "sign", members, "--key", Key(1), "--authority", Authority);
        await GoodAsync("authority", "sign", members, "--key", Key(2), "--authority", Authority);
        await GoodAsync("authority", "verify", members, "--authority", Authority);
        Assert.Equal(1, (await Infolink.RunAsync("authority", "verify", members, "--authority", next)).Code);
        var stranger = await GoodAsync("authority", "sign", members, "--key", Key(1), "--authority", next);
        Assert.Contains("WARNING", stranger, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_made_elsewhere_make_an_authority_that_is_signed_elsewhere()
    {
        var (a, b) = (_folder.Path("a.pem"), _folder.Path("b.pem"));
        var keys = new[] { Line(await GoodAsync("authority", "key", "--out", a), "public"), Line(await GoodAsync("authority", "key", "--out", b), "public") };
        var document = _folder.Path("apart", "authority.json");
        await GoodAsync("authority", "init", "--dir", _folder.Path("apart"), "--platform", "infolink.example", "--threshold", "2", "--public", keys[0], "--public", keys[1]);
        Assert.Equal(1, (await Infolink.RunAsync("authority", "verify", document, "--authority", document)).Code);
        await GoodAsync("authority", "sign", document, "--key", a, "--out", _folder.Path("a.json"));
        await GoodAsync("authority", "sign", document, "--key", b, "--out", _folder.Path("b.json"));
        await GoodAsync("authority", "combine", document, _folder.Path("a.json"), _folder.Path("b.json"), "--out", document);
        await GoodAsync("authority", "verify", document, "--authority", document);
    }

    [Fact]
    public async Task Private_keys_are_their_owners_alone_and_never_written_over()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Key(1)));
        }

        var before = await File.ReadAllTextAsync(Key(1));
        Assert.Equal(1, (await Infolink.RunAsync("authority", "init", "--dir", _folder.Path("authority"), "--platform", "infolink.example", "--keys", "3", "--threshold", "2")).Code);
        Assert.Equal(2, (await Infolink.RunAsync("authority", "key", "--out", Key(1))).Code);
        Assert.Equal(before, await File.ReadAllTextAsync(Key(1)));
        Assert.DoesNotContain("PRIVATE", (await Infolink.RunAsync("authority", "change", "--authority", Authority, "--add", Key(1), "--out", _folder.Path("x.json"))).Error.Replace("a private key", "", StringComparison.Ordinal), StringComparison.Ordinal);

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Key(1), UnixFileMode.UserRead | UnixFileMode.GroupRead);
            var (code, _, error) = await Infolink.RunAsync("authority", "sign", await MembersAsync(), "--key", Key(1));
            Assert.Equal(2, code);
            Assert.Contains("open to others", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_nobody_would_take_is_not_signed()
    {
        // Expired: made as it was a hundred days ago, which the tool itself would not build.
        var old = Trust.SomeAuthority.EmptyList(TimeProvider.System.GetUtcNow().AddDays(-102)).Envelope;
        var file = _folder.Path("old.json");
        await File.WriteAllBytesAsync(file, old.ToBytes());
        var (code, _, error) = await Infolink.RunAsync("authority", "sign", file, "--key", Key(1));
        Assert.Equal(1, code);
        Assert.Contains("expired on", error, StringComparison.Ordinal);
        Assert.Empty(SignedDocument.Parse(await File.ReadAllBytesAsync(file)).Signatures);

        await File.WriteAllBytesAsync(file, Trust.SomeAuthority.EmptyList(TimeProvider.System.GetUtcNow()).Envelope.ToBytes());
        (code, _, error) = await Infolink.RunAsync("authority", "sign", file, "--key", Key(1), "--authority", Authority);
        Assert.Equal(1, code);
        Assert.Contains("infolink.test", error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "{\"payload\":\"e30\",\"signatures\":[]}");
        Assert.Equal(2, (await Infolink.RunAsync("authority", "sign", file, "--key", Key(1))).Code);
        Assert.Equal(1, (await Infolink.RunAsync("authority", "sign", RepositoryRoot.Path("samples", "Network", "catalog.yaml"), "--key", Key(1))).Code);
        Assert.Equal(2, (await Infolink.RunAsync("authority", "sign", await MembersAsync(), "--key", Authority)).Code);
    }

    [Fact]
    public async Task A_bad_copy_does_not_take_a_good_signatures_place()
    {
        var members = await MembersAsync();
        await SignApartAsync(members);
        var good = SignedDocument.Parse(await File.ReadAllBytesAsync(members));
        var forged = good.Unsigned().With(good.Signatures[0] with { Bytes = new byte[64] });
        await File.WriteAllBytesAsync(_folder.Path("forged.json"), forged.ToBytes());
        await GoodAsync("authority", "combine", members, _folder.Path("forged.json"), "--authority", Authority, "--out", members);
        await GoodAsync("authority", "verify", members, "--authority", Authority);

        await File.WriteAllBytesAsync(_folder.Path("other.json"), Trust.SomeAuthority.EmptyList(TimeProvider.System.GetUtcNow()).Envelope.ToBytes());
        var (code, _, error) = await Infolink.RunAsync("authority", "combine", members, _folder.Path("other.json"), "--out", members);
        Assert.Equal(1, code);
        Assert.Contains("another payload", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_catalog_with_errors_is_found_with_entry_field_line_and_row()
    {
        var yaml = _folder.Path("bad.yaml");
        var text = await File.ReadAllTextAsync(RepositoryRoot.Path("samples", "Network", "catalog.yaml"));
        await File.WriteAllTextAsync(yaml, text.Replace("leaf: 108-1-ro\n", "leaf: 百八条\n", StringComparison.Ordinal));
        foreach (var command in (string[][])[["verify", yaml], ["build", yaml, "--platform", "infolink.example", "--out", _folder.Path("bad.json")]])
        {
            var (code, _, error) = await Infolink.RunAsync(["catalog", .. command]);
            Assert.Equal(1, code);
            Assert.Matches(@"bad\.yaml:[0-9]+: entries\[106\.municipality\.108-1-ro\]\.leaf: .*\(entry 106\.municipality\.108-1-ro, row 106 of the Order's table, leaf 百八条\)", error);
        }

        Assert.False(File.Exists(_folder.Path("bad.json")));
        Assert.Equal(2, (await Infolink.RunAsync("catalog", "verify", _folder.Path("nowhere.yaml"))).Code);
        var (late, _, why) = await Infolink.RunAsync("catalog", "build", RepositoryRoot.Path("samples", "Network", "catalog.yaml"), "--platform", "infolink.example", "--out", _folder.Path("bad.json"));
        Assert.Equal(1, late);
        Assert.Contains("0 to 35 days", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_are_checked_under_a_member_list_in_any_form_and_under_a_signed_one_only_where_the_authority_is_given()
    {
        var (list, proof) = (await MembersAsync(), _folder.Path("0.tlog-proof"));
        await File.WriteAllTextAsync(proof, "c2sp.org/tlog-proof@v1\nindex 0\n\n");
        var expected = await Infolink.RunAsync("log", "verify", proof, "--members", _folder.Path("members.yaml"));
        Assert.DoesNotContain("member list", expected.Error, StringComparison.Ordinal);
        Assert.Equal(expected, await Infolink.RunAsync("log", "verify", proof, "--members", list));

        foreach (var unsigned in (string[])[list, _folder.Path("members.yaml")])
        {
            var (code, _, error) = await Infolink.RunAsync("log", "verify", proof, "--members", unsigned, "--authority", Authority);
            Assert.Equal(2, code);
            Assert.Contains("The member list cannot be read", error, StringComparison.Ordinal);
        }

        await SignApartAsync(list);
        Assert.Equal(expected, await Infolink.RunAsync("log", "verify", proof, "--members", list, "--authority", Authority));
    }

    [Fact]
    public async Task A_command_line_that_cannot_be_read_ends_with_2()
    {
        Assert.Equal(2, (await Infolink.RunAsync("authority", "nonsense")).Code);
        Assert.Equal(2, (await Infolink.RunAsync("authority", "sign")).Code);
        Assert.Equal(2, (await Infolink.RunAsync("catalog", "try", "x.yaml", "--members", "m.yaml", "--requester", "a", "--provider", "b", "--entry", "c", "--date", "tomorrow")).Code);
    }

    [Fact]
    public void Every_command_has_one_sentence_and_an_example_of_itself()
    {
        var leaves = Leaves(Tool.Commands.Root(), "").ToList();
        Assert.True(leaves.Count >= 25, $"{leaves.Count} commands");
        foreach (var (path, command) in leaves)
        {
            Assert.Contains($"\nExample: infolink {path}", command.Description, StringComparison.Ordinal);
            var example = command.Description![(command.Description!.IndexOf("Example: infolink ", StringComparison.Ordinal) + "Example: infolink ".Length)..];
            var words = System.Text.RegularExpressions.Regex.Matches(example, "\"[^\"]*\"|\\S+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Select(word => word.Value.Trim('"'));
            Assert.Empty(Tool.Commands.Root().Parse([.. words]).Errors.Select(error => $"{path}: {error.Message}"));
        }

        static IEnumerable<(string Path, System.CommandLine.Command Command)> Leaves(System.CommandLine.Command command, string path) => command.Subcommands.Count == 0
            ? [(path, command)]
            : command.Subcommands.SelectMany(child => Leaves(child, $"{path} {child.Name}".Trim()));
    }

    private const string SmallExamples =
        """
        examples:
          - name: "a claim of before is asked for under the old entry"
            requester: { agency: "141003", categories: [municipality, welfare-authority] }
            provider: { agency: "131121", categories: [municipality, welfare-authority] }
            entry: 106.municipality.108-1-ro
            role: claimant
            kinds: [municipal-inhabitant-tax]
            conditions: { taxYear: 2026 }
            mode: single
            claimedOn: CLAIMED
            expect: allowed

        """;

    private string Key(int number) => _folder.Path("authority", $"key-{number}.pem");

    /// <summary>Version 1 of the example's list, unsigned.</summary>
    private async Task<string> MembersAsync()
    {
        var (yaml, path) = (_folder.Path("members.yaml"), _folder.Path("members-1.json"));
        var lines = await File.ReadAllLinesAsync(RepositoryRoot.Path("samples", "Network", "members.example.yaml"));
        await File.WriteAllLinesAsync(yaml, lines.Where(line => !line.TrimStart().StartsWith("endpoint:", StringComparison.Ordinal)));
        await GoodAsync("member", "build", yaml, "--out", path);
        return path;
    }

    /// <summary>Two key holders, two machines, one document.</summary>
    private async Task SignApartAsync(string path, params string[] more)
    {
        await GoodAsync(["authority", "sign", path, "--key", Key(1), "--authority", Authority, "--out", path + ".1", .. more]);
        await GoodAsync(["authority", "sign", path, "--key", Key(3), "--authority", Authority, "--out", path + ".3", .. more]);
        var (missing, _, _) = await Infolink.RunAsync("authority", "verify", path + ".1", "--authority", Authority);
        Assert.Equal(1, missing);
        Assert.Contains("2 have signed, and 2 must", await GoodAsync("authority", "combine", path, path + ".1", path + ".3", "--authority", Authority, "--out", path), StringComparison.Ordinal);
    }

    private static async Task<string> GoodAsync(params string[] arguments)
    {
        var (code, output, error) = await Infolink.RunAsync(arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {code}\n{error}\n{output}");
        return output;
    }

    private static string Line(string output, string label) =>
        output.Split('\n').Single(line => line.StartsWith(label, StringComparison.Ordinal))[label.Length..].Trim();
}
