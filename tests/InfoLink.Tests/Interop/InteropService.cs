using Grpc.Core;
using Grpc.Testing;

namespace InfoLink.Tests.Interop;

/// <summary>The interop service as its description asks for it (grpc/grpc <c>doc/interop-test-descriptions.md</c>), as far as it is in profile.</summary>
internal sealed class InteropService : TestService.TestServiceBase
{
    private const string EchoInitial = "x-grpc-test-echo-initial";
    private const string EchoTrailing = "x-grpc-test-echo-trailing-bin";

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        EndWith(request.ResponseStatus);
        return new SimpleResponse { Payload = Payload(request.ResponseType, request.ResponseSize) };
    }

    public override async Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        EndWith(request.ResponseStatus);
        foreach (var parameters in request.ResponseParameters)
        {
            await Task.Delay(TimeSpan.FromMicroseconds(parameters.IntervalUs), TimeProvider.System, context.CancellationToken);
            await responseStream.WriteAsync(new StreamingOutputCallResponse { Payload = Payload(request.ResponseType, parameters.Size) });
        }
    }

    private static async Task EchoMetadataAsync(ServerCallContext context)
    {
        foreach (var entry in context.RequestHeaders.GetAll(EchoTrailing))
            context.ResponseTrailers.Add(entry);
        var initial = new Metadata();
        foreach (var entry in context.RequestHeaders.GetAll(EchoInitial))
            initial.Add(entry);
        if (initial.Count > 0)
            await context.WriteResponseHeadersAsync(initial);
    }

    private static void EndWith(EchoStatus? status)
    {
        if (status is { Code: not 0 })
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
    }

    private static Payload Payload(PayloadType type, int size) => type == PayloadType.Compressable
        ? new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[size]) }
        : throw new RpcException(new Status(StatusCode.InvalidArgument, "Only COMPRESSABLE payloads."));
}
