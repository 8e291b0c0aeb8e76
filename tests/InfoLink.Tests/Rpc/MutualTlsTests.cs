using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using InfoLink.Rpc;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class MutualTlsTests : IDisposable
{
    private readonly TestCertificates _ours = new();
    private readonly TestCertificates _foreign = new();

    public void Dispose()
    {
        _ours.Dispose();
        _foreign.Dispose();
    }

    [Fact]
    public async Task Each_side_knows_the_others_certificate()
    {
        using var clientCertificate = _ours.Issue("yokohama");
        await using var host = await StartAsync(new Scripted
        {
            Unary = (_, context) => Task.FromResult(new SimpleResponse
            {
                Username = string.Join(' ', context.AuthContext.PeerIdentity.Select(property => property.Value)),
                OauthScope = context.GetHttpContext().Connection.ClientCertificate?.Thumbprint ?? "none",
            }),
        });
        using var channel = Channel(host, clientCertificate, _ours.Issued);

        var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal(clientCertificate.Thumbprint, response.OauthScope);
        Assert.Contains("spiffe://test/yokohama", response.Username, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_certificate_the_client_refuses_never_gets_the_request()
    {
        using var clientCertificate = _ours.Issue("yokohama");
        await using var host = await StartAsync(Unreached());
        using var channel = Channel(host, clientCertificate, _foreign.Issued);

        var failure = await FailAsync(channel);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_client_with_a_foreign_certificate_does_not_reach_the_service()
    {
        using var clientCertificate = _foreign.Issue("yokohama");
        await using var host = await StartAsync(Unreached());
        using var channel = Channel(host, clientCertificate, _ours.Issued);

        Assert.Equal(StatusCode.Unavailable, (await FailAsync(channel)).StatusCode);
    }

    [Fact]
    public async Task A_client_without_a_certificate_does_not_reach_the_service()
    {
        await using var host = await StartAsync(Unreached());
        using var channel = Channel(host, certificate: null, _ours.Issued);

        Assert.Equal(StatusCode.Unavailable, (await FailAsync(channel)).StatusCode);
    }

    [Fact]
    public async Task The_default_channel_trusts_no_server_of_an_unknown_authority()
    {
        await using var host = await StartAsync(Unreached());
        using var channel = GrpcChannel.ForAddress(host.Address);

        var failure = await FailAsync(channel);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.NeverReachedServer());
    }

    private Task<RpcHost> StartAsync(Scripted service) => RpcHost.StartAsync(service, kestrel: kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.UseHttps(https =>
        {
            https.ServerCertificate = _ours.Issue("setagaya");
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => _ours.Issued(certificate);
        });
    }));

    private static GrpcChannel Channel(RpcHost host, X509Certificate2? certificate, Func<X509Certificate2?, bool> trusts) =>
        GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions
        {
            DisposeHttpClient = true,
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    ClientCertificates = certificate is null ? [] : [certificate],
                    RemoteCertificateValidationCallback = (_, server, _, _) => trusts(server as X509Certificate2),
                },
            },
        });

    private static Scripted Unreached() => new() { Unary = (_, _) => throw new InvalidOperationException("The service was reached.") };

    private static async Task<RpcException> FailAsync(GrpcChannel channel) => await Assert.ThrowsAsync<RpcException>(() =>
        new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience));
}
