using System.Text;
using System.Text.Json.Nodes;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Providing;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>What authority and operator change reaches running agents by the stream, and counts there from its moment on.</summary>
public sealed class TrustSpreadsTests
{
    private static readonly EntryId Tax = EntryId.Parse(AgentNetwork.TaxEntry);

    [Fact]
    public async Task An_entry_that_the_operator_switches_off_is_refused_at_the_broker_and_at_the_provider_until_it_is_on_again()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var yokohama = network.Network.Requester;
        var before = yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))));
        await network.Network.Broker.Acts.SwitchOffAsync("operator", Tax, "a drill");
        await Refused.ByAsync(RefusalName.EntrySwitchedOff, () => yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))));
        await Until.TrueAsync(() => network.Provider.Trust.Directory.SwitchedOff.Contains(Tax) && network.Requester.Trust.Directory.SwitchedOff.Contains(Tax));

        // A token from before: the provider decides by what it knows now.
        await Refused.ByAsync(RefusalName.EntrySwitchedOff, () => yokohama.FetchAsync(NetworkFolder.Provider, before));
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));
        await network.Network.Broker.Acts.SwitchOnAsync("operator", Tax, "the drill is over");
        await Until.TrueAsync(() => network.Provider.Trust.Directory.SwitchedOff.Count + network.Requester.Trust.Directory.SwitchedOff.Count == 0);
        await network.AskAsync(1);
        Assert.Single(network.Reads);
    }

    [Fact]
    public async Task A_suspended_member_still_hears_and_so_learns_that_it_takes_part_again_and_a_stranger_hears_nothing()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var own = AgencyId.Parse(NetworkFolder.Requester);
        await network.Network.Broker.Acts.SuspendAsync("operator", own, "a drill");
        await Until.TrueAsync(() => network.Requester.Trust.Directory.Suspended.Contains(own) && network.Provider.Trust.Directory.Suspended.Contains(own));
        Assert.Equal(RefusalName.MemberSuspended, (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal.Name);

        using var stranger = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse("999999")));
        using var leaf = stranger.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        using var listener = new BareClient(network.Network.Broker.Endpoint, leaf);
        await Refused.ByAsync(RefusalName.MemberUnknown, async () => await listener.Trust.Watch(new WatchRequest()).ResponseStream.MoveNext(CancellationToken.None));
        using var nobody = new BareClient(network.Network.Broker.Endpoint, null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await nobody.Trust.Watch(new WatchRequest()).ResponseStream.MoveNext(CancellationToken.None));

        await network.Network.Broker.Acts.ResumeAsync("operator", own, "the drill is over");
        await Until.TrueAsync(() => network.Requester.Trust.Directory.Suspended.Count + network.Provider.Trust.Directory.Suspended.Count == 0);
        await network.AskAsync(1);
    }

    [Fact]
    public async Task An_agent_that_has_heard_nothing_for_a_day_exchanges_nothing_and_goes_on_by_itself()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        await network.AskAsync(1);
        await network.Network.StopBrokerAsync();
        var away = BrokerDirectory.Grace + TimeSpan.FromMinutes(1);
        network.RequesterClock.Leap(away);
        network.ProviderClock.Leap(away);
        network.Network.Clock.Ahead = away;
        Assert.Equal(RefusalName.DirectoryStale, (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal.Name);

        await network.Network.StartBrokerAsync();
        await Until.TrueAsync(() =>
        {
            network.RequesterClock.Leap(TimeSpan.FromMilliseconds(20)); // What waits to listen again waits less.
            network.ProviderClock.Leap(TimeSpan.FromMilliseconds(20));
            return network.Requester.Trust.WhyNotFresh() is null && network.Provider.Trust.WhyNotFresh() is null;
        });
        network.Network.Clock.Ahead = network.ProviderClock.GetUtcNow() - TimeProvider.System.GetUtcNow();
        await network.AskAsync(1);
        Assert.Equal(2, network.Reads.Count);
    }

    [Fact]
    public async Task A_provider_that_heard_nothing_for_a_day_refuses_though_the_requester_is_up_to_date()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1);
        network.ProviderClock.Shift(BrokerDirectory.Grace + TimeSpan.FromMinutes(1));
        Assert.Equal(RefusalName.DirectoryStale, (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal.Name);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));
        network.ProviderClock.Shift(TimeSpan.Zero);
        await network.AskAsync(1);
    }

    [Fact]
    public async Task What_the_tokens_catalog_does_not_allow_is_refused_though_the_providers_newer_one_does()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var yokohama = network.Network.Requester;
        var old = yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))));
        Widen(network.Folder);
        Assert.True(network.Provider.Trust.Folder.Accept(network.Folder.Sign(DocumentKind.Catalog)));
        Assert.Equal(2, network.Provider.Trust.Catalog.Version);

        // A broker that names the old catalog and lets in what only the new one has.
        using var forge = new TokenForge(network.Folder);
        var bent = old.Clone();
        TokenForge.Put(bent, forge.Resign(bent.Token, _ => { }, payload =>
            payload["authorization_details"]![0]!["kinds"] = new JsonArray("municipal-inhabitant-tax", "unemployment-benefit")));
        Assert.StartsWith("KIND-NOT-IN-ENTRY", await HandMadeClient.RefusalOfAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, bent)), StringComparison.Ordinal);

        // What both allow goes on; what the broker does not know yet it does not approve.
        Assert.Equal(2, (await yokohama.FetchAsync(NetworkFolder.Provider, old)).Count);
        var early = yokohama.Ask(network.Network.CodeOf(1));
        early.Kinds.Add("unemployment-benefit");
        Assert.StartsWith("KIND-NOT-IN-ENTRY", await HandMadeClient.RefusalOfAsync(() => yokohama.AuthorizeAsync(early)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_member_list_stops_exchanges_by_name()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        var list = network.Folder.Members();
        network.Bent.Believe(new MemberList(list.Version, list.Sha256.Span, list.Platform, list.Broker, list.Members, list.Quorum)
        {
            Expires = Contracts.Catalog.JapanTime.Today(TimeProvider.System).AddDays(-1),
        });
        Assert.Equal(RefusalName.MembersExpired, (await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1))).Refusal.Name);
    }

    [Fact]
    public async Task Token_keys_are_replaced_without_a_gap()
    {
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Witnessed = false,
            Prepare = folder => BrokerKeys.AddTokenKey(folder.Path("broker", "keys")),
        });
        await network.LinkAsync(1);
        Assert.Equal("t1", await SigningKeyAsync(network));
        using var keys = BrokerKeys.Load(network.Folder.Path("broker", "keys"), NetworkFolder.Platform);
        var second = $"    t2: {P256PublicKey.Of(keys.Tokens["t2"])}\n";
        await PublishAsync(network, text => text.Replace("    t1: ", second + "    t1: ", StringComparison.Ordinal), 2);
        Assert.Equal("t1", await SigningKeyAsync(network));
        await network.AskAsync(1);

        // A minute later everybody knows it.
        Pass(network, TimeSpan.FromSeconds(61));
        Assert.Equal("t2", await SigningKeyAsync(network));
        await network.AskAsync(1);
        await PublishAsync(network, text => string.Join('\n', text.Split('\n').Where(line => !line.StartsWith("    t1: ", StringComparison.Ordinal))), 3);
        Assert.Equal("t2", await SigningKeyAsync(network));
        await network.AskAsync(1);
        Assert.Equal(3, network.Reads.Count);
    }

    private static async Task PublishAsync(AgentNetwork network, Func<string, string> change, int version)
    {
        File.WriteAllText(network.Folder.MembersPath, change(File.ReadAllText(network.Folder.MembersPath)));
        await network.Network.Broker.Acts.PublishAsync("operator", network.Folder.Sign(DocumentKind.Members));
        await Until.TrueAsync(() => network.Requester.Trust.Members.Version == version && network.Provider.Trust.Members.Version == version);
    }

    private static void Pass(AgentNetwork network, TimeSpan time)
    {
        network.Network.Clock.Ahead += time;
        network.RequesterClock.Shift(time);
        network.ProviderClock.Shift(time);
    }

    private static async Task<string> SigningKeyAsync(AgentNetwork network)
    {
        var approval = await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        return JsonNode.Parse(Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(approval.Token.Split('.')[0])))!["kid"]!.GetValue<string>();
    }

    private static void Widen(NetworkFolder folder)
    {
        const string Before = "    kinds: [municipal-inhabitant-tax]\n";
        var catalog = File.ReadAllText(folder.CatalogPath);
        var at = catalog.IndexOf(Before, catalog.IndexOf($"  {AgentNetwork.TaxEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        File.WriteAllText(folder.CatalogPath, catalog.Remove(at, Before.Length).Insert(at, "    kinds: [municipal-inhabitant-tax, unemployment-benefit]\n"));
    }
}
