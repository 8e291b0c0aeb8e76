using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Certificates are renewed while exchanges go on: each keeps the one it began with.</summary>
public sealed class RenewalTests
{
    private static readonly TimeSpan PastHalfLife = (IdentityKey.LeafLifetime / 2) + (IdentityKey.LeafLifetime / 8) + TimeSpan.FromMinutes(1);

    [Fact]
    public async Task An_exchange_under_way_keeps_its_certificate_and_the_next_has_the_new_one()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        var first = network.Requester.Certificates.Current;
        network.Bent.Approving = (_, reply) =>
        {
            // Approved and bound to the first certificate; now, before the fetch, the requester's clock passes the renewal.
            network.RequesterClock.Shift(PastHalfLife);
            Assert.NotSame(first, network.Requester.Certificates.Current);
            network.RequesterClock.Shift(TimeSpan.Zero);
            return Task.FromResult(reply);
        };
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        Assert.Equal(LeafCertificate.Thumbprint(first.Tls).ToArray(), received.Open.Cnf.ToByteArray());

        network.Bent.Approving = (_, reply) => Task.FromResult(reply);
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        var second = network.Requester.Certificates.Current;
        Assert.NotSame(first, second);
        var last = (await AgentNetwork.AllOfAsync(network.Requester))[^1];
        Assert.Equal((AccessEvent.Received, LeafCertificate.Thumbprint(second.Tls)), (last.Open.Event, Sha256Digest.FromBytes(last.Open.Cnf.Span)));
    }

    [Fact]
    public async Task A_providers_renewal_is_seen_by_new_connections_and_signs_new_answers()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var client = network.Network.Requester;
        var before = await SignerAsync();
        await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Settled); // Nothing runs beside the clock's leap.

        // The provider's clock passes the renewal; it is set right again for the exchange, and what is not valid yet goes with it.
        network.ProviderClock.Shift(PastHalfLife);
        _ = network.Provider.Certificates.Current;
        network.ProviderClock.Shift(TimeSpan.Zero);
        var after = await SignerAsync();
        Assert.Equal(network.Provider.Certificates.Current.Signing.RawData, after);
        Assert.NotEqual(before, after);

        async Task<byte[]> SignerAsync()
        {
            var parts = await client.FetchAsync(NetworkFolder.Provider, client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(1)))));
            return parts[0].Header.SigningCertificate.ToByteArray();
        }
    }
}
