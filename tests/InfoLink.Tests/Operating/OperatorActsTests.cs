using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Tools;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Operating;

/// <summary>What operators do, through the real tool and the real sockets: on record with before and after, and in effect at once.</summary>
public sealed class OperatorActsTests : IAsyncLifetime
{
    private AgentNetwork _network = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync();
        await _network.LinkAsync(1);
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task A_member_is_suspended_and_resumed_on_record_and_everywhere()
    {
        var suspended = await ToolAsync("member", "suspend", NetworkFolder.Requester, "--reason", "stolen laptop");
        Assert.Equal((0, ""), (suspended.Code, suspended.Error));
        await Refused.ByAsync(RefusalName.MemberSuspended, () => _network.Network.Requester.AuthorizeAsync(_network.Network.Requester.Ask(_network.Network.CodeOf(1))));
        await Until.TrueAsync(() => _network.Provider.Trust.Members.TryFind(AgencyId.Parse(NetworkFolder.Requester), out var member) && member.Suspended);

        Assert.Equal(0, (await ToolAsync("member", "resume", NetworkFolder.Requester, "--reason", "keys changed")).Code);
        await Until.TrueAsync(() => _network.Provider.Trust.Directory.Suspended.Count == 0 && _network.Requester.Trust.Directory.Suspended.Count == 0);
        await _network.AskAsync(1);

        var acts = await ActsAsync(_network.BrokerRecords);
        Assert.Equal(
            [("suspend", NetworkFolder.Requester, "active", "suspended", "stolen laptop"), ("resume", NetworkFolder.Requester, "suspended", "active", "keys changed")],
            acts.Select(act => (act.What, act.About, act.Before, act.After, act.Reason)));
        Assert.All(acts, act => Assert.Matches(@"\Atanaka \(uid [0-9]+\)\z", act.Operator));

        var told = await Infolink.RunAsync("log", "acts", _network.Folder.Path("broker", "data", "access-log.db"), "--json");
        Assert.Equal((0, ""), (told.Code, told.Error));
        using var json = System.Text.Json.JsonDocument.Parse(told.Output);
        Assert.Equal(["ACT", "ACT"], json.RootElement.EnumerateArray().Select(record => record.GetProperty("event").GetString()), StringComparer.Ordinal);
        Assert.Contains("suspended → active", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_is_switched_off_at_broker_and_agents_and_on_again()
    {
        Assert.Equal(0, (await ToolAsync("entry", "off", AgentNetwork.TaxEntry, "--reason", "wrong layout")).Code);
        await Refused.ByAsync(RefusalName.EntrySwitchedOff, () => _network.Network.Requester.AuthorizeAsync(_network.Network.Requester.Ask(_network.Network.CodeOf(1))));
        await Until.TrueAsync(() => _network.Provider.Trust.Catalog.Entries[EntryId.Parse(AgentNetwork.TaxEntry)].SwitchedOff);
        Assert.Equal(0, (await ToolAsync("entry", "on", AgentNetwork.TaxEntry, "--reason", "mended")).Code);
        await Until.TrueAsync(() => !_network.Provider.Trust.Catalog.Entries[EntryId.Parse(AgentNetwork.TaxEntry)].SwitchedOff);
        await _network.AskAsync(1);
    }

    [Fact]
    public async Task What_the_authority_signed_is_published_and_reaches_every_agent()
    {
        AgentNetwork.EndTaxEntry(_network.Folder);
        var file = _network.Folder.Path("next.json");
        await File.WriteAllBytesAsync(file, _network.Folder.Sign(DocumentKind.Catalog).ToBytes());
        var published = await ToolAsync("broker", "publish", file);
        Assert.Equal((0, "catalog 2 is published.\n"), (published.Code, published.Output));
        Assert.Equal("catalog 2 was published before.\n", (await ToolAsync("broker", "publish", file)).Output);
        await Until.TrueAsync(() => _network.Provider.Trust.Catalog.Version == 2 && _network.Requester.Trust.Catalog.Version == 2);
        await Refused.ByAsync(RefusalName.EntryNotInForce, () => _network.Network.Requester.AuthorizeAsync(_network.Network.Requester.Ask(_network.Network.CodeOf(1))));
        Assert.Contains("version 2", (await ToolAsync("broker", "status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_signed_or_an_older_version_is_refused_and_on_no_record()
    {
        var draft = _network.Folder.Path("draft.json");
        await File.WriteAllBytesAsync(draft, _network.Folder.Sign(DocumentKind.Members).Unsigned().ToBytes());
        var refused = await ToolAsync("broker", "publish", draft);
        Assert.Equal(1, refused.Code);
        Assert.Contains("0 of the authority's keys have signed", refused.Error, StringComparison.Ordinal);
        Assert.Empty(await ActsAsync(_network.BrokerRecords));
    }

    [Fact]
    public async Task An_act_without_a_reason_or_about_nobody_is_refused_by_name()
    {
        Assert.Contains("agency id", (await ToolAsync("member", "suspend", "NOBODY", "--reason", "x")).Error, StringComparison.Ordinal);
        Assert.Contains("--reason", (await ToolAsync("member", "suspend", NetworkFolder.Requester, "--reason", "")).Error, StringComparison.Ordinal);
        Assert.Empty(await ActsAsync(_network.BrokerRecords));
    }

    [Fact]
    public async Task Without_a_running_broker_nothing_is_done_and_the_tool_says_where_it_looked()
    {
        await _network.Network.StopBrokerAsync();
        var refused = await ToolAsync("member", "suspend", NetworkFolder.Requester, "--reason", "x");
        Assert.Equal(2, refused.Code);
        Assert.Contains("operator.sock", refused.Error, StringComparison.Ordinal);
        await _network.Network.StartBrokerAsync();
    }

    [Fact]
    public async Task A_provider_blocks_a_peer_and_an_entry_by_itself_across_restarts()
    {
        await _network.Provider.Will.BlockAsync(AgencyId.Parse(NetworkFolder.Requester), "incident 4", "suzuki");
        await AssertBlockedAsync("agency");
        await _network.StopProviderAsync();
        await _network.StartProviderAsync();
        await AssertBlockedAsync("agency");
        Assert.True(await _network.Provider.Will.UnblockAsync(AgencyId.Parse(NetworkFolder.Requester), "closed", "suzuki"));
        Assert.False(await _network.Provider.Will.UnblockAsync(AgencyId.Parse(NetworkFolder.Requester), "closed", "suzuki"));
        await _network.Provider.Will.BlockAsync(EntryId.Parse(AgentNetwork.TaxEntry), "layout", "suzuki");
        await AssertBlockedAsync("entry");
        Assert.True(await _network.Provider.Will.UnblockAsync(EntryId.Parse(AgentNetwork.TaxEntry), "mended", "suzuki"));
        await _network.AskAsync(1);

        var acts = await ActsAsync(_network.Provider.Log.Store);
        Assert.Equal(
            [("block peer", "answered", "blocked"), ("unblock peer", "blocked", "answered"), ("unblock peer", "answered", "answered"), ("block entry", "answered", "blocked"), ("unblock entry", "blocked", "answered")],
            acts.Select(act => (act.What, act.Before, act.After)));
        Assert.All(acts, act => Assert.Equal("suzuki", act.Operator));
    }

    private async Task AssertBlockedAsync(string detail)
    {
        var refused = await Assert.ThrowsAsync<Contracts.Refusals.RefusedException>(() => _network.AskAsync(1));
        Assert.Equal((RefusalName.BlockedByProvider, detail), (refused.Refusal.Name, refused.Refusal.Detail));
    }

    private Task<(int Code, string Output, string Error)> ToolAsync(params string[] arguments) => Infolink.RunAsync(
        [.. arguments, "--broker", _network.Folder.Path("broker"), .. arguments is ["broker", "status"] ? [] : (string[])["--operator", "tanaka"]]);

    private static async Task<List<OperatorAct>> ActsAsync(IEntryReader log) =>
        [.. (await log.ReadAsync(0, int.MaxValue, CancellationToken.None)).Where(entry => entry.Open.Event == AccessEvent.Act).Select(entry => entry.Open.Act)];
}
