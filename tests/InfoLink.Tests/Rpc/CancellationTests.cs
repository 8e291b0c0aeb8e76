using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class CancellationTests
{
    private static readonly StreamingOutputCallRequest TwoMessages = new() { ResponseParameters = { new ResponseParameters { Size = 1 }, new ResponseParameters { Size = 2 } } };

    private readonly Held _served = new();

    [Fact]
    public async Task The_callers_token_ends_a_call_on_both_sides()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);
        using var giveUp = new CancellationTokenSource();

        using var call = host.Client.UnaryCallAsync(new SimpleRequest(), cancellationToken: giveUp.Token);
        await _served.Begun.WaitAsync(RpcHost.Patience);
        await giveUp.CancelAsync();

        await EndsCancelledAsync(call.ResponseAsync);
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task After_cancelling_a_stream_no_further_message_is_given()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);
        using var giveUp = new CancellationTokenSource();

        using var call = host.Client.StreamingOutputCall(TwoMessages, cancellationToken: giveUp.Token);
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        await _served.Begun.WaitAsync(RpcHost.Patience); // The second message is on its way.
        await giveUp.CancelAsync();

        await EndsCancelledAsync(call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task The_token_of_one_read_ends_the_call()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);
        using var giveUp = new CancellationTokenSource();

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        var reading = call.ResponseStream.MoveNext(giveUp.Token);
        await _served.Begun.WaitAsync(RpcHost.Patience);
        await giveUp.CancelAsync();

        await EndsCancelledAsync(reading);
    }

    [Fact]
    public async Task Disposing_a_call_ends_it_on_both_sides()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);

        var call = host.Client.StreamingOutputCall(TwoMessages);
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        call.Dispose();

        await EndsCancelledAsync(call.ResponseStream.MoveNext());
        call.Dispose();
    }

    [Fact]
    public async Task Closing_a_channel_ends_its_calls()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);
        var channel = GrpcChannel.ForAddress(host.Address);

        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        await _served.Begun.WaitAsync(RpcHost.Patience);
        await channel.ShutdownAsync().WaitAsync(RpcHost.Patience);

        await EndsCancelledAsync(call.ResponseAsync);
    }

    [Fact]
    public async Task A_token_that_fired_before_sends_nothing()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);

        var refusal = await Assert.ThrowsAsync<RpcException>(() =>
            host.Client.UnaryCallAsync(new SimpleRequest(), cancellationToken: new CancellationToken(canceled: true)).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(StatusCode.Cancelled, refusal.StatusCode);
        Assert.True(InfoLink.Rpc.Delivery.NeverReachedServer(refusal));
    }

    [Fact]
    public async Task Two_reads_at_one_time_are_a_mistake()
    {
        await using var host = await RpcHost.StartAsync(_served.Service);

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());
        var first = call.ResponseStream.MoveNext();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.ResponseStream.MoveNext());
        await _served.Begun.WaitAsync(RpcHost.Patience);
        call.Dispose();
        await EndsCancelledAsync(first);
    }

    private async Task EndsCancelledAsync(Task call)
    {
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(RpcHost.Patience))).StatusCode);
        await _served.Ended.Task.WaitAsync(RpcHost.Patience);
    }
}
