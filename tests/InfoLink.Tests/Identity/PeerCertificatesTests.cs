using System.Collections.Frozen;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Identity;

/// <summary>Who a peer is while its identity key is being changed; all else about it is tested on the wire.</summary>
public sealed class PeerCertificatesTests : IDisposable
{
    private const string Platform = "infolink.example";
    private static readonly AgencyId Setagaya = AgencyId.Parse("131121");
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly IdentityKey _old = IdentityKey.Create(SpiffeName.ForAgency(Platform, Setagaya));
    private readonly IdentityKey _new = IdentityKey.Create(SpiffeName.ForAgency(Platform, Setagaya));
    private readonly IdentityKey _oldBroker = IdentityKey.Create(SpiffeName.ForBroker(Platform));
    private readonly IdentityKey _newBroker = IdentityKey.Create(SpiffeName.ForBroker(Platform));

    public void Dispose()
    {
        foreach (var key in (IdentityKey[])[_old, _new, _oldBroker, _newBroker])
        {
            key.Dispose();
        }
    }

    [Fact]
    public void A_peer_is_known_under_either_key_and_under_the_old_one_no_longer_than_it_is_listed()
    {
        var peers = new PeerCertificates(_clock);
        using var old = _old.IssueLeaf(LeafPurpose.Tls, _clock.GetUtcNow());
        using var next = _new.IssueLeaf(LeafPurpose.Tls, _clock.GetUtcNow());
        MemberList before = List(1, _old.PublicKey), during = List(2, new(_new.PublicKey, _old.PublicKey)), after = List(3, _new.PublicKey);

        // One connection lives through all three lists; what was found under one is not believed under the next.
        Assert.IsType<PeerDecision.Known>(peers.Decide(before, old));
        Assert.IsType<PeerDecision.Known>(peers.Decide(during, old));
        Assert.IsType<PeerDecision.Refused>(peers.Decide(after, old));
        Assert.IsType<PeerDecision.Refused>(peers.Decide(before, next));
        Assert.IsType<PeerDecision.Known>(peers.Decide(during, next));
        Assert.IsType<PeerDecision.Known>(peers.Decide(after, next));
    }

    [Fact]
    public void The_broker_changes_its_key_likewise()
    {
        var peers = new PeerCertificates(_clock);
        using var old = _oldBroker.IssueLeaf(LeafPurpose.Tls, _clock.GetUtcNow());
        using var next = _newBroker.IssueLeaf(LeafPurpose.Tls, _clock.GetUtcNow());
        var during = List(2, _new.PublicKey, new(_newBroker.PublicKey, _oldBroker.PublicKey));
        var after = List(3, _new.PublicKey, _newBroker.PublicKey);
        Assert.True(peers.IsBroker(during, old));
        Assert.True(peers.IsBroker(during, next));
        Assert.False(peers.IsBroker(after, old));
        Assert.True(peers.IsBroker(after, next));
    }

    private MemberList List(int version, IdentityKeys agency, IdentityKeys? broker = null) => new(
        version,
        new byte[32],
        Platform,
        new BrokerIdentity
        {
            Endpoint = new Uri("https://localhost:9100"),
            IdentityKey = (broker ?? _oldBroker.PublicKey).Current,
            RetiringIdentityKey = broker?.Retiring,
            TokenKeys = FrozenDictionary<string, P256PublicKey>.Empty,
        },
        [
            new Member
            {
                Id = Setagaya,
                Name = new Bilingual("世田谷区", "Setagaya"),
                Categories = [],
                IdentityKey = agency.Current,
                RetiringIdentityKey = agency.Retiring,
                Endpoint = new Uri("https://localhost:9102"),
                CodeEpochs = new CodeEpochs(1, null),
            },
        ]);
}
