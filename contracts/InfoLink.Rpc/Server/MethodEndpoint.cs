using Grpc.Core;
using InfoLink.Rpc.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace InfoLink.Rpc.Server;

/// <summary>
/// One call, from the request to its end:
/// 1. Is it gRPC over HTTP/2? Otherwise an HTTP error.
/// 2. Compression and deadline: refused, or the watch starts.
/// 3. Exactly one request message.
/// 4. The service, on an instance from the call's scope.
/// 5. The end: status and trailers, whatever came before.
/// </summary>
internal abstract class MethodEndpoint<TService, TRequest, TResponse>(ServerEdge edge, Method<TRequest, TResponse> method, TimeSpan? longest)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private static readonly ObjectFactory<TService> Make = ActivatorUtilities.CreateFactory<TService>([]);

    public async Task ServeAsync(HttpContext http)
    {
        // 1.
        if (NotGrpc(http) is { } httpStatus)
        {
            edge.Log.NotGrpc(method.FullName, httpStatus);
            http.Response.StatusCode = httpStatus;
            return;
        }

        var call = new KestrelCall(http, method, edge, longest);
        try
        {
            // 2.
            call.Begin();

            // 3.
            var request = await ReadOneAsync(call);

            // 4.
            var (service, made) = Resolve(http.RequestServices);
            try
            {
                await RunAsync(service, request, call);
            }
            finally
            {
                if (made)
                    await DisposeAsync(service);
            }

            // 5.
            call.End(call.Status, Metadata.Empty);
        }
        catch (Exception exception)
        {
            call.EndByFault(exception);
        }
        finally
        {
            await call.CloseAsync();
        }
    }

    protected Method<TRequest, TResponse> Method => method;

    protected abstract Task RunAsync(TService service, TRequest request, KestrelCall call);

    private static int? NotGrpc(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol))
            return StatusCodes.Status426UpgradeRequired;
        return GrpcProtocol.IsGrpc(http.Request.ContentType) ? null : StatusCodes.Status415UnsupportedMediaType;
    }

    private async ValueTask<TRequest> ReadOneAsync(KestrelCall call)
    {
        try
        {
            var frames = new FrameReader(call.Http.Request.BodyReader, edge.MaxReceiveMessageSize);
            var request = await frames.ReadAsync(method.RequestMarshaller, call.CancellationToken)
                ?? throw new RpcException(new Status(StatusCode.Unimplemented, "The call has no request message."));
            if (!await frames.EndsHereAsync(call.CancellationToken))
                throw new RpcException(new Status(StatusCode.Unimplemented, "The call has more than one request message."));
            return request;
        }
        catch (IOException fault) when (fault is not BadHttpRequestException)
        {
            // A body that breaks off is the caller's going away, and may be seen before the request is known to be aborted.
            throw new ConnectionResetException("The request broke off.", fault);
        }
    }

    private static (TService Service, bool Made) Resolve(IServiceProvider scope) =>
        scope.GetService<TService>() is { } registered ? (registered, false) : (Make(scope, arguments: null), true);

    private static async ValueTask DisposeAsync(TService service)
    {
        if (service is IAsyncDisposable asynchronous)
            await asynchronous.DisposeAsync();
        else
            (service as IDisposable)?.Dispose();
    }
}

/// <summary>One request, one response.</summary>
internal sealed class UnaryEndpoint<TService, TRequest, TResponse>(
    ServerEdge edge, Method<TRequest, TResponse> method, TimeSpan? longest, Func<TService, TRequest, ServerCallContext, Task<TResponse>> invoke)
    : MethodEndpoint<TService, TRequest, TResponse>(edge, method, longest)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override async Task RunAsync(TService service, TRequest request, KestrelCall call)
    {
        var response = await invoke(service, request, call) ?? throw new RpcException(new Status(StatusCode.Cancelled, "The service returned no message."));
        // A service may set a status instead of throwing; then there is no message to send.
        if (call.Status.StatusCode == StatusCode.OK)
            call.WriteLast(Method.ResponseMarshaller, response);
    }
}

/// <summary>One request, many responses.</summary>
internal sealed class ServerStreamingEndpoint<TService, TRequest, TResponse>(
    ServerEdge edge, Method<TRequest, TResponse> method, TimeSpan? longest, Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> invoke)
    : MethodEndpoint<TService, TRequest, TResponse>(edge, method, longest)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    protected override Task RunAsync(TService service, TRequest request, KestrelCall call) =>
        invoke(service, request, new ResponseWriter<TResponse>(call, Method.ResponseMarshaller), call);
}

/// <summary>The responses of a server-streaming call, each flushed as it is written.</summary>
internal sealed class ResponseWriter<TResponse>(KestrelCall call, Marshaller<TResponse> marshaller) : IServerStreamWriter<TResponse>
    where TResponse : class
{
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return call.WriteAsync(marshaller, message, cancellationToken);
    }
}
