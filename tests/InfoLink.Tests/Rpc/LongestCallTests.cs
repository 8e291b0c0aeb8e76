using Grpc.Core;
using Grpc.Testing;
using InfoLink.Rpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class LongestCallTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(null)]
    [InlineData("1H")]
    public async Task A_call_ends_at_the_servers_maximum_whatever_its_caller_wants(string? timeout)
    {
        var served = new Held();
        await using var host = await StartAsync(served.Service);
        var reply = RawGrpc.PostAsync(host.Address, headers: timeout is null ? [] : [("grpc-timeout", timeout)]);
        await served.Begun.WaitAsync(RpcHost.Patience);
        _time.Advance(Minute);

        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", (await reply.WaitAsync(RpcHost.Patience)).GrpcStatus);
        await served.Ended.Task.WaitAsync(RpcHost.Patience);
    }

    [Fact]
    public async Task A_caller_that_wants_less_gets_less()
    {
        var served = new Held();
        await using var host = await StartAsync(served.Service);
        var reply = RawGrpc.PostAsync(host.Address, headers: [("grpc-timeout", "5S")]);
        await served.Begun.WaitAsync(RpcHost.Patience);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", (await reply.WaitAsync(RpcHost.Patience)).GrpcStatus);
    }

    [Fact]
    public async Task A_method_with_a_maximum_of_its_own_keeps_to_that_and_one_without_end_goes_on()
    {
        var served = new Held();
        await using var host = await StartAsync(served.Service, map: app => app.MapGrpcService<Lasting>());
        var unary = RawGrpc.PostAsync(host.Address);
        await served.Begun.WaitAsync(RpcHost.Patience);
        using var stream = host.Client.StreamingOutputCall(new StreamingOutputCallRequest { ResponseParameters = { new ResponseParameters { Size = 1 } } });
        Assert.True(await stream.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        await served.Begun.WaitAsync(RpcHost.Patience);

        _time.Advance(Minute);
        Assert.False(unary.IsCompleted);
        _time.Advance(Minute);
        Assert.Equal($"{(int)StatusCode.DeadlineExceeded}", (await unary.WaitAsync(RpcHost.Patience)).GrpcStatus);
        Assert.Null(Lasting.DeadlineOfStream);

        var next = stream.ResponseStream.MoveNext();
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(next.IsCompleted);
        stream.Dispose();
        await Assert.ThrowsAsync<RpcException>(() => next.WaitAsync(RpcHost.Patience));
    }

    [Fact]
    public async Task A_service_sees_the_maximum_as_its_deadline()
    {
        DateTime? deadline = null;
        await using var host = await StartAsync(new Scripted
        {
            Unary = (_, context) =>
            {
                deadline = context.Deadline;
                return Task.FromResult(new SimpleResponse());
            },
        });

        await host.Client.UnaryCallAsync(new SimpleRequest());

        Assert.Equal(_time.GetUtcNow().UtcDateTime + Minute, deadline);
    }

    private Task<RpcHost> StartAsync(Scripted service, Action<WebApplication>? map = null) => RpcHost.StartAsync(
        service, grpc => grpc.LongestCall = Minute, services => services.AddSingleton<TimeProvider>(_time).AddSingleton<Lasting>(), map);

    /// <summary>Two minutes for each call, and for the stream as long as anybody listens.</summary>
    [LongestCall(120)]
    private sealed class Lasting(Scripted service) : TestService.TestServiceBase
    {
        public static DateTime? DeadlineOfStream { get; private set; }

        public override Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context) => service.UnaryCall(request, context);

        [LongestCall(LongestCallAttribute.Unlimited)]
        public override Task StreamingOutputCall(
            StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
        {
            DeadlineOfStream = context.Deadline == DateTime.MaxValue ? null : context.Deadline;
            return service.StreamingOutputCall(request, responseStream, context);
        }
    }
}
