using Grpc.Core;
using InfoLink.Rpc.Wire;
using Microsoft.AspNetCore.Http;

namespace InfoLink.Rpc.Server;

/// <summary>What the headers of a request ask for.</summary>
internal static class RequestHead
{
    /// <exception cref="RpcException">UNIMPLEMENTED: the request is compressed; the response says what would be accepted.</exception>
    public static void RefuseCompression(HttpContext http)
    {
        if (GrpcProtocol.IsIdentity(http.Request.Headers[GrpcProtocol.EncodingHeader]))
            return;
        http.Response.Headers[GrpcProtocol.AcceptEncodingHeader] = GrpcProtocol.Identity;
        throw new RpcException(new Status(StatusCode.Unimplemented, "Messages are not compressed here."));
    }

    /// <summary>How long the caller waits, or null when it says nothing.</summary>
    /// <exception cref="RpcException">INTERNAL: it says so in a malformed way.</exception>
    public static TimeSpan? ReadTimeout(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(GrpcProtocol.TimeoutHeader, out var text))
            return null;
        return TimeoutEncoding.TryDecode(text.ToString(), out var timeout)
            ? timeout
            : throw new RpcException(new Status(StatusCode.Internal, "The header grpc-timeout is malformed."));
    }

    /// <summary>The caller's metadata.</summary>
    /// <exception cref="RpcException">INTERNAL: a <c>-bin</c> value is not base64.</exception>
    public static Metadata ReadMetadata(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        try
        {
            foreach (var (name, values) in headers)
            {
                foreach (var value in values)
                    MetadataEncoding.AddReceived(metadata, name, value);
            }
        }
        catch (FormatException malformed)
        {
            throw new RpcException(new Status(StatusCode.Internal, malformed.Message));
        }

        return metadata.Freeze();
    }
}
