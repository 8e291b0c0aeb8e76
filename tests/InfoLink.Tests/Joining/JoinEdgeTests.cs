using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Joining;

/// <summary>The one method that a stranger may call, over real TLS: what it takes, what it puts on record, and how little it gives.</summary>
public sealed class JoinEdgeTests : IAsyncLifetime
{
    private static readonly AgencyId Newcomer = AgencyId.Parse("100001");
    private readonly IdentityKey _identity = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, Newcomer));
    private TestNetwork _network = null!;
    private JoinCode _code = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.StartAsync();
        _code = await _network.Broker.Acts.GiveJoinCodeAsync("operator", Newcomer, TimeSpan.FromMinutes(30));
    }

    public async ValueTask DisposeAsync()
    {
        _identity.Dispose();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task Who_joins_is_shown_the_authority_put_on_record_and_no_member_by_it()
    {
        using var leaf = Leaf();
        using var client = new BareClient(_network.Broker.Endpoint, leaf);
        var reply = await client.Joining.JoinAsync(Request());
        var shown = SignedDocument.Parse(Assert.Single(reply.Authority).Span);
        Assert.Equal(_code.Authority, Fingerprint.OfDigest(shown.Sha256));

        var joined = Assert.Single(_network.Broker.Acts.Joined());
        var fingerprint = Fingerprint.OfKey(_identity.PublicKey).ToString();
        Assert.Equal((Newcomer.Value, fingerprint, new Uri("https://a.example:8443")), (joined.Agency, joined.Fingerprint, joined.Endpoint));
        Assert.Equal([("join code", ""), ("join", fingerprint)], await ActsAsync());

        // The same again is no second act.
        await client.Joining.JoinAsync(Request());
        Assert.Equal(2, (await ActsAsync()).Count);

        Assert.False(_network.Broker.Members.Current.TryFind(Newcomer, out _));
        await Refused.ByAsync(RefusalName.MemberUnknown, async () => await client.Broker.AuthorizeAsync(_network.Requester.Ask(_network.CodeOf(1))));
        await Refused.ByAsync(RefusalName.MemberUnknown, async () => await client.Trust.Watch(new WatchRequest()).ResponseStream.MoveNext(CancellationToken.None));
    }

    [Fact]
    public async Task A_key_is_joined_only_by_whoever_holds_it_under_its_agencys_name()
    {
        await RefusedAsync(RefusalName.CertificateRequired, null, Request());
        using var another = IdentityKey.Create(_identity.Name);
        using (var leaf = another.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow()))
        {
            await RefusedAsync(RefusalName.CertificateUntrusted, leaf, Request()); // Not under the key that it brings.
        }

        using (var signing = _identity.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow()))
        {
            await RefusedAsync(RefusalName.CertificateUntrusted, signing, Request());
        }

        using (var leaf = Leaf())
        {
            await RefusedAsync(RefusalName.CertificateUntrusted, leaf, Request(request => request.Agency = "100002"));
        }

        using var member = _network.Folder.IdentityOf(NetworkFolder.Bystander);
        using (var leaf = member.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow()))
        {
            await RefusedAsync(RefusalName.CertificateUntrusted, leaf, Request());
        }

        Assert.Empty(_network.Broker.Acts.Joined());
        Assert.Single(await ActsAsync());
    }

    [Fact]
    public async Task A_wrong_or_used_code_is_refused_and_a_second_key_changes_nothing()
    {
        using var leaf = Leaf();
        await RefusedAsync(RefusalName.JoinCodeRefused, leaf, Request(request => request.Secret = Google.Protobuf.ByteString.CopyFrom(new byte[16])), "unknown");
        using (var client = new BareClient(_network.Broker.Endpoint, leaf))
        {
            await client.Joining.JoinAsync(Request());
        }

        using var thief = IdentityKey.Create(_identity.Name);
        using var thiefs = thief.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        await RefusedAsync(
            RefusalName.JoinCodeRefused, thiefs, Request(request => request.IdentityKey = Google.Protobuf.ByteString.CopyFrom(thief.PublicKey.Spki.Span)), "used by another host");
        Assert.Equal(Fingerprint.OfKey(_identity.PublicKey).ToString(), Assert.Single(_network.Broker.Acts.Joined()).Fingerprint);

        await _network.StopBrokerAsync();
        await _network.StartBrokerAsync();
        await RefusedAsync(RefusalName.JoinCodeRefused, leaf, Request(), "unknown"); // A restart forgets codes, and not who joined.
        Assert.Single(_network.Broker.Acts.Joined());
    }

    [Theory]
    [InlineData("agency")]
    [InlineData("identity key")]
    [InlineData("log key of another kind")]
    [InlineData("no witness key")]
    [InlineData("endpoint")]
    public async Task What_is_no_request_is_refused_before_the_code_is_looked_at(string what)
    {
        using var leaf = Leaf();
        var request = Request(bent =>
        {
            switch (what)
            {
                case "agency":
                    bent.Agency = "NO AGENCY";
                    break;
                case "log key of another kind":
                    bent.LogKey = bent.WitnessKey;
                    break;
                case "no witness key":
                    bent.WitnessKey = "";
                    break;
                case "endpoint":
                    bent.Endpoint = "http://a.example";
                    break;
                default:
                    bent.IdentityKey = Google.Protobuf.ByteString.CopyFrom(new byte[91]);
                    break;
            }
        });
        await RefusedAsync(RefusalName.RequestMalformed, leaf, request, "agency, keys or endpoint");
    }

    private async Task RefusedAsync(RefusalName name, X509Certificate2? certificate, JoinRequest request, string detail = "")
    {
        using var client = new BareClient(_network.Broker.Endpoint, certificate);
        await Refused.ByAsync(name, async () => await client.Joining.JoinAsync(request), detail);
    }

    /// <summary>What operators and newcomers did, as it stands in the broker's log.</summary>
    private async Task<List<(string What, string After)>> ActsAsync() =>
        [.. (await _network.AllRecordsAsync()).Where(record => record.Open.Event == AccessEvent.Act).Select(record => (record.Open.Act.What, record.Open.Act.What is "join" ? record.Open.Act.After : ""))];

    private X509Certificate2 Leaf() => _identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());

    private JoinRequest Request(Action<JoinRequest>? bend = null)
    {
        using var log = Ed25519PrivateKey.FromSeed(RandomNumberGenerator.GetBytes(32));
        var request = new JoinRequest
        {
            Agency = Newcomer.Value,
            Secret = Google.Protobuf.ByteString.CopyFrom(_code.RevealSecret()),
            IdentityKey = Google.Protobuf.ByteString.CopyFrom(_identity.PublicKey.Spki.Span),
            LogKey = NoteKey.Of($"{NetworkFolder.Platform}/agency/{Newcomer}", NoteKeyKind.Log, log.PublicKey.Span).ToString(),
            WitnessKey = NoteKey.Of($"{NetworkFolder.Platform}/agency/{Newcomer}/witness", NoteKeyKind.Cosigner, log.PublicKey.Span).ToString(),
            Endpoint = "https://a.example:8443",
        };
        bend?.Invoke(request);
        return request;
    }
}
