using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using InfoLink.V1;

namespace InfoLink.Tests.Fixtures;

/// <summary>A connection with any certificate or none, for calls and for bare bytes. It believes every server: it is the server that is tested.</summary>
internal sealed class BareClient : IDisposable
{
    private readonly Uri _server;
    private readonly HttpClient _http;
    private readonly GrpcChannel _channel;

    public BareClient(Uri server, X509Certificate2? certificate)
    {
        _server = server;
        var tls = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
        if (certificate is not null)
        {
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        _http = new HttpClient(new SocketsHttpHandler { SslOptions = tls, UseProxy = false }) { Timeout = TestNetwork.Patience };
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { SslOptions = tls, UseProxy = false }, DisposeHttpClient = true });
    }

    public ExchangeService.ExchangeServiceClient Broker => new(_channel);

    public WitnessService.WitnessServiceClient Witness => new(_channel);

    public PeerService.PeerServiceClient Peer => new(_channel);

    public RegistryService.RegistryServiceClient Registry => new(_channel);

    public JoinService.JoinServiceClient Joining => new(_channel);

    public TrustService.TrustServiceClient Trust => new(_channel);

    /// <summary>Sends one frame with these bytes as its message; what comes back is the gRPC status and whether a refusal came with it.</summary>
    public Task<(string? Status, bool Refusal)> PostMessageAsync(string method, byte[] message, int? claimedLength = null)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), claimedLength ?? message.Length);
        message.CopyTo(frame, 5);
        return PostAsync(method, frame);
    }

    public async Task<(string? Status, bool Refusal)> PostAsync(string method, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server, "/infolink.v1.ExchangeService/" + method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var response = await _http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        return (First("grpc-status"), First("infolink-refusal-bin") is not null);

        string? First(string name) =>
            response.TrailingHeaders.TryGetValues(name, out var trailers) ? trailers.First()
            : response.Headers.TryGetValues(name, out var headers) ? headers.First()
            : null;
    }

    public void Dispose()
    {
        _http.Dispose();
        _channel.Dispose();
    }
}
