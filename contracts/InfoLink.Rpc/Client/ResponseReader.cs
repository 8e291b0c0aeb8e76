using System.IO.Pipelines;
using Grpc.Core;
using InfoLink.Rpc.Wire;

namespace InfoLink.Rpc.Client;

/// <summary>The responses of a server-streaming call, read from the connection as they are asked for.</summary>
internal sealed class ResponseReader<TResponse>(HttpCall call, Marshaller<TResponse> marshaller, Task<HttpResponseMessage?> sending) : IAsyncStreamReader<TResponse>
    where TResponse : class
{
    private PipeReader? _body;
    private FrameReader? _frames;
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("No message has been read.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        call.BeginReading();
        try
        {
            using var registration = cancellationToken.UnsafeRegister(
                static call => ((HttpCall)call!).GiveUp(new Status(StatusCode.Cancelled, "The caller cancelled the read.")), call);
            _current = await sending is { } response ? await ReadAsync(response) : null;
        }
        finally
        {
            call.EndReading();
        }

        if (_current is not null)
            return true;
        return call.Failure() is { } failure ? throw failure : false;
    }

    private async Task<TResponse?> ReadAsync(HttpResponseMessage response)
    {
        if (call.Stop.IsCancellationRequested)
            return null; // It has ended: once the status is out, no further message is given.
        try
        {
            _body ??= PipeReader.Create(await response.Content.ReadAsStreamAsync(call.Stop), ResponseBody.Options);
            _frames ??= new FrameReader(_body, call.MaxReceiveMessageSize);
            if (await _frames.ReadAsync(marshaller, call.Stop) is { } message)
                return message;
            await _body.CompleteAsync();
            call.EndByTrailers(response);
        }
        catch (Exception fault)
        {
            call.EndByFault(fault);
        }

        return null;
    }
}
