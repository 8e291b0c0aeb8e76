using System.Net;
using Grpc.Net.Client;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Samples.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace InfoLink.Bench.Floors;

/// <summary>
/// A floor's party: the product's own port (<see cref="MutualPort"/>: Kestrel, InfoLink.Rpc, TLS 1.3 with leaf certificates on both sides) under a
/// member's identity, and behind it nothing but what the floor puts there.
/// </summary>
internal sealed class BareServer : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly MemberList _members;
    private readonly AgencyId _agency;
    private readonly List<IDisposable> _owned;

    private BareServer(WebApplication server, MemberList members, AgencyId agency, List<IDisposable> owned) =>
        (_server, _members, _agency, _owned) = (server, members, agency, owned);

    private Uri Endpoint => new(_server.Urls.Single());

    /// <param name="folder">Where the members' keys are.</param>
    /// <param name="agency">Whose identity the server has.</param>
    /// <param name="edge">What it serves.</param>
    public static async Task<BareServer> StartAsync(NetworkFolder folder, string agency, ServedEdge edge)
    {
        var (members, peers) = (folder.Members(), new PeerCertificates(TimeProvider.System));
        var identity = folder.IdentityOf(agency);
        var certificates = new LeafCertificates(identity, TimeProvider.System);
        var server = MutualPort.Build(
            [edge],
            new IPEndPoint(IPAddress.Loopback, 0),
            certificates,
            leaf => peers.Decide(members, leaf) is PeerDecision.Known,
            new PortLimits { MaxMessage = 512 * 1024, Connections = 100, ConnectionsOfOneMember = 64 },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        await server.StartAsync();
        return new BareServer(server, members, AgencyId.Parse(agency), [certificates, identity]);
    }

    /// <summary>A member's connection to it, with a certificate of its own; it ends with the server.</summary>
    public GrpcChannel Connect(NetworkFolder folder, string agency)
    {
        _members.TryFind(_agency, out var member);
        var identity = folder.IdentityOf(agency);
        var certificates = new LeafCertificates(identity, TimeProvider.System);
        var channel = GrpcChannel.ForAddress(Endpoint, new GrpcChannelOptions
        {
            HttpHandler = MutualTls.ClientHandler(certificates.Current, _members.NameOf(member!), member!.IdentityKeys, TimeProvider.System),
            DisposeHttpClient = true,
        });
        _owned.InsertRange(0, [channel, certificates, identity]);
        return channel;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _owned.OfType<GrpcChannel>())
        {
            connection.Dispose();
        }

        await _server.DisposeAsync();
        foreach (var owned in _owned.Where(owned => owned is not GrpcChannel))
        {
            owned.Dispose();
        }
    }
}
