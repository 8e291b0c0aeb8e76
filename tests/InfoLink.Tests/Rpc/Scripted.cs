using Grpc.Core;
using Grpc.Testing;

namespace InfoLink.Tests.Rpc;

/// <summary>A service that does what the test says.</summary>
internal sealed class Scripted : TestService.TestServiceBase
{
    public Func<SimpleRequest, ServerCallContext, Task<SimpleResponse>> Unary { get; init; } = (_, _) => Task.FromResult(new SimpleResponse());

    public Func<StreamingOutputCallRequest, IServerStreamWriter<StreamingOutputCallResponse>, ServerCallContext, Task> Streaming { get; init; } =
        (_, _, _) => Task.CompletedTask;

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(request);

    public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => Unary(request, context);

    public override Task StreamingOutputCall(
        StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context) =>
        Streaming(request, responseStream, context);

    /// <summary>A response or request payload of so many zeros.</summary>
    public static Payload Zeros(int size) => new() { Body = Google.Protobuf.ByteString.CopyFrom(new byte[size]) };
}
