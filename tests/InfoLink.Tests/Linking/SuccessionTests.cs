using System.Diagnostics;
using InfoLink.Agent.Linking;
using InfoLink.Codes;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>A changed resident record code: agencies go on with the same person, and her view of seven years stays whole.</summary>
public sealed class SuccessionTests
{
    private const ulong First = 203_403_805;
    private const ulong Second = 700_000_001;
    private const ulong Third = 700_000_002;
    private static readonly string[] Names = [ExistingSystems.ClaimantAtYokohama, ExistingSystems.ClaimantAtSetagaya];

    [Fact]
    public async Task Both_agencies_go_on_with_her_and_no_clerk_decides()
    {
        await using var world = await LinkingWorld.StartAsync();
        await ChangeAsync(world, First, Second);
        await LinkAgainAsync(world);
        Assert.True((await new Walk(world.Network.Running, TimeProvider.System).ExchangeAsync()).Answered);
    }

    [Fact]
    public async Task Another_person_under_the_same_identifier_is_still_found()
    {
        await using var world = await LinkingWorld.StartAsync();
        world.Registry.Add("甲野 花子", Second);
        var result = await world.Yokohama.Agent.LinkAsync(LinkingWorld.Person(ExistingSystems.ClaimantAtYokohama, "甲野 花子"), LinkingWorld.Clerk);
        Assert.Equal(LinkingResult.Contradicted, result.Result);
    }

    [Fact]
    public async Task Her_record_code_changes_twice_and_her_present_one_leads_to_every_exchange()
    {
        await using var world = await LinkingWorld.StartAsync();
        var walk = new Walk(world.Network.Running, TimeProvider.System);
        Assert.True((await walk.ExchangeAsync()).Answered);
        await ChangeAsync(world, First, Second);
        await LinkAgainAsync(world);
        Assert.True((await walk.ExchangeAsync()).Answered);
        await ChangeAsync(world, Second, Third);
        await LinkAgainAsync(world);
        Assert.True((await walk.ExchangeAsync()).Answered);

        int[] counts = [await CountAsync(world, Third), await CountAsync(world, Second), await CountAsync(world, First), await CountAsync(world, 9)];
        Assert.Equal([3, 2, 1, 0], counts);
    }

    [Fact]
    public async Task Codes_that_would_lead_back_to_themselves_are_refused()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        await world.Codes.Standings.SupersedeAsync(LinkingWorld.Record(First), LinkingWorld.Record(Second), "operator", "changed");
        await world.Codes.Standings.SupersedeAsync(LinkingWorld.Record(Second), LinkingWorld.Record(Third), "operator", "changed");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(
            () => world.Codes.Standings.SupersedeAsync(LinkingWorld.Record(Third), LinkingWorld.Record(First), "operator", "back"));
        Assert.Contains("CODE-STANDING-REFUSED", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_changes_is_done_to_its_end_stops_at_what_is_wrong_and_may_be_done_again()
    {
        await using var world = await LinkingWorld.StartWithoutAgentsAsync();
        var config = world.Network.Folder.InstitutionPath("code-authority", "code-authority.json");
        string[] lines = [.. Enumerable.Range(0, 3).Select(i => $"{LinkingWorld.Record((ulong)i).Reveal()},{LinkingWorld.Record((ulong)i + 100).Reveal()}")];
        var (code, output) = await SupersedeAsync(config, [.. lines[..2], "12345678901," + lines[2]]);
        Assert.Equal(1, code);
        Assert.Contains("Line 3: That is not a resident record code", output, StringComparison.Ordinal);
        (code, output) = await SupersedeAsync(config, lines);
        Assert.Equal((0, "Done: 3 superseded."), (code, output.Trim()));
        (code, output) = await SupersedeAsync(config, [$"{LinkingWorld.Record(0).Reveal()},{LinkingWorld.Record(5).Reveal()}"]);
        Assert.Equal(1, code);
        Assert.Contains("CODE-STANDING-REFUSED", output, StringComparison.Ordinal);
        Assert.DoesNotContain(LinkingWorld.Record(0).Reveal(), output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> SupersedeAsync(string config, IEnumerable<string> lines)
    {
        string[] arguments = [Party.Built("broker/InfoLink.CodeAuthority", "infolink-codes"), "supersede", "--config", config, "--operator", "operator", "--reason", "changed record codes"];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await process.StandardInput.WriteAsync(string.Join('\n', lines));
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TestNetwork.Patience);
        await process.WaitForExitAsync().WaitAsync(TestNetwork.Patience);
        return (process.ExitCode, output + await error);
    }

    private static async Task ChangeAsync(LinkingWorld world, ulong from, ulong to)
    {
        await world.Codes.Standings.SupersedeAsync(LinkingWorld.Record(from), LinkingWorld.Record(to), "operator", "changed record code");
        world.Registry.Add("甲野 花子", to);
    }

    private static async Task LinkAgainAsync(LinkingWorld world)
    {
        foreach (var (agency, id) in new[] { world.Yokohama, world.Setagaya }.Zip(Names))
        {
            Assert.Equal(LinkingResult.Renewed, (await agency.Agent.LinkAsync(LinkingWorld.Person(id, "甲野 花子"), LinkingWorld.Clerk)).Result);
        }
    }

    /// <summary>As the broker finds it for the person herself, whose present ID code alone leads there.</summary>
    private static async Task<int> CountAsync(LinkingWorld world, ulong record)
    {
        var id = world.Codes.Derivation.Derive(LinkingWorld.Record(record), world.Network.Folder.CodeAuthorityOptions().TestPersons ? IdCodeKind.Test : IdCodeKind.Resident, generation: 0);
        return (await world.Network.Broker.Persons.FindAsync(id, limit: 100, CancellationToken.None)).Count;
    }
}
