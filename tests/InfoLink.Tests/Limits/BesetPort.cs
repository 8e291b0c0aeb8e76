using System.Net;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Net.Client;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting;
using InfoLink.Hosting.Limits;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InfoLink.Tests.Limits;

/// <summary>
/// A port as broker and agents open theirs, with limits that a test reaches soon, two members, and its health to ask for. Strangers' time does not pass: only
/// what a test is about ends their stay.
/// </summary>
internal sealed class BesetPort : IAsyncDisposable
{
    private const string Platform = "infolink.example";
    private readonly IdentityKey _server = IdentityKey.Create(SpiffeName.ForBroker(Platform));
    private readonly List<IdentityKey> _identities = [];
    private readonly LeafCertificates _certificates;
    private readonly WebApplication _port;

    private BesetPort(PortLimits limits)
    {
        One = Member("141003");
        Other = Member("131121");
        _certificates = new LeafCertificates(_server, TimeProvider.System);
        _port = MutualPort.Build([], new IPEndPoint(IPAddress.Loopback, 0), _certificates, IsMember, limits, LeapingClock.Standing(), Journal.Loggers);
        _port.Services.GetRequiredService<HealthServiceImpl>().SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
    }

    public Journal Journal { get; } = new();

    /// <summary>A member's leaf.</summary>
    public X509Certificate2 One { get; }

    /// <summary>Another member's.</summary>
    public X509Certificate2 Other { get; }

    public Uri Address => new(_port.Urls.Single());

    public static async Task<BesetPort> StartAsync(PortLimits limits)
    {
        var port = new BesetPort(limits);
        await port._port.StartAsync();
        return port;
    }

    /// <summary>A certificate that bears the first member's name under somebody else's key.</summary>
    public X509Certificate2 Impostor() => Issue(LeafCertificate.NameOf(One)!.Value);

    /// <summary>A member's health check on a new connection is answered.</summary>
    public async Task ServesAsync(X509Certificate2 member)
    {
        using var channel = ChannelOf(member);
        await ServesAsync(channel);
    }

    public static async Task ServesAsync(GrpcChannel channel)
    {
        var reply = await new Health.HealthClient(channel).CheckAsync(
            new HealthCheckRequest(), new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + TestNetwork.Patience));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, reply.Status);
    }

    public GrpcChannel ChannelOf(X509Certificate2 member) => GrpcChannel.ForAddress(Address, new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => member,
            },
        },
    });

    public async ValueTask DisposeAsync()
    {
        await _port.DrainAsync();
        _certificates.Dispose();
        _server.Dispose();
        _identities.ForEach(identity => identity.Dispose());
        Journal.AssertNoUnexpectedError();
    }

    private bool IsMember(X509Certificate2? leaf) =>
        leaf is not null && _identities.Take(2).Any(identity => LeafCertificate.IsUnder(leaf, identity.PublicKey, LeafPurpose.Tls, TimeProvider.System.GetUtcNow()));

    private X509Certificate2 Member(string agency) => Issue(SpiffeName.ForAgency(Platform, Contracts.Identifiers.AgencyId.Parse(agency)));

    private X509Certificate2 Issue(SpiffeName name)
    {
        var identity = IdentityKey.Create(name);
        _identities.Add(identity);
        return identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
    }
}
