using System.Net;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>Design §6, row 4: the broker itself, with all its keys, in the course of an exchange. What it says of lists and catalogs: <see cref="BrokerDocumentTests"/>.</summary>
public sealed class BrokerTests
{
    [Fact]
    public async Task A_members_certificate_that_it_makes_is_no_members()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);

        // As a requester: Yokohama's name, under the broker's own identity key, for a token that it made itself.
        using var leaf = new ForgedLeaf { SignedBy = BrokersPem(network), UriNames = [$"spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Requester}"] }.Make();
        await AssertRefusedAsync(network, leaf, RefusalName.CertificateUntrusted);
        using var own = new ForgedLeaf { SignedBy = BrokersPem(network), UriNames = [$"spiffe://{NetworkFolder.Platform}/broker"] }.Make();
        await AssertRefusedAsync(network, own, RefusalName.CertificateUntrusted);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));

        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_providers_server_that_it_puts_in_the_way_hears_no_word()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        using var forged = IdentityKey.FromPem(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(NetworkFolder.Provider)), BrokersPem(network));
        using var certificates = new LeafCertificates(forged, TimeProvider.System);
        var at = FreePort();
        await using var impostor = new ImpostorServer(at, certificates.Current);

        // Its directory may lead anywhere: it is believed, and nothing is said there.
        network.Bent.Trust.Tell(DirectoryOf(network, endpoints => endpoints[AgencyId.Parse(NetworkFolder.Provider)] = new Uri($"https://{at}")));
        await Until.TrueAsync(() => network.Requester.Trust.Directory.Endpoints[AgencyId.Parse(NetworkFolder.Provider)].Port == at.Port);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.PeerMismatch, refused.Refusal.Name);
        Assert.True(impostor.Visits > 0);
        Assert.Equal(0, impostor.Told);
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_category_that_it_invents_lets_nobody_ask()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        network.Bent.Believe(WithCategory(network, NetworkFolder.HealthMinister, "municipality"));
        var minister = network.Network.Of(NetworkFolder.HealthMinister);
        var approval = await minister.AuthorizeAsync(minister.Ask(network.Network.CodeOf(1, NetworkFolder.HealthMinister)));
        Assert.NotEmpty(approval.Token);
        await Refused.ByAsync(RefusalName.RequesterNotInEntry, () => minister.FetchAsync(NetworkFolder.Provider, minister.Fetch(approval)));
        Assert.Equal(RefusalName.RequesterNotInEntry, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_token_outside_the_catalog_is_refused_by_the_one_who_asked_and_by_the_one_who_is_asked()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        network.Bent.Believe(WithKind(network, "unemployment-benefit"));
        var yokohama = network.Network.Requester;
        var question = yokohama.Ask(network.Network.CodeOf(1));
        question.Kinds.Add("unemployment-benefit");
        var approval = await yokohama.AuthorizeAsync(question);
        Assert.StartsWith(
            "CATALOG-MISMATCH", await HandMadeClient.RefusalOfAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(approval))), StringComparison.Ordinal);

        // The same under the true catalog's name: the provider decides by what that one says.
        using var forge = new Providing.TokenForge(network.Folder);
        var named = yokohama.Fetch(approval);
        Providing.TokenForge.Put(named, forge.Resign(approval.Token, _ => { }, payload =>
            payload["authorization_details"]![0]!["catalog"] = new System.Text.Json.Nodes.JsonObject
            {
                ["version"] = network.Folder.Catalog().Version,
                ["sha256"] = Sha256Digest.FromBytes(network.Folder.Catalog().Sha256.Span).ToString(),
            }));
        Assert.StartsWith(
            "KIND-NOT-IN-ENTRY", await HandMadeClient.RefusalOfAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, named)), StringComparison.Ordinal);
        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));

        // And Yokohama's own agent takes no approval under a catalog that it does not hold; the receipt is kept.
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.CatalogMismatch, refused.Refusal.Name);
        Assert.NotEmpty(Evidence(network, NetworkFolder.Requester, "approval"));
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task An_approval_without_a_record_is_none()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        network.Bent.Approving = (_, reply) =>
        {
            // Another token than the recorded one, signed by its own key, and the receipt that would belong to it.
            using var forge = new Providing.TokenForge(network.Folder);
            var bent = new FetchRequest { Token = reply.Token, Receipt = reply.Receipt };
            Providing.TokenForge.Put(bent, forge.Resign(reply.Token, _ => { }, _ => { }));
            reply.Token = bent.Token;
            return Task.FromResult(reply);
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.ReceiptInvalid, refused.Refusal.Name);
        Assert.NotEmpty(Evidence(network, NetworkFolder.Requester, "approval"));
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Provider));
        network.Bent.Approving = (_, reply) => Task.FromResult(reply);
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task An_approval_in_a_hidden_log_is_a_second_history_to_everybody_who_has_seen_the_first()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        network.Network.Journal.Expect("ALARM: the log");
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1, 2);
        await kawasaki.AskAsync();
        await network.AskAsync(2);
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled, times: 2); // In the log that is shown.
        await network.Bent.HideAsync();
        for (var i = 0; i < 5; i++)
        {
            await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        }

        var read = network.Reads.Count;
        var yokohama = network.Network.Requester;
        await Refused.ByAsync(
            RefusalName.LogForked, async () => await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))))));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.LogForked, refused.Refusal.Name);
        Assert.Equal(read, network.Reads.Count);
        foreach (var agency in (string[])[NetworkFolder.Requester, NetworkFolder.Provider])
        {
            Assert.NotEmpty(Evidence(network, agency, "fork"));
        }

        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task A_hidden_log_that_is_shown_from_the_first_day_has_no_witness()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        await network.Bent.HideAsync();
        var yokohama = network.Network.Requester;
        await Refused.ByAsync(
            RefusalName.LogStale, async () => await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1))))));
        Assert.Empty(network.Reads);
        Assert.Equal(RefusalName.LogStale, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
    }

    [Fact]
    public async Task Another_persons_code_at_the_redeem_is_refused_before_anything_is_read_and_kept_as_evidence()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1, 2);
        var other = new byte[LinkCode.ByteLength];
        network.Network.CodeOf(2, NetworkFolder.Provider).CopyTo(other);
        network.Bent.Redeeming = (_, reply, _) =>
        {
            reply.Subjects[0].LinkCode = other.ToByteString();
            return Task.FromResult(reply);
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.CommitmentInvalid, refused.Refusal.Name);
        Assert.Empty(network.Reads);
        var kept = Assert.Single(Evidence(network, NetworkFolder.Provider, "receipt"));
        new Marked().Add("the other person's code", other).AssertNotIn(File.ReadAllText(kept));
        network.Bent.Redeeming = (_, reply, _) => Task.FromResult(reply);
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task It_never_sees_a_value_and_after_the_exchange_it_holds_no_code()
    {
        await using var network = await AgentNetwork.StartAsync();
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        await network.AskAsync(1);
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        await network.Network.StopBrokerAsync();
        new Marked().AddText("the income", "1000001").AddText("the levy", "124500").Add("Yokohama's code", network.Network.CodeOf(1))
            .Add("Setagaya's code", network.Network.CodeOf(1, NetworkFolder.Provider)).AssertNotBelow(network.Folder.Path("broker", "data"));
        kawasaki.AssertCodeIsNotBelow(network.Folder.Path("broker", "data"));
        await kawasaki.AssertUntouchedAsync();
    }

    /// <summary>A directory signed by the broker, newer than any, with endpoints as the test wants them.</summary>
    internal static Contracts.Trust.SignedDocument DirectoryOf(AgentNetwork network, Action<Dictionary<AgencyId, Uri>> bend)
    {
        var now = TimeProvider.System.GetUtcNow();
        var endpoints = network.Requester.Trust.Directory.Endpoints.ToDictionary();
        bend(endpoints);
        var directory = network.Requester.Trust.Directory with
        {
            Serial = now.ToUnixTimeMilliseconds() + 1,
            Issued = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()),
            Endpoints = System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(endpoints),
        };
        return Hosting.Trust.DirectorySignature.Sign(directory, network.Bent.Certificates.Current);
    }

    internal static string[] Evidence(AgentNetwork network, string agency, string kind)
    {
        var folder = network.Folder.AgencyPath(agency, "data/evidence");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, $"*-{kind}.json") : [];
    }

    internal static MemberList WithCategory(AgentNetwork network, string agency, string category)
    {
        var list = network.Folder.Members();
        return new MemberList(list.Version, list.Sha256.Span, list.Platform, list.Broker, list.Members.Select(member => member.Id.Value.Equals(agency, StringComparison.Ordinal)
            ? member with { Categories = [.. member.Categories, new CategoryTerm(CategoryId.Parse(category), new DateOnly(2001, 1, 6), Until: null)] }
            : member), list.Quorum)
        {
            Expires = list.Expires,
        };
    }

    /// <summary>The catalog as the broker would like it: the tax entry holds one kind more.</summary>
    internal static StatuteCatalog WithKind(AgentNetwork network, string kind)
    {
        const string Before = "    kinds: [municipal-inhabitant-tax]\n";
        var catalog = File.ReadAllText(network.Folder.CatalogPath);
        var at = catalog.IndexOf(Before, catalog.IndexOf($"  {AgentNetwork.TaxEntry}:", StringComparison.Ordinal), StringComparison.Ordinal);
        var bent = catalog.Remove(at, Before.Length).Insert(at, $"    kinds: [municipal-inhabitant-tax, {kind}]\n");
        return ((Authoring.Loaded<StatuteCatalog>.Whole)Authoring.CatalogFile.Parse("catalog.yaml", System.Text.Encoding.UTF8.GetBytes(bent))).Value;
    }

    internal static string BrokersPem(AgentNetwork network) => KeyFile.Read(network.Folder.Path("broker", "keys", "identity.pem"));

    private static IPEndPoint FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static async Task AssertRefusedAsync(AgentNetwork network, System.Security.Cryptography.X509Certificates.X509Certificate2 leaf, RefusalName name)
    {
        // The token is bound to this very certificate: the broker can sign what it likes.
        var yokohama = network.Network.Requester;
        var approval = await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(1)));
        using var forge = new Providing.TokenForge(network.Folder);
        var request = yokohama.Fetch(approval);
        Providing.TokenForge.Put(request, forge.Resign(approval.Token, _ => { }, payload => payload["cnf"]!["x5t#S256"] = LeafCertificate.Thumbprint(leaf).ToString()));
        using var client = new BareClient(network.Provider.Endpoint, leaf);
        var fault = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () =>
        {
            using var call = client.Peer.Fetch(request);
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
        Assert.Equal(name, RefusalWire.TryRead(fault)?.Name);
    }
}
