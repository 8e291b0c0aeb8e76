using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Remedy;
using InfoLink.Agent.Remedy;
using InfoLink.Contracts.Records;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Tools;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Remedy;

/// <summary>A clerk's commands, through the local socket of a running agent.</summary>
public sealed class RemedyCommandsTests
{
    [Fact]
    public async Task A_clerk_opens_shows_sends_and_reports_and_the_other_takes_note()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        await using var here = await ClerkAsync(network, NetworkFolder.Requester);
        await using var there = await ClerkAsync(network, NetworkFolder.Provider);
        Assert.Equal(
            (0, "Case 1: 1 exchanges. Look at them (remedy show), then decide (remedy send, remedy drop).\n", ""),
            await here.RunAsync("open", "--person", "Y-1", "--what", "wrong-link", "--reason", "文書番号 2026-31"));
        Assert.Equal("Y-1", Assert.Single(await network.Requester.Agent.Links.QuarantinedAsync()).Id.Value);
        Assert.Contains("to-decide", (await here.RunAsync("list")).Output, StringComparison.Ordinal);
        Assert.Contains("asked 131121", (await here.RunAsync("show", "1")).Output, StringComparison.Ordinal);
        Assert.Equal("", (await there.RunAsync("notices")).Output);

        Assert.Contains("Case 1 is decided.", (await here.RunAsync("send", "1", "--reason", "文書番号 2026-31")).Output, StringComparison.Ordinal);
        await WrongLinks.UntilAsync(network.Requester, 1, notice => notice.Progress == NoticeProgress.Acknowledged);
        Assert.Contains("acknowledged open", (await here.RunAsync("show", "1")).Output, StringComparison.Ordinal);
        Assert.Contains("141003  wrong-link", (await there.RunAsync("notices")).Output, StringComparison.Ordinal);
        Assert.Equal((0, "person S-2\n", ""), await there.RunAsync("notices", "--whom", "1"));
        Assert.Equal((0, "Notice 1 is acted on.\n", ""), await there.RunAsync("note", "1", "--acted", "--reason", "処分を取り消した"));
        Assert.Equal("", (await there.RunAsync("notices")).Output);
        Assert.Contains("処分を取り消した", (await there.RunAsync("notices", "--all")).Output, StringComparison.Ordinal);

        var report = network.Folder.Path("report.json");
        Assert.Equal(0, (await here.RunAsync("report", "1", "--out", report, "--reason", "報告")).Code);
        Assert.Null(RemedyReportFile.WhyNot(await File.ReadAllBytesAsync(report), network.Requester.Trust.Members));
        var list = network.Folder.MembersPath;
        var held = await Infolink.RunAsync("audit", "remedy", report, "--members", list);
        Assert.Equal((0, "Case 1 of 141003: wrong-link, 1 exchanges. The agency put this report on record, byte by byte.\n", ""), held);
        await File.WriteAllTextAsync(report, (await File.ReadAllTextAsync(report)).Replace("wrong-link", "wrong-lunk", StringComparison.Ordinal));
        Assert.Contains("does not hold", (await Infolink.RunAsync("audit", "remedy", report, "--members", list)).Error, StringComparison.Ordinal);
        var acts = (await AgentNetwork.AllOfAsync(network.Requester)).Where(entry => entry.Open.Event == AccessEvent.Act).Select(entry => entry.Open.Act.What);
        Assert.Equal(["open remedy", "decide remedy", "prepare remedy report"], acts, StringComparer.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_and_nothing_is_done()
    {
        await using var network = await WrongLinks.AtRequesterAsync();
        await using var here = await ClerkAsync(network, NetworkFolder.Requester);
        foreach (var (arguments, error) in ((string[], string)[])
            [
                (["show", "7"], "There is no case 7"),
                (["note", "7", "--reason", "x"], "There is no notice 7"),
                (["open", "--person", "nobody", "--what", "wrong-link", "--reason", "x"], "never had a link"),
                (["open", "--person", "Y-1", "--what", "wrong", "--reason", "x"], "wrong-link or corrected-record"),
                (["open", "--person", "Y-1", "--what", "wrong-link", "--reason", "of Y-1"], "names nobody"),
                (["open", "--person", "Y-1", "--what", "wrong-link", "--reason", "x", "--from", "yesterday"], "A time is written as"),
            ])
        {
            var ended = await here.RunAsync(arguments);
            Assert.Equal((1, ""), (ended.Code, ended.Output));
            Assert.Contains(error, ended.Error, StringComparison.Ordinal);
        }

        Assert.Empty(await network.Requester.Agent.Remedies.ListAsync());
        Assert.Empty(await network.Requester.Agent.Links.QuarantinedAsync());
    }

    private static async Task<Clerk> ClerkAsync(AgentNetwork network, string agency)
    {
        var options = network.Folder.AgentOptions(agency);
        var config = Path.Combine(options.Folder, "clerk.json");
        options.Write(config);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(agency is NetworkFolder.Requester ? network.Requester.Agent : network.Provider.Agent);
        LocalApi.Listen(builder, options);
        var host = builder.Build();
        LocalApi.Map(host);
        RemedyApi.Map(host);
        await host.StartAsync();
        return new Clerk(host, config);
    }

    private sealed class Clerk(WebApplication host, string config) : IAsyncDisposable
    {
        public async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
        {
            var (code, output, error) = await Infolink.RunAgentAsync(["remedy", .. arguments, "--config", config]);
            return (code, output, error.TrimEnd());
        }

        public ValueTask DisposeAsync() => host.DisposeAsync();
    }
}
