using System.IO.Pipelines;
using Grpc.Core;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>One request, one response: any other number of responses under OK is UNIMPLEMENTED.</summary>
internal static class UnaryCall
{
    public static async Task<TResponse> RunAsync<TRequest, TResponse>(HttpCall call, Method<TRequest, TResponse> method, string? host, TRequest request)
        where TResponse : class
    {
        TResponse? message = null;
        if (await call.SendAsync(method, host, request) is { } response)
            message = await ReadAsync(call, method.ResponseMarshaller, response);
        if (call.Failure() is { } failure)
            throw failure;
        return message!;
    }

    private static async Task<TResponse?> ReadAsync<TResponse>(HttpCall call, Marshaller<TResponse> marshaller, HttpResponseMessage response)
        where TResponse : class
    {
        call.BeginReading();
        try
        {
            var body = PipeReader.Create(await response.Content.ReadAsStreamAsync(call.Stop), ResponseBody.Options);
            var frames = new FrameReader(body, call.MaxReceiveMessageSize);
            var message = await frames.ReadAsync(marshaller, call.Stop);
            if (message is not null && !await frames.EndsHereAsync(call.Stop))
                throw new RpcException(new Status(StatusCode.Unimplemented, "The server sent more than one response."));
            call.LacksMessage = message is null;
            await body.CompleteAsync();
            call.EndByTrailers(response);
            return message;
        }
        catch (Exception fault)
        {
            call.EndByFault(fault);
            return null;
        }
        finally
        {
            call.EndReading();
        }
    }
}

/// <summary>How response bodies are read.</summary>
internal static class ResponseBody
{
    // An HTTP/2 data frame is 16 KiB unless negotiated otherwise: one read, one segment.
    public static readonly StreamPipeReaderOptions Options = new(bufferSize: 16 * 1024, minimumReadSize: 1024);
}
