using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Service;

/// <summary>What a broker makes of announcements: each agency's own word, in bounds, on record, and told to all no more often than needed.</summary>
public sealed class AnnouncingTests : IAsyncLifetime
{
    private readonly List<IDisposable> _owned = [];
    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
    private TestNetwork _network = null!;

    public async ValueTask InitializeAsync() => _network = await TestNetwork.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _owned.ForEach(one => one.Dispose());
        await _network.DisposeAsync();
    }

    private long Serial => _network.Broker.Acts.Status().DirectorySerial;

    [Fact]
    public async Task An_agency_announces_for_itself_alone_and_strangers_for_nobody()
    {
        await Of(NetworkFolder.Requester).AnnounceAsync(Times((-60, 3_600)));
        Assert.Equal([(_now.AddSeconds(-60), _now.AddHours(1))], ClosedOf(NetworkFolder.Requester).Select(closure => (closure.From, closure.Until)));
        Assert.Empty(ClosedOf(NetworkFolder.Provider));

        using var key = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse("999999")));
        using var leaf = key.IssueLeaf(LeafPurpose.Tls, _now);
        using var stranger = new BareClient(_network.Broker.Endpoint, leaf);
        await Refused.ByAsync(RefusalName.MemberUnknown, async () => await stranger.Trust.AnnounceAsync(Times((-60, 3_600))));
        using var nobody = new BareClient(_network.Broker.Endpoint, null);
        await Refused.ByAsync(RefusalName.CertificateRequired, async () => await nobody.Trust.AnnounceAsync(Times((-60, 3_600))));
        Assert.Single(await _network.AllRecordsAsync());
    }

    [Fact]
    public async Task What_a_directory_could_not_say_is_refused_and_nothing_is_on_record()
    {
        var provider = Of(NetworkFolder.Provider);
        const string Order = "closed: they stand in order, and neither overlap nor touch";
        const string Each = "closed: each begins and ends at a whole second, ends after it begins, and is no longer than 400 days";
        foreach (var (detail, times) in ((string, (long, long)[])[])
        [
            ("closed", [.. Enumerable.Range(0, 65).Select(i => (100L * i, (100L * i) + 1))]),
            (Order, [(0, 10), (10, 20)]),
            (Order, [(0, 10), (5, 20)]),
            (Order, [(100, 110), (0, 10)]),
            (Each, [(10, 10)]),
            (Each, [(10, 0)]),
            (Each, [(0, (400 * 86_400) + 1)]),
            ("closed", [(long.MinValue / 2, 10)]),
            ("closed", [(0, long.MaxValue / 2)]),
        ])
        {
            await Refused.ByAsync(RefusalName.RequestMalformed, async () => await provider.AnnounceAsync(Times(times)), detail);
        }

        Assert.Empty(await _network.AllRecordsAsync());
        Assert.Empty(ClosedOf(NetworkFolder.Provider));

        // As many as there may be, of the longest that there may be.
        await provider.AnnounceAsync(Times([(-60, 400 * 86_400 - 60), .. Enumerable.Range(1, 63).Select(i => (i * 500 * 86_400L, (i * 500 * 86_400L) + 1))]));
        Assert.Equal(Closure.Most, ClosedOf(NetworkFolder.Provider).Length);
    }

    [Fact]
    public async Task Far_closures_wait_for_one_another_and_a_near_one_takes_all_along()
    {
        var (yokohama, setagaya, kawasaki) = (Of(NetworkFolder.Requester), Of(NetworkFolder.Provider), Of(NetworkFolder.Bystander));
        var first = Serial;
        await yokohama.AnnounceAsync(Times((86_400, 90_000)));
        await setagaya.AnnounceAsync(Times((86_400, 90_000)));
        Assert.Equal((first, 0), (Serial, ClosedOf(NetworkFolder.Requester).Length));
        await kawasaki.AnnounceAsync(Times((600, 1_200)));
        var second = Serial;
        Assert.True(second > first);
        Assert.All((string[])[NetworkFolder.Requester, NetworkFolder.Provider, NetworkFolder.Bystander], agency => Assert.Single(ClosedOf(agency)));

        // The same again is nothing new; another near one waits for its minute.
        await kawasaki.AnnounceAsync(Times((600, 1_200)));
        await kawasaki.AnnounceAsync(Times((600, 1_800)));
        Assert.Equal(second, Serial);
        _network.Clock.Ahead += TimeSpan.FromSeconds(61);
        await Until.TrueAsync(() => ClosedOf(NetworkFolder.Bystander) is [var longer] && longer.Until == _now.AddSeconds(1_800));

        // A far one alone, after ten minutes; and what is over by then is gone with it.
        await yokohama.AnnounceAsync(Times((86_400, 95_000)));
        var third = Serial;
        _network.Clock.Ahead += TimeSpan.FromMinutes(31);
        await Until.TrueAsync(() => ClosedOf(NetworkFolder.Requester)[0].Until == _now.AddSeconds(95_000));
        Assert.True(Serial > third);
        Assert.Empty(ClosedOf(NetworkFolder.Bystander));

        // Each change is on record, before and after; the same again is not.
        var acts = (await _network.AllRecordsAsync()).Select(record => record.Open.Act).ToList();
        Assert.Equal([NetworkFolder.Requester, NetworkFolder.Provider, NetworkFolder.Bystander, NetworkFolder.Bystander, NetworkFolder.Requester], acts.Select(act => act.About), StringComparer.Ordinal);
        Assert.Equal(acts[2].After, acts[3].Before);
    }

    [Fact]
    public async Task An_agency_that_changes_its_word_all_the_time_is_slowed_and_others_are_not()
    {
        var setagaya = Of(NetworkFolder.Provider);
        for (var i = 0; i < 12; i++)
        {
            await setagaya.AnnounceAsync(Times((86_400, 90_000 + i)));
        }

        var slowed = await Refused.ByAsync(RefusalName.Overloaded, async () => await setagaya.AnnounceAsync(Times((86_400, 91_000))), "closed");
        Assert.InRange(Contracts.Refusals.RefusalWire.TryRead(slowed)!.RetryAfter, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.Equal(12, (await _network.AllRecordsAsync()).Count(record => record.Open.Event == AccessEvent.Act));
        await setagaya.AnnounceAsync(Times((86_400, 90_011))); // What it said last, again.
        await Of(NetworkFolder.Bystander).AnnounceAsync(Times((86_400, 90_000)));
        _network.Clock.Ahead += TimeSpan.FromMinutes(10);
        await setagaya.AnnounceAsync(Times((86_400, 91_000)));
    }

    [Fact]
    public async Task What_the_directory_has_outlives_the_broker()
    {
        await Of(NetworkFolder.Provider).AnnounceAsync(Times((-60, 3_600)));
        await _network.StopBrokerAsync();
        await _network.StartBrokerAsync();
        Assert.Single(ClosedOf(NetworkFolder.Provider));
    }

    private Closure[] ClosedOf(string agency) => _network.Broker.Members.Current.TryFind(AgencyId.Parse(agency), out var member) ? [.. member.Closed] : [];

    private AnnounceRequest Times(params (long From, long Until)[] times) => new()
    {
        Closed = { times.Select(time => new ClosedTime { From = _now.ToUnixTimeSeconds() + time.From, Until = _now.ToUnixTimeSeconds() + time.Until }) },
    };

    private TrustService.TrustServiceClient Of(string agency)
    {
        var identity = _network.Folder.IdentityOf(agency);
        X509Certificate2 leaf = identity.IssueLeaf(LeafPurpose.Tls, _now);
        var client = new BareClient(_network.Broker.Endpoint, leaf);
        _owned.AddRange([client, leaf, identity]);
        return client.Trust;
    }
}
