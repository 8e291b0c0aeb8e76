using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Providing;

/// <summary>What the provider decides by itself, whatever broker and catalog allow; and its clock.</summary>
public sealed class OwnWillTests
{
    [Fact]
    public async Task An_agency_that_is_blocked_here_gets_no_answer_and_loses_no_token()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Provider = options => options.BlockedAgencies = [NetworkFolder.Requester] });
        await AssertRefusedAsync(network, RefusalName.BlockedByProvider, "agency");
    }

    [Fact]
    public async Task Another_agencys_block_does_not_concern_this_one()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Provider = options => options.BlockedAgencies = [NetworkFolder.Bystander] });
        await network.LinkAsync(1);
        var client = network.Network.Requester;
        Assert.Equal(2, (await client.FetchAsync(NetworkFolder.Provider, await RequestAsync(network, client))).Count);
    }

    [Fact]
    public async Task An_entry_that_is_blocked_here_gets_no_answer_and_burns_no_token()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Provider = options => options.BlockedEntries = [AgentNetwork.TaxEntry] });
        await AssertRefusedAsync(network, RefusalName.BlockedByProvider, "entry");
    }

    [Fact]
    public async Task A_kind_without_a_source_is_not_served_and_burns_no_token()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Kinds = ["resident-record-relationship"] });
        await AssertRefusedAsync(network, RefusalName.KindNotServed, "municipal-inhabitant-tax");
    }

    [Fact]
    public async Task A_provider_with_another_catalog_decides_on_its_own()
    {
        await using var network = await AgentNetwork.StartAsync();
        AgentNetwork.EndTaxEntry(network.Folder);
        network.Provider.Trust.Folder.Accept(network.Folder.Sign(DocumentKind.Catalog));
        await AssertRefusedAsync(network, RefusalName.EntryNotInForce, "");
    }

    [Fact]
    public async Task A_suspended_member_is_refused_at_the_door()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var request = await RequestAsync(network, network.Network.Requester);
        await network.Network.Broker.Acts.SuspendAsync("operator", AgencyId.Parse(NetworkFolder.Requester), "a drill");
        await Until.TrueAsync(() => network.Provider.Trust.Directory.Suspended.Count == 1);
        await Refused.ByAsync(RefusalName.MemberSuspended, () => network.Network.Requester.FetchAsync(NetworkFolder.Provider, request));
        Assert.Equal(0, network.SpentTokens());
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(72, false)]
    [InlineData(300, false)]
    public async Task A_provider_whose_clock_is_ahead_grants_the_skew_and_no_more(int seconds, bool answered)
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        network.ProviderClock.Shift(TimeSpan.FromSeconds(seconds));
        await AssertByClockAsync(network, answered, RefusalName.TokenExpired, "");
    }

    [Theory]
    [InlineData(-8, true)]
    [InlineData(-12, false)]
    [InlineData(-240, false)]
    public async Task A_provider_whose_clock_is_behind_grants_the_skew_and_no_more(int seconds, bool answered)
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        network.ProviderClock.Shift(TimeSpan.FromSeconds(seconds));
        await AssertByClockAsync(network, answered, RefusalName.TokenInvalid, "iat");
    }

    [Fact]
    public async Task Beyond_the_backdating_of_certificates_a_late_clock_trusts_nobody()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        network.ProviderClock.Shift(TimeSpan.FromMinutes(-6));
        await AssertByClockAsync(network, answered: false, RefusalName.CertificateUntrusted, "", onRecord: false);
    }

    [Fact]
    public async Task A_broker_whose_clock_is_minutes_ahead_is_not_believed()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        network.Network.Clock.Ahead = TimeSpan.FromMinutes(3);
        await AssertByClockAsync(network, answered: false, RefusalName.TokenInvalid, "iat");
    }

    [Fact]
    public async Task Who_is_no_member_or_comes_without_its_own_certificate_is_refused_at_the_door()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var request = await RequestAsync(network, network.Network.Requester);
        var now = TimeProvider.System.GetUtcNow();
        using var forged = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(NetworkFolder.Requester)));
        using var stranger = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse("999999")));
        using var elsewhere = IdentityKey.Create(SpiffeName.ForAgency("other.example", AgencyId.Parse(NetworkFolder.Requester)));
        using var broker = IdentityKey.FromPem(SpiffeName.ForBroker(NetworkFolder.Platform), KeyFile.Read(network.Folder.Path("broker", "keys", "identity.pem")));
        using var own = network.Folder.IdentityOf(NetworkFolder.Requester);
        using var signing = own.IssueLeaf(LeafPurpose.Signing, now);
        await RefusedAsync(RefusalName.CertificateUntrusted, forged.IssueLeaf(LeafPurpose.Tls, now));
        await RefusedAsync(RefusalName.MemberUnknown, stranger.IssueLeaf(LeafPurpose.Tls, now));
        await RefusedAsync(RefusalName.CertificateUntrusted, elsewhere.IssueLeaf(LeafPurpose.Tls, now));
        await RefusedAsync(RefusalName.CertificateUntrusted, broker.IssueLeaf(LeafPurpose.Tls, now));
        await RefusedAsync(RefusalName.CertificateUntrusted, own.IssueLeaf(LeafPurpose.Tls, now.AddDays(-4)));
        await RefusedAsync(RefusalName.CertificateUntrusted, own.IssueLeaf(LeafPurpose.Tls, now.AddDays(1)));
        await RefusedAsync(RefusalName.CertificateUntrusted, own.IssueLeaf(LeafPurpose.Signing, now));
        Assert.Equal(0, network.SpentTokens());
        Assert.Empty(network.Reads);

        async Task RefusedAsync(RefusalName name, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
        {
            using var generation = new LeafGeneration(certificate, signing, DateTimeOffset.MaxValue);
            using var provider = network.Folder.IdentityOf(NetworkFolder.Provider);
            using var channel = Grpc.Net.Client.GrpcChannel.ForAddress(network.Provider.Endpoint, new Grpc.Net.Client.GrpcChannelOptions
            {
                HttpHandler = MutualTls.ClientHandler(generation, provider.Name, provider.PublicKey, TimeProvider.System),
                DisposeHttpClient = true,
            });
            await Refused.ByAsync(name, async () =>
            {
                using var call = new PeerService.PeerServiceClient(channel).Fetch(request);
                await call.ResponseStream.MoveNext(CancellationToken.None);
            });
        }
    }

    [Fact]
    public async Task Refusals_that_a_member_piles_up_are_summed_and_none_is_left_out()
    {
        await using var network = await AgentNetwork.StartAsync();
        var client = network.Network.Requester;
        for (var refused = 0; refused < 63; refused++)
        {
            await Refused.ByAsync(
                RefusalName.TokenInvalid,
                () => client.FetchAsync(NetworkFolder.Provider, new FetchRequest { Token = "a.b.c", Receipt = new Receipt() }));
        }

        var records = (await AgentNetwork.AllOfAsync(network.Provider)).Where(entry => entry.Open.Event == AccessEvent.Refused).ToList();
        Assert.InRange(records.Count, 60, 63); // All of them where the minute turned.
        await network.StopAgentsAsync();
        await network.StartProviderAsync();
        var summed = (await AgentNetwork.AllOfAsync(network.Provider)).Where(entry => entry.Open.Event == AccessEvent.Refused).ToList();
        Assert.All(summed, entry => Assert.Equal((RefusalName.TokenInvalid, NetworkFolder.Requester), (entry.Open.Refusal, entry.Open.Caller)));
        Assert.Equal(63, summed.Sum(entry => Math.Max(1, (int)entry.Open.RepeatedRefusals)));
    }

    private static async Task<FetchRequest> RequestAsync(AgentNetwork network, HandMadeClient client) =>
        client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(1))));

    private static async Task AssertByClockAsync(AgentNetwork network, bool answered, RefusalName name, string detail, bool onRecord = true)
    {
        if (!answered)
        {
            await AssertRefusedAsync(network, name, detail, onRecord);
            return;
        }

        await network.LinkAsync(1);
        var client = network.Network.Requester;
        Assert.Equal(2, (await client.FetchAsync(NetworkFolder.Provider, await RequestAsync(network, client))).Count);
    }

    private static async Task AssertRefusedAsync(AgentNetwork network, RefusalName name, string detail, bool onRecord = true)
    {
        await network.LinkAsync(1);
        var client = network.Network.Requester;
        var request = await RequestAsync(network, client);
        await Refused.ByAsync(name, () => client.FetchAsync(NetworkFolder.Provider, request), detail);
        Assert.Equal(0, network.SpentTokens());
        Assert.Empty(network.Reads);
        Assert.Equal([AccessEvent.Approved], (await network.AllOfBrokerAsync()).Select(entry => entry.Open.Event));
        if (onRecord)
        {
            Assert.Equal(name, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        }
    }
}
