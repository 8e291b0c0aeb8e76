using System.Net;
using Grpc.Core;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>A call as an HTTP/2 request.</summary>
internal static class RequestMessage
{
    private const string UserAgent = "grpc-csharp-httpclient/1.0";

    public static HttpRequestMessage Create(Uri path, string? host, HttpContent content, Metadata? userHeaders, TimeSpan? timeout)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        if (host is not null)
            headers.Host = host;
        headers.TryAddWithoutValidation("te", "trailers"); // Finds proxies that drop trailers, see PROTOCOL-HTTP2.md.
        headers.TryAddWithoutValidation(GrpcProtocol.AcceptEncodingHeader, GrpcProtocol.Identity);
        if (timeout is { } left)
            headers.TryAddWithoutValidation(GrpcProtocol.TimeoutHeader, TimeoutEncoding.Encode(left));
        var namesAgent = false;
        foreach (var entry in userHeaders ?? Metadata.Empty)
        {
            // HttpClient keeps a few names ("allow", "expires", …) for the content.
            if (!headers.TryAddWithoutValidation(entry.Key, entry.WireValue))
                content.Headers.TryAddWithoutValidation(entry.Key, entry.WireValue);
            namesAgent |= string.Equals(entry.Key, "user-agent", StringComparison.Ordinal);
        }

        if (!namesAgent)
            headers.TryAddWithoutValidation("user-agent", UserAgent);
        return request;
    }
}
