using System.Net;
using System.Net.Sockets;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Checkup;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using Xunit;

namespace InfoLink.Tests.Checkup;

/// <summary>Why somebody is not reached.</summary>
public sealed class PeerProbeTests(CheckedNetwork shared) : IClassFixture<CheckedNetwork>
{
    [Fact]
    public async Task Another_member_in_the_place_of_one_is_named()
    {
        var (member, _) = Of(NetworkFolder.Provider);
        var (_, elsewhere) = Of(NetworkFolder.Bystander);
        var check = PeerProbe.Judge("member", await ReachAsync(NetworkFolder.Provider, member.IdentityKeys, elsewhere));
        Assert.Equal(CheckState.Wrong, check.State);
        Assert.Contains($"shows a certificate of spiffe://{NetworkFolder.Platform}/agency/{NetworkFolder.Bystander}, not of", check.What, StringComparison.Ordinal);
        Assert.Contains("infolink member endpoint", check.WayOut, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_the_list_does_not_name_is_named_as_such()
    {
        using var other = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(NetworkFolder.Provider)));
        var check = PeerProbe.Judge("member", await ReachAsync(NetworkFolder.Provider, new IdentityKeys(other.PublicKey, null), Of(NetworkFolder.Provider).Endpoint));
        Assert.Equal(CheckState.Wrong, check.State);
        Assert.Contains("does not stand under the identity key", check.What, StringComparison.Ordinal);
        Assert.Contains("by voice", check.WayOut, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_that_speaks_no_TLS_is_named_as_such()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });
        var reach = await ReachAsync(NetworkFolder.Provider, Of(NetworkFolder.Provider).Member.IdentityKeys, new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        await answering.WaitAsync(TestNetwork.Patience);
        Assert.Contains("TLS does not come about", reach.Fault, StringComparison.Ordinal);
        Assert.Contains("proxy", reach.WayOut, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Something_that_says_nothing_is_given_up_in_time()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var reach = await ReachAsync(NetworkFolder.Provider, Of(NetworkFolder.Provider).Member.IdentityKeys, new Uri($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        Assert.Contains("no answer", reach.Fault, StringComparison.Ordinal);
        Assert.Contains("firewalls", reach.WayOut, StringComparison.Ordinal);
    }

    private (Member Member, Uri Endpoint) Of(string agency)
    {
        shared.Network.Folder.Members().TryFind(AgencyId.Parse(agency), out var member);
        return (member!, member!.Endpoint!);
    }

    private async Task<PeerReach> ReachAsync(string agency, IdentityKeys identity, Uri endpoint)
    {
        using var key = shared.Network.Folder.IdentityOf(NetworkFolder.Requester);
        using var certificates = new LeafCertificates(key, TimeProvider.System);
        return await PeerProbe.ReachAsync(
            certificates.Current, SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(agency)), identity, endpoint, TimeProvider.System);
    }
}
