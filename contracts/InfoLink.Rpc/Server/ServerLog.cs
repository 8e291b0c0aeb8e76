using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace InfoLink.Rpc.Server;

/// <summary>What the server says to its operator. Never the content of a message, never metadata, never a status text (it may quote either).</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Error, "{Method} ended in an exception the service did not catch.", EventName = "UnhandledException")]
    public static partial void UnhandledException(this ILogger logger, string method, Exception exception);

    [LoggerMessage(2, LogLevel.Debug, "{Method} ended in {StatusCode}.", EventName = "EndedInError")]
    public static partial void EndedInError(this ILogger logger, string method, StatusCode statusCode);

    [LoggerMessage(3, LogLevel.Debug, "{Method}: the caller gave up or the connection broke.", EventName = "CallerGone")]
    public static partial void CallerGone(this ILogger logger, string method);

    [LoggerMessage(4, LogLevel.Debug, "{Method}: the deadline passed after {Timeout}.", EventName = "DeadlinePassed")]
    public static partial void DeadlinePassed(this ILogger logger, string method, TimeSpan timeout);

    [LoggerMessage(5, LogLevel.Warning, "{Method}: a response could not be written whole, the stream was reset.", EventName = "TornResponse")]
    public static partial void TornResponse(this ILogger logger, string method, Exception? cause);

    [LoggerMessage(6, LogLevel.Debug, "{Method}: refused with HTTP {HttpStatus}, the request is not gRPC over HTTP/2.", EventName = "NotGrpc")]
    public static partial void NotGrpc(this ILogger logger, string method, int httpStatus);
}
