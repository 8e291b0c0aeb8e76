using Grpc.Core;
using Grpc.Testing;

namespace InfoLink.Tests.Rpc;

/// <summary>A service whose calls go on until their token fires.</summary>
internal sealed class Held
{
    public Held() => Service = new Scripted
    {
        Unary = async (_, context) =>
        {
            await UntilCancelledAsync(context);
            return new SimpleResponse();
        },
        Streaming = async (request, responses, context) =>
        {
            foreach (var parameters in request.ResponseParameters)
                await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Scripted.Zeros(parameters.Size) });
            await UntilCancelledAsync(context);
        },
    };

    public Scripted Service { get; }

    /// <summary>One release for each call that reached the service.</summary>
    public SemaphoreSlim Begun { get; } = new(0);

    /// <summary>Done when the first call was told to end.</summary>
    public TaskCompletionSource Ended { get; } = new();

    private async Task UntilCancelledAsync(ServerCallContext context)
    {
        Begun.Release();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.CancellationToken);
        }
        finally
        {
            Ended.TrySetResult();
        }
    }
}
