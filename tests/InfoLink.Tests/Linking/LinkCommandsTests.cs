using System.Text;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Links;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.EndToEnd;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Linking;

/// <summary>An operator links a population and decides about links, with the commands and at a running agent.</summary>
public sealed class LinkCommandsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _files = new();
    private LinkingWorld _world = null!;
    private WebApplication _api = null!;
    private int _written;

    public async ValueTask InitializeAsync()
    {
        _world = await LinkingWorld.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_world.Yokohama.Agent);
        LocalApi.Listen(builder, _world.Network.Folder.AgentOptions(NetworkFolder.Requester));
        _api = builder.Build();
        LocalApi.Map(_api);
        LinkApi.Map(_api);
        await _api.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _world.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task A_file_is_linked_and_who_is_not_is_named_with_reasons()
    {
        for (var i = 0; i < 1_500; i++)
        {
            _world.Registry.Add($"住民 {i}", (ulong)i);
        }

        var file = Write(new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), "番号,氏名\r\n" + string.Concat(Enumerable.Range(0, 1_502).Select(i => $"L-{i},\"住民 {i}\"\r\n")));
        string[] link = ["link", file, "--job", "first", "--reason", "紐付け", "--column", "id=番号", "--column", "name=氏名"];
        var output = await RunAsync(0, link);
        Assert.Contains("1,502", output, StringComparison.Ordinal);
        Assert.Contains("1,500", output, StringComparison.Ordinal);
        Assert.Contains("L-1501", output, StringComparison.Ordinal);
        Assert.Contains("name-differs", output, StringComparison.Ordinal);
        Assert.NotNull(await _world.Yokohama.Agent.Links.CodeOfAsync("L-7", CancellationToken.None));

        // The same job once more has nothing left to do.
        Assert.Contains("1,500", await RunAsync(0, link), StringComparison.Ordinal);
        Assert.Single(await _world.Yokohama.Agent.Links.HistoryAsync(LocalId.Of("L-7")));
    }

    [Fact]
    public async Task Old_systems_write_Shift_JIS()
    {
        _world.Registry.Add("髙橋 一郎", 1);
        var file = Write(CodePagesEncodingProvider.Instance.GetEncoding(932)!, "id,name,kana\r\n1,髙橋 一郎,タカハシ イチロウ\r\n");
        Assert.Contains("not of this encoding", await RunAsync(1, "link", file, "--job", "a", "--reason", "r"), StringComparison.Ordinal);
        Assert.Contains("linked", await RunAsync(0, "link", file, "--job", "a", "--reason", "r", "--encoding", "shift_jis"), StringComparison.Ordinal);
        Assert.NotNull(await _world.Yokohama.Agent.Links.CodeOfAsync("1", CancellationToken.None));
    }

    [Theory]
    [InlineData("number,name\n1,a\n", "no column 'id'")]
    [InlineData("id,name\n1\n2,b,c\n3,\"d\n", "line 2: 1 fields", "line 3: 3 fields", "line 4: A quote is not closed")]
    [InlineData("id,name\n,secret\n", "line 2: no identifier")]
    [InlineData("", "no column 'id'")]
    public async Task Whatever_is_wrong_with_a_file_is_said_at_once_and_nobody_is_linked(string text, params string[] faults)
    {
        var before = await _world.Yokohama.Agent.Links.CountAsync();
        var output = await RunAsync(1, "link", Write(Encoding.UTF8, text), "--job", "bad", "--reason", "r");
        Assert.All(faults, fault => Assert.Contains(fault, output, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", output, StringComparison.Ordinal);
        Assert.Equal(before, await _world.Yokohama.Agent.Links.CountAsync());
    }

    [Fact]
    public async Task A_link_is_stopped_looked_at_and_released_by_whoever_says_why()
    {
        var claimant = ExistingSystems.ClaimantAtYokohama;
        Assert.Contains("Done", await RunAsync(0, "links", "stop", claimant, "--reason", "苦情", "--operator", "山田"), StringComparison.Ordinal);
        Assert.Contains(claimant, await RunAsync(0, "links", "quarantine"), StringComparison.Ordinal);
        Assert.Null(await _world.Yokohama.Agent.Links.CodeOfAsync(claimant, CancellationToken.None));
        await RunAsync(0, "links", "release", claimant, "--reason", "確認済み", "--operator", "鈴木");
        Assert.NotNull(await _world.Yokohama.Agent.Links.CodeOfAsync(claimant, CancellationToken.None));
        var history = await RunAsync(0, "links", "history", claimant);
        Assert.Contains("山田", history, StringComparison.Ordinal);
        Assert.Contains("確認済み", history, StringComparison.Ordinal);
        Assert.Contains("Nobody is linked", await RunAsync(1, "links", "release", "nobody", "--reason", "r"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rotation_shows_how_far_it_is_and_absorption_needs_the_member_list()
    {
        Assert.Contains("converted", await RunAsync(0, "rotate", "--reason", "look"), StringComparison.Ordinal);
        var table = _world.Network.Folder.AgencyPath(NetworkFolder.Bystander, "old-links.db");
        var old = LinkTable.Open(table);
        await old.PutAsync("K-1", _world.Network.CodeOf(1, NetworkFolder.Bystander));
        Assert.Contains("MEMBER-NOT-ENTITLED", await RunAsync(1, "absorb", "--from", NetworkFolder.Bystander, "--table", table, "--kind", "kawasaki", "--reason", "merger"), StringComparison.Ordinal);
    }

    private string Write(Encoding encoding, string text)
    {
        var path = _files.Path($"{_written++}.csv");
        File.WriteAllText(path, text, encoding);
        return path;
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        var (code, output) = await Canary.Tool.TryAsync(
            "dotnet",
            [Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), .. arguments, "--config", _world.Network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json")]);
        Assert.True(code == expected, output);
        return output;
    }
}
