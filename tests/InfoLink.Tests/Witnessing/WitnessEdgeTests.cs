using System.Security.Cryptography.X509Certificates;
using InfoLink.Agent;
using InfoLink.Broker.Keys;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Witnessing;

/// <summary>Witnesses on real ports: a log is brought under its owner's certificate, and nothing else comes in by this door.</summary>
public sealed class WitnessEdgeTests : IAsyncLifetime
{
    private AgentNetwork _network = null!;
    private BrokerKeys _keys = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync();
        _keys = BrokerKeys.Load(_network.Folder.Path("broker", "keys"), NetworkFolder.Platform);
    }

    public async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task An_agency_cosigns_the_brokers_log_for_the_broker_alone()
    {
        var request = new AddCheckpointRequest { OldSize = 0, Checkpoint = _network.Network.Broker.Log.Checkpoint.Note.ToByteString() };
        using var broker = new BareClient(_network.Provider.Endpoint, OfBroker());
        var reply = await broker.Witness.AddCheckpointAsync(request);
        Assert.EndsWith("\n", reply.Cosignature.ToStringUtf8(), StringComparison.Ordinal);
        var line = NoteSignature.TryParse(reply.Cosignature.ToStringUtf8().TrimEnd('\n'))!;
        var text = SignedNote.TryParse(request.Checkpoint.Span)!.Text;
        Assert.NotNull(Cosignature.Verify(text, line, WitnessKeyOf(NetworkFolder.Provider)));

        using var member = new BareClient(_network.Provider.Endpoint, Of(NetworkFolder.Requester));
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await member.Witness.AddCheckpointAsync(request), "origin");
        using var nobody = new BareClient(_network.Provider.Endpoint, certificate: null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await nobody.Witness.AddCheckpointAsync(request));
        using var stranger = new BareClient(_network.Provider.Endpoint, new ForgedLeaf { UriNames = [$"spiffe://{NetworkFolder.Platform}/broker"] }.Make());
        await Refused.ByAsync(RefusalName.CertificateUntrusted, async () => await stranger.Witness.AddCheckpointAsync(request));
    }

    [Fact]
    public async Task The_broker_cosigns_an_agencys_log_for_that_agency_alone()
    {
        var request = new AddCheckpointRequest { OldSize = 0, Checkpoint = _network.Requester.Log.Checkpoint.Note.ToByteString() };
        using var owner = new BareClient(_network.Network.Broker.Endpoint, Of(NetworkFolder.Requester));
        Assert.Equal(AddCheckpointReply.ResultOneofCase.Cosignature, (await owner.Witness.AddCheckpointAsync(request)).ResultCase);
        using var other = new BareClient(_network.Network.Broker.Endpoint, Of(NetworkFolder.Provider));
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await other.Witness.AddCheckpointAsync(request), "origin");
        using (_network.Network.Suspend(NetworkFolder.Requester))
        {
            await Refused.ByAsync(RefusalName.MemberSuspended, async () => await owner.Witness.AddCheckpointAsync(request));
        }
    }

    [Fact]
    public async Task The_brokers_certificate_opens_nothing_else_at_an_agency()
    {
        using var broker = new BareClient(_network.Provider.Endpoint, OfBroker());
        await Refused.ByAsync(RefusalName.CertificateUntrusted, async () =>
        {
            using var call = broker.Peer.Fetch(new FetchRequest());
            await call.ResponseStream.MoveNext(CancellationToken.None);
        });
    }

    [Fact]
    public async Task What_is_too_long_is_refused()
    {
        using var broker = new BareClient(_network.Provider.Endpoint, OfBroker());
        var proof = new AddCheckpointRequest { Checkpoint = _network.Network.Broker.Log.Checkpoint.Note.ToByteString() };
        proof.Proof.Add(Enumerable.Repeat(new byte[32].ToByteString(), 64));
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await broker.Witness.AddCheckpointAsync(proof), "proof");
        var hash = new AddCheckpointRequest { Proof = { new byte[31].ToByteString() } };
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await broker.Witness.AddCheckpointAsync(hash), "proof");
        var note = new AddCheckpointRequest { Checkpoint = new byte[SignedNote.MaxBytes + 1].ToByteString() };
        await Refused.ByAsync(RefusalName.RequestMalformed, async () => await broker.Witness.AddCheckpointAsync(note), "checkpoint");
    }

    [Fact]
    public async Task Logs_of_agencies_are_published_with_the_brokers_cosignature()
    {
        await _network.LinkAsync(1);
        await _network.AskAsync(1);
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        foreach (var agent in (AgentHost[])[_network.Requester, _network.Provider])
        {
            await agent.Cosigning.UntilPublishedAsync(patience.Token);
            var published = (await agent.Log.Tree.PublishedAsync(CancellationToken.None))!;
            Assert.True(published.Size > 0);
            var cosigned = CosignedCheckpoint.Read(SignedCheckpoint.Open(published.Note, agent.Log.Key)!, [_network.Network.Broker.Members.Current.Broker.WitnessKey!]);
            Assert.Single(cosigned!.By);
        }
    }

    [Fact]
    public async Task A_witness_key_of_the_member_list_that_is_not_ones_own_is_an_error_at_the_start()
    {
        await _network.StopProviderAsync();
        await AssertRefusedAsync(
            _network.Folder.AgencyPath(NetworkFolder.Provider, "witness.key"), $"agencies.{NetworkFolder.Provider}.witnessKey", () => _network.StartProviderAsync());
        await _network.Network.StopBrokerAsync();
        await AssertRefusedAsync(_network.Folder.Path("broker", "keys", "witness.key"), "broker.witnessKey", () => _network.Network.StartBrokerAsync());
        await _network.Network.StartBrokerAsync();
        await _network.StartProviderAsync();

        static async Task AssertRefusedAsync(string file, string named, Func<Task> start)
        {
            var own = await File.ReadAllTextAsync(file, CancellationToken.None);
            File.Delete(file);
            KeyFile.WriteNewKey(file);
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(start);
            Assert.Contains(named, refused.Message, StringComparison.Ordinal);
            File.Delete(file);
            KeyFile.WriteNew(file, own);
        }
    }

    private X509Certificate2 OfBroker() => _keys.Identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());

    private X509Certificate2 Of(string agency)
    {
        using var identity = _network.Folder.IdentityOf(agency);
        return identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
    }

    private NoteKey WitnessKeyOf(string agency)
    {
        Assert.True(_network.Network.Broker.Members.Current.TryFind(AgencyId.Parse(agency), out var member));
        return member.WitnessKey!;
    }
}
