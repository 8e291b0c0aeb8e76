using System.Net;
using Grpc.Core;

namespace InfoLink.Rpc.Wire;

/// <summary>The status a client concludes when the server sent none.</summary>
internal static class TransportStatus
{
    /// <summary>grpc/grpc <c>doc/http-grpc-status-mapping.md</c>: only for responses without <c>grpc-status</c>.</summary>
    public static StatusCode FromHttp(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => StatusCode.Unavailable,
        HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };

    /// <summary>A connection that did not come about or broke is UNAVAILABLE; a reset stream says why by its HTTP/2 error code.</summary>
    public static Status FromFault(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException reset)
                return new Status(FromHttp2(reset.ErrorCode), $"HTTP/2 error 0x{reset.ErrorCode:x} from the server.", fault);
        }

        return fault switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } or HttpIOException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
                new Status(StatusCode.ResourceExhausted, "The response's headers are over the client's limit.", fault),
            HttpRequestException or IOException => new Status(StatusCode.Unavailable, $"The connection failed: {fault.Message}", fault),
            OperationCanceledException => new Status(StatusCode.Unavailable, "The connection could not be made in time.", fault),
            _ => new Status(StatusCode.Internal, $"The call failed: {fault.Message}", fault),
        };
    }

    // doc/PROTOCOL-HTTP2.md, "Errors"; except NO_ERROR, which HttpClient also reports for a connection that the server closed in good order.
    private static StatusCode FromHttp2(long errorCode) => errorCode switch
    {
        0x0 => StatusCode.Unavailable,
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM: not processed.
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };
}
