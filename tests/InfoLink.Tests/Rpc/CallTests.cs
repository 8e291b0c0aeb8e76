using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class CallTests
{
    [Fact]
    public async Task A_request_gets_its_response()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (request, _) => Task.FromResult(new SimpleResponse { Payload = Scripted.Zeros(request.ResponseSize), Username = "someone" }),
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest { ResponseSize = 3 });
        var response = await call.ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal("someone", response.Username);
        Assert.Equal(3, response.Payload.Body.Length);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(call.GetTrailers());
    }

    [Fact]
    public async Task A_message_of_no_bytes_is_a_message()
    {
        await using var host = await RpcHost.StartAsync();

        Assert.NotNull(await host.Client.EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience));
        Assert.NotNull(host.Client.EmptyCall(new Empty()));
    }

    [Fact]
    public async Task Messages_larger_than_the_flow_control_windows_pass_both_ways()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (request, _) => Task.FromResult(new SimpleResponse { Payload = Scripted.Zeros(request.Payload.Body.Length * 2) }),
        });

        var response = await host.Client.UnaryCallAsync(new SimpleRequest { Payload = Scripted.Zeros(1_500_000) }).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal(3_000_000, response.Payload.Body.Length);
    }

    [Fact]
    public async Task A_stream_gives_its_messages_in_order_and_then_ends()
    {
        int[] sizes = [31415, 0, 9, 2653, 58979, 200_000];
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Streaming = async (_, responses, _) =>
            {
                foreach (var size in sizes)
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Scripted.Zeros(size) });
            },
        });

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        var received = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync().WithCancellation(new CancellationTokenSource(RpcHost.Patience).Token))
            received.Add(response.Payload.Body.Length);

        Assert.Equal(sizes, received);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_stream_without_messages_ends_in_OK()
    {
        await using var host = await RpcHost.StartAsync();

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());

        Assert.False(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        Assert.False(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Calls_in_parallel_keep_their_answers_apart()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = async (request, _) =>
            {
                await Task.Yield();
                return new SimpleResponse { Username = $"{request.ResponseSize}" };
            },
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(async number =>
            (number, answer: await host.Client.UnaryCallAsync(new SimpleRequest { ResponseSize = number })))).WaitAsync(RpcHost.Patience);

        Assert.All(answers, pair => Assert.Equal($"{pair.number}", pair.answer.Username));
    }

    [Fact]
    public async Task The_status_of_a_running_call_cannot_be_asked()
    {
        var go = new TaskCompletionSource();
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = async (_, _) =>
            {
                await go.Task.WaitAsync(RpcHost.Patience);
                return new SimpleResponse();
            },
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest());

        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
        go.SetResult();
        await call.ResponseAsync.WaitAsync(RpcHost.Patience);
    }

    [Fact]
    public async Task Streams_of_requests_are_refused_by_the_client_before_anything_is_sent()
    {
        await using var host = await RpcHost.StartAsync();

        Assert.Equal(StatusCode.Unimplemented, Assert.Throws<RpcException>(() => host.Client.StreamingInputCall()).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, Assert.Throws<RpcException>(() => host.Client.FullDuplexCall()).StatusCode);
    }

    [Fact]
    public async Task An_unregistered_service_is_made_and_disposed_for_each_call()
    {
        var made = new List<PerCall>();
        await using var host = await RpcHost.StartAsync(
            services: services => services.AddSingleton(made),
            map: app => app.MapGrpcService<PerCall>());

        await host.Client.EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience);
        await host.Client.EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal(2, made.Count);
        await Task.WhenAll(made.Select(service => service.Disposed.Task)).WaitAsync(RpcHost.Patience);
    }

    [Fact]
    public async Task What_is_no_generated_service_cannot_be_mapped() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => RpcHost.StartAsync(map: app => app.MapGrpcService<List<string>>()));

    private sealed class PerCall : TestService.TestServiceBase, IDisposable
    {
        public PerCall(List<PerCall> made) => made.Add(this);

        public TaskCompletionSource Disposed { get; } = new();

        public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(request);

        public void Dispose() => Disposed.SetResult();
    }
}
