using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.Canary;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Numbering;

/// <summary>Corporate numbers from the file to a member's screen.</summary>
public sealed class CorporateServiceTests
{
    [Fact]
    public async Task What_is_imported_while_the_authority_runs_every_member_finds()
    {
        await using var network = await NumberingNetwork.StartAsync();
        var file = network.Options.Member.Full("register.csv");
        await File.WriteAllTextAsync(file, "number,company,reference,name,kana,address\n7000012050002,,,国税庁,コクゼイチョウ,東京都千代田区\n1,,,誤り,,東京都\n,,assoc-1,町内会,,横浜市\n");
        var (code, output) = await CommandAsync("corporate", "import", file, "--config", network.Config);
        Assert.Equal(1, code);
        Assert.Contains("line 3: number", output, StringComparison.Ordinal);
        Assert.Contains("assoc-1: ", output, StringComparison.Ordinal);
        Assert.Contains("2 entered, 0 changed, 0 as they were, 1 refused.", output, StringComparison.Ordinal);

        var member = network.CorporationsAs(NumberingNetwork.Neither);
        var found = Assert.Single((await member.SearchAsync(new() { Text = "こくぜい", AtMost = 10 })).Corporations);
        Assert.Equal(("7000012050002", "国税庁", "東京都千代田区"), (found.Number, found.Name, found.Address));
        Assert.Equal(found, (await member.GetAsync(new() { Number = "7000012050002" })).Corporation);
        Assert.Null((await member.GetAsync(new() { Number = $"{CorporateNumber.FromBase(5)}" })).Corporation);
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await member.GetAsync(new() { Number = "7000012050003" }), "number");
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await member.SearchAsync(new() { Text = "国", AtMost = 101 }), "text, at_most or after");
        await Refused.ByAsync(RefusalName.NumberAsKey, async () => await member.SearchAsync(new() { Text = "8896-5445-7031", AtMost = 1 }), "text");
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await member.SearchAsync(new() { AtMost = 1 }), "text, at_most or after");

        Assert.Contains("国税庁", (await CommandAsync("corporate", "search", "7000012050002", "--config", network.Config)).Output, StringComparison.Ordinal);
        Assert.Equal(1, (await CommandAsync("corporate", "search", "無い", "--config", network.Config)).ExitCode);
        Assert.Equal(1, (await CommandAsync("corporate", "import", file + ".none", "--config", network.Config)).ExitCode);
    }

    private static Task<(int ExitCode, string Output)> CommandAsync(params string[] arguments) =>
        Canary.Tool.TryAsync("dotnet", [Party.Built("broker/InfoLink.Numbering", "infolink-numbering"), .. arguments]);
}
