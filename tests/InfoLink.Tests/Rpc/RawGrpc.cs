using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace InfoLink.Tests.Rpc;

/// <summary>A gRPC answer as it stands on the wire.</summary>
internal sealed record RawReply(HttpStatusCode HttpStatus, string? GrpcStatus, string? GrpcMessage, string? AcceptEncoding, byte[] Body);

/// <summary>Sends bytes as a gRPC call, right or wrong, with a plain HTTP/2 client that knows nothing of gRPC.</summary>
internal static class RawGrpc
{
    public const string UnaryPath = "/grpc.testing.TestService/UnaryCall";
    public const string StreamingPath = "/grpc.testing.TestService/StreamingOutputCall";

    /// <summary>A frame with an empty message.</summary>
    public static readonly byte[] EmptyFrame = [0, 0, 0, 0, 0];

    public static async Task<RawReply> PostAsync(
        Uri server,
        string path = UnaryPath,
        byte[]? body = null,
        string contentType = "application/grpc",
        (string Name, string Value)[]? headers = null,
        string verb = "POST",
        CancellationToken cancellationToken = default)
    {
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { Timeout = RpcHost.Patience };
        using var request = new HttpRequestMessage(new HttpMethod(verb), new Uri(server, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body ?? EmptyFrame),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach (var (name, value) in headers ?? [])
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, cancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new RawReply(
            response.StatusCode, First("grpc-status"), First("grpc-message"), First("grpc-accept-encoding"), bytes);

        string? First(string name) =>
            response.Headers.TryGetValues(name, out var inHeaders) ? inHeaders.Single()
            : response.TrailingHeaders.TryGetValues(name, out var inTrailers) ? inTrailers.Single()
            : null;
    }
}
