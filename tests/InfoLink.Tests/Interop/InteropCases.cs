using Grpc.Core;
using Grpc.Testing;
using InfoLink.Tests.Rpc;
using Xunit;

namespace InfoLink.Tests.Interop;

/// <summary>The cases of the interop description that are in profile, from our client's side.</summary>
internal sealed class InteropCases(TestService.TestServiceClient client, UnimplementedService.UnimplementedServiceClient unserved)
{
    private const int RequestSize = 271828;
    private const int ResponseSize = 314159;
    private const string Special = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

    private static DateTime InGoodTime => TimeProvider.System.GetUtcNow().UtcDateTime + RpcHost.Patience;

    public async Task RunAllAsync()
    {
        await EmptyUnaryAsync();
        await LargeUnaryAsync();
        await ServerStreamingAsync();
        await StatusCodeAndMessageAsync("test status message");
        await StatusCodeAndMessageAsync(Special);
        await UnimplementedAsync();
        await CustomMetadataAsync();
        await TimeoutOnSleepingServerAsync();
        await CancelAfterBeginAsync();
        await CancelAfterFirstResponseAsync();
        for (var i = 0; i < 100; i++)
            await LargeUnaryAsync();
    }

    public async Task LargeUnaryAsync()
    {
        var response = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = ResponseSize, Payload = Scripted.Zeros(RequestSize) }, deadline: InGoodTime);
        Assert.Equal(new byte[ResponseSize], response.Payload.Body.ToByteArray());
    }

    private async Task EmptyUnaryAsync() => Assert.Equal(new Empty(), await client.EmptyCallAsync(new Empty(), deadline: InGoodTime));

    private async Task ServerStreamingAsync()
    {
        int[] sizes = [31415, 9, 2653, 58979];
        using var call = client.StreamingOutputCall(Streaming(TimeSpan.Zero, sizes), deadline: InGoodTime);
        var received = new List<int>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
            received.Add(response.Payload.Body.Length);
        Assert.Equal(sizes, received);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private async Task StatusCodeAndMessageAsync(string message)
    {
        var status = new EchoStatus { Code = (int)StatusCode.Unknown, Message = message };
        var unary = await RefusedAsync(() => client.UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, deadline: InGoodTime).ResponseAsync);
        Assert.Equal((StatusCode.Unknown, message), (unary.StatusCode, unary.Status.Detail));
        using var call = client.StreamingOutputCall(new StreamingOutputCallRequest { ResponseStatus = status }, deadline: InGoodTime);
        var stream = await RefusedAsync(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.Unknown, message), (stream.StatusCode, stream.Status.Detail));
    }

    private async Task UnimplementedAsync()
    {
        Assert.Equal(StatusCode.Unimplemented, (await RefusedAsync(() => client.UnimplementedCallAsync(new Empty(), deadline: InGoodTime).ResponseAsync)).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, (await RefusedAsync(() => unserved.UnimplementedCallAsync(new Empty(), deadline: InGoodTime).ResponseAsync)).StatusCode);
    }

    private async Task CustomMetadataAsync()
    {
        var sent = new Metadata
        {
            { "x-grpc-test-echo-initial", "test_initial_metadata_value" },
            { "x-grpc-test-echo-trailing-bin", [0xab, 0xab, 0xab] },
        };
        using var unary = client.UnaryCallAsync(new SimpleRequest { ResponseSize = ResponseSize, Payload = Scripted.Zeros(RequestSize) }, sent, InGoodTime);
        await unary;
        Check(await unary.ResponseHeadersAsync, unary.GetTrailers());

        using var stream = client.StreamingOutputCall(Streaming(TimeSpan.Zero, 9), sent, InGoodTime);
        Assert.True(await stream.ResponseStream.MoveNext());
        Assert.False(await stream.ResponseStream.MoveNext());
        Check(await stream.ResponseHeadersAsync, stream.GetTrailers());

        static void Check(Metadata headers, Metadata trailers)
        {
            Assert.Equal("test_initial_metadata_value", headers.GetValue("x-grpc-test-echo-initial"));
            Assert.Equal([0xab, 0xab, 0xab], Assert.Single(trailers.GetAll("x-grpc-test-echo-trailing-bin")).ValueBytes);
        }
    }

    private async Task TimeoutOnSleepingServerAsync()
    {
        using var call = client.StreamingOutputCall(
            Streaming(RpcHost.Patience, 9), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(100));
        Assert.Equal(StatusCode.DeadlineExceeded, (await RefusedAsync(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    private async Task CancelAfterBeginAsync()
    {
        using var giveUp = new CancellationTokenSource();
        using var call = client.StreamingOutputCall(Streaming(RpcHost.Patience, 9), deadline: InGoodTime, cancellationToken: giveUp.Token);
        await giveUp.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await RefusedAsync(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    private async Task CancelAfterFirstResponseAsync()
    {
        using var giveUp = new CancellationTokenSource();
        using var call = client.StreamingOutputCall(Streaming(TimeSpan.FromMilliseconds(1), 31415, 9, 2653, 58979), deadline: InGoodTime, cancellationToken: giveUp.Token);
        Assert.True(await call.ResponseStream.MoveNext());
        await giveUp.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await RefusedAsync(() => call.ResponseStream.MoveNext())).StatusCode);
    }

    private static StreamingOutputCallRequest Streaming(TimeSpan interval, params int[] sizes) => new()
    {
        ResponseParameters = { sizes.Select(size => new ResponseParameters { Size = size, IntervalUs = (int)interval.TotalMicroseconds }) },
    };

    private static Task<RpcException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<RpcException>(call);
}
