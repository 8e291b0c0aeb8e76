using Grpc.Core;

namespace InfoLink.Rpc;

/// <summary>
/// Tells failed calls that certainly did not reach the server's code from those that may have. Only the first may be repeated without
/// asking whether repeating is harmless. It reads nothing but the exception's local cause, so it gives the same answers over other gRPC stacks on HttpClient.
/// </summary>
public static class Delivery
{
    // RFC 9113, section 7: the stream was refused before any processing.
    private const long RefusedStream = 0x7;

    /// <summary>
    /// True when the server cannot have acted on the call: no connection came about (name, TCP, TLS, proxy), the message was never handed to a connection,
    /// or the server refused the stream unprocessed. False when it may have, whatever the status says; in particular for a status sent by the server.
    /// </summary>
    public static bool NeverReachedServer(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        for (var cause = exception.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case RequestNeverSentException:
                case HttpProtocolException { ErrorCode: RefusedStream }:
                case HttpRequestException
                {
                    HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
                        or HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError
                }:
                    return true;
            }
        }

        return false;
    }
}

/// <summary>The local cause of a call that ended before any byte of its message was handed to a connection: by its deadline, its caller or a fault.</summary>
public sealed class RequestNeverSentException : Exception
{
    internal RequestNeverSentException(Exception? innerException)
        : base("The call ended before its request was sent.", innerException)
    {
    }
}
