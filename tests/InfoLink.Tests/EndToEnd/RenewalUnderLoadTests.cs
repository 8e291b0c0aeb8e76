using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Everybody's certificates are renewed while exchanges go on, and none of these notices.</summary>
public sealed class RenewalUnderLoadTests
{
    /// <summary>Two renewals of the shortest life take 20 to 25 seconds; a machine that is busy gets more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task No_exchange_fails_while_both_agencies_and_the_broker_renew_twice()
    {
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Prepare = folder =>
            {
                var broker = folder.BrokerOptions();
                broker.LeafLifetimeSeconds = 20;
                broker.Write(folder.BrokerPath);
            },
            Requester = options => options.LeafLifetimeSeconds = 20,
            Provider = options => options.LeafLifetimeSeconds = 20,
        });
        await using var load = await SteadyLoad.StartAsync(network, 1, 2, 3, 4);
        LeafCertificates[] parties = [network.Requester.Certificates, network.Provider.Certificates, network.Network.Broker.Certificates];
        var seen = parties.Select(_ => new HashSet<Sha256Digest>()).ToList();
        await Eventually.HoldsAsync(
            () =>
            {
                foreach (var (party, generations) in parties.Zip(seen))
                {
                    generations.Add(LeafCertificate.Thumbprint(party.Current.Tls));
                }

                return seen.TrueForAll(generations => generations.Count >= 3);
            },
            "two renewals of everybody",
            Patience);
        var before = load.Answered;
        await Eventually.HoldsAsync(() => load.Answered > before + 4, "exchanges under the newest certificates");
        Assert.Empty(await load.StopAsync());

        // The exchanges ran under one generation after the other, each under one alone: the receipt and the answer name the same.
        var received = (await AgentNetwork.AllOfAsync(network.Requester)).Where(entry => entry.Open.Event == AccessEvent.Received).ToList();
        var used = received.Select(entry => Sha256Digest.FromBytes(entry.Open.Cnf.Span)).Distinct().ToList();
        Assert.True(used.Count >= 3);
        Assert.Subset(seen[0], used.ToHashSet());
        var answered = (await AgentNetwork.AllOfAsync(network.Provider)).Where(entry => entry.Open.Event == AccessEvent.Answered)
            .ToDictionary(entry => entry.Open.ExchangeId, entry => entry.Open.Cnf);
        Assert.All(received, entry => Assert.Equal(answered[entry.Open.ExchangeId], entry.Open.Cnf));
    }

    [Fact]
    public async Task Each_generation_has_connections_of_its_own_which_outlive_it_for_what_still_runs()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        var members = network.Requester.Trust.Members;
        var clock = LeapingClock.Standing();
        using var identity = network.Folder.IdentityOf(Samples.Network.NetworkFolder.Requester);
        using var certificates = new LeafCertificates(identity, clock);
        using var channels = new Channels(clock);
        var generations = new List<LeafGeneration>();
        for (var renewal = 0; renewal < 5; renewal++)
        {
            generations.Add(certificates.Current);
            _ = channels.ToBroker(certificates.Current, members);
            clock.Leap(TimeSpan.FromSeconds(1));
            using var next = IdentityKey.Create(identity.Name);
            certificates.SwitchTo(renewal % 2 == 0 ? next : identity);
        }

        // Five in five seconds: none is closed, since an exchange may run under each.
        var open = generations.ConvertAll(generation =>
        {
            clock.Leap(TimeSpan.FromSeconds(1));
            return channels.ToBroker(generation, members);
        });
        Assert.Equal(5, open.Distinct().Count());
        Assert.Same(open[0], channels.ToBroker(generations[0], members));

        // Ten minutes later no exchange is left, and what nobody asks for goes when the next generation begins.
        clock.Leap(TimeSpan.FromMinutes(10));
        _ = channels.ToBroker(certificates.Current, members);
        Assert.NotSame(open[1], channels.ToBroker(generations[1], members));
    }

    [Fact]
    public async Task What_the_member_list_no_longer_names_is_not_called_over_connections_from_before()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        var before = network.Requester.Trust.Members;
        using var key = IdentityKey.Create(before.BrokerName);
        var after = new MemberList(2, new byte[32], before.Platform, before.Broker with { IdentityKey = key.PublicKey }, before.Members);
        var own = network.Requester.Certificates.Current;
        Assert.Same(network.Requester.Channels.ToBroker(own, before), network.Requester.Channels.ToBroker(own, before));
        Assert.NotSame(network.Requester.Channels.ToBroker(own, before), network.Requester.Channels.ToBroker(own, after));
    }
}
