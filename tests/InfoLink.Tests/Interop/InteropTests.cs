using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Net.Client;
using Grpc.Testing;
using InfoLink.Tests.Rpc;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InfoLink.Tests.Interop;

/// <summary>Our server under foreign clients, our client against foreign servers, in the clear and with certificates on both sides.</summary>
public sealed class InteropTests : IDisposable
{
    // Cases each client script must report, so that a script that ends early is not taken for a success.
    private const int ClientCases = 19;

    private readonly TestCertificates _certificates = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("interop");

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(Foreign.Python, false)]
    [InlineData(Foreign.Python, true)]
    [InlineData(Foreign.Node, false)]
    [InlineData(Foreign.Node, true)]
    public async Task A_foreign_client_is_served(Foreign client, bool mutualTls)
    {
        await using var host = await StartAsync(mutualTls);

        var report = await ForeignPeer.CallAsync(client, $"localhost:{host.Address.Port}", mutualTls ? WriteCertificates("client") : []);

        Assert.All(report, line => Assert.StartsWith("ok ", line, StringComparison.Ordinal));
        Assert.InRange(report.Length, ClientCases, ClientCases + 10);
    }

    [Theory]
    [InlineData(Foreign.Python, false)]
    [InlineData(Foreign.Python, true)]
    [InlineData(Foreign.Node, false)]
    [InlineData(Foreign.Node, true)]
    public async Task A_foreign_server_is_called(Foreign server, bool mutualTls)
    {
        var (peer, port) = await ForeignPeer.ServeAsync(server, mutualTls ? WriteCertificates("server") : []);
        await using var _ = peer;

        await CallAllAsync(new Uri($"{(mutualTls ? "https" : "http")}://localhost:{port}"), mutualTls);
    }

    [Fact]
    public async Task A_response_that_is_compressed_though_not_offered_is_refused()
    {
        var (peer, port) = await ForeignPeer.ServeAsync(Foreign.Python);
        await using var _ = peer;
        using var channel = GrpcChannel.ForAddress($"http://localhost:{port}");

        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(
            new SimpleRequest { ResponseSize = 314159, ResponseCompressed = new BoolValue { Value = true } });

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(RpcHost.Patience))).StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Our_own_server_is_called(bool mutualTls)
    {
        await using var host = await StartAsync(mutualTls);

        await CallAllAsync(host.Address, mutualTls);
    }

    private async Task CallAllAsync(Uri address, bool mutualTls)
    {
        using var channel = Channel(address, mutualTls);
        await Cases(channel).RunAllAsync().WaitAsync(TimeSpan.FromMinutes(2));
        for (var i = 0; i < 10; i++)
        {
            using var fresh = Channel(address, mutualTls);
            await Cases(fresh).LargeUnaryAsync();
        }

        static InteropCases Cases(GrpcChannel channel) => new(new TestService.TestServiceClient(channel), new UnimplementedService.UnimplementedServiceClient(channel));
    }

    private async Task<RpcHost> StartAsync(bool mutualTls)
    {
        var host = await RpcHost.StartAsync(
            services: services => services.AddSingleton<HealthServiceImpl>(),
            map: app =>
            {
                app.MapGrpcService<InteropService>();
                app.MapGrpcService<HealthServiceImpl>();
            },
            kestrel: kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (mutualTls)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificate = _certificates.Issue("server");
                        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                        https.ClientCertificateValidation = (certificate, _, _) => _certificates.Issued(certificate);
                    });
                }
            }));
        host.Services.GetRequiredService<HealthServiceImpl>().SetStatus("", HealthCheckResponse.Types.ServingStatus.Serving);
        return host;
    }

    private GrpcChannel Channel(Uri address, bool mutualTls)
    {
        var handler = new SocketsHttpHandler();
        if (mutualTls)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [_certificates.Issue("client")],
                RemoteCertificateValidationCallback = (_, server, _, _) => _certificates.Issued(server as X509Certificate2),
            };
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }

    // Authority, certificate and key as files, in the order the scripts take them.
    private string[] WriteCertificates(string name)
    {
        using var certificate = _certificates.Issue(name);
        using var key = certificate.GetECDsaPrivateKey()!;
        return
        [
            Write("ca.pem", _certificates.Authority.ExportCertificatePem()),
            Write("certificate.pem", certificate.ExportCertificatePem()),
            Write("key.pem", key.ExportPkcs8PrivateKeyPem()),
        ];

        string Write(string file, string text)
        {
            var path = Path.Combine(_folder.FullName, file);
            File.WriteAllText(path, text + "\n");
            return path;
        }
    }
}
