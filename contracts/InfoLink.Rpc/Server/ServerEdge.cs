using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InfoLink.Rpc.Server;

/// <summary>What every endpoint shares: options as they were at mapping, the log and the clock; and the one place where exceptions become statuses.</summary>
internal sealed class ServerEdge(GrpcServiceOptions options, ILogger log, TimeProvider time)
{
    public int? MaxReceiveMessageSize { get; } = options.MaxReceiveMessageSize;

    public int? MaxSendMessageSize { get; } = options.MaxSendMessageSize;

    private TimeSpan? LongestCall { get; } = options.LongestCall;

    public ILogger Log { get; } = log;

    public TimeProvider Time { get; } = time;

    private bool TellsDetails { get; } = options.EnableDetailedErrors is true;

    /// <summary>How long a call of this method may take; null: as long as it wants.</summary>
    public TimeSpan? LongestOf(MethodInfo method, Type service)
    {
        var own = method.GetCustomAttribute<LongestCallAttribute>() ?? service.GetCustomAttribute<LongestCallAttribute>();
        return own switch
        {
            null => LongestCall,
            { Seconds: LongestCallAttribute.Unlimited } => null,
            _ => TimeSpan.FromSeconds(own.Seconds),
        };
    }

    /// <summary>Kestrel tells of a broken connection as an I/O error, bare or around what broke it.</summary>
    private static bool IsConnection(Exception? fault) =>
        fault is ConnectionResetException or ConnectionAbortedException || (fault is not null && IsConnection(fault.InnerException));

    /// <summary>The status for an exception that ended a call whose caller still waits; trailers are the exception's own.</summary>
    public (Status Status, Metadata Trailers) Judge(Exception exception, string method)
    {
        switch (exception)
        {
            case RpcException refusal:
                Log.EndedInError(method, refusal.StatusCode);
                return (refusal.Status, refusal.Trailers);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                Log.EndedInError(method, StatusCode.ResourceExhausted);
                return (new Status(StatusCode.ResourceExhausted, "The request is over the server's limit."), Metadata.Empty);
            case BadHttpRequestException:
                Log.EndedInError(method, StatusCode.Internal);
                return (new Status(StatusCode.Internal, "The request's body cannot be read."), Metadata.Empty);
            case Exception when IsConnection(exception):
                // The caller is gone, and its going has not yet reached the call's token: nobody reads what is said here.
                Log.EndedInError(method, StatusCode.Cancelled);
                return (new Status(StatusCode.Cancelled, "The connection broke."), Metadata.Empty);
            default:
                Log.UnhandledException(method, exception);
                var detail = TellsDetails ? $"The service failed. {exception.GetType().Name}: {exception.Message}" : "The service failed.";
                return (new Status(StatusCode.Unknown, detail), Metadata.Empty);
        }
    }
}
