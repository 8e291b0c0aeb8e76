using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        var served = new Held();
        await using var host = await RpcHost.StartAsync(served.Service);
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(300);

        var refusal = await Assert.ThrowsAsync<RpcException>(() =>
            host.Client.UnaryCallAsync(new SimpleRequest(), deadline: deadline).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
        if (served.Begun.CurrentCount > 0) // On a slow machine the time may be up before the service is reached.
            await served.Ended.Task.WaitAsync(RpcHost.Patience);
    }

    [Fact]
    public async Task The_client_ends_the_call_at_its_deadline_whatever_the_server_does()
    {
        var served = new Held();
        await using var host = await RpcHost.StartAsync(served.Service);
        var (time, client) = ClientWithItsOwnClock(host);

        using var unary = client.UnaryCallAsync(new SimpleRequest(), deadline: time.GetUtcNow().UtcDateTime + Hour);
        using var stream = client.StreamingOutputCall(new StreamingOutputCallRequest(), deadline: time.GetUtcNow().UtcDateTime + Hour);
        var reading = stream.ResponseStream.MoveNext();
        await served.Begun.WaitAsync(RpcHost.Patience);
        await served.Begun.WaitAsync(RpcHost.Patience);
        time.Advance(Hour);

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => unary.ResponseAsync.WaitAsync(RpcHost.Patience))).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => reading.WaitAsync(RpcHost.Patience))).StatusCode);
        await served.Ended.Task.WaitAsync(RpcHost.Patience);
    }

    [Fact]
    public async Task The_server_answers_at_the_deadline_though_the_service_does_not_heed_it()
    {
        var (begun, letGo) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new ManualTime();
        await using var host = await RpcHost.StartAsync(
            new Scripted
            {
                Unary = async (_, context) =>
                {
                    context.ResponseTrailers.Add("x-unfinished", "1");
                    context.CancellationToken.Register(() => throw new InvalidDataException("a careless callback"));
                    begun.SetResult();
                    await letGo.Task;
                    return new SimpleResponse();
                },
            },
            services: services => services.AddSingleton<TimeProvider>(time));

        var reply = RawGrpc.PostAsync(host.Address, headers: [("grpc-timeout", "1H")]);
        await begun.Task.WaitAsync(RpcHost.Patience);
        time.Advance(Hour);

        Assert.Equal("4", (await reply.WaitAsync(RpcHost.Patience)).GrpcStatus);
        letGo.SetResult();
        Assert.Contains("a careless callback", Assert.Single(host.TakeErrors()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_ends_a_stream_at_the_deadline_and_keeps_what_was_sent()
    {
        var (begun, tokenFired) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new ManualTime();
        await using var host = await RpcHost.StartAsync(
            new Scripted
            {
                Streaming = async (_, responses, context) =>
                {
                    await responses.WriteAsync(new StreamingOutputCallResponse());
                    context.CancellationToken.Register(tokenFired.SetResult);
                    begun.SetResult();
                    await tokenFired.Task;
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => responses.WriteAsync(new StreamingOutputCallResponse()));
                },
            },
            services: services => services.AddSingleton<TimeProvider>(time));

        var reply = RawGrpc.PostAsync(host.Address, RawGrpc.StreamingPath, headers: [("grpc-timeout", "3600S")]);
        await begun.Task.WaitAsync(RpcHost.Patience);
        time.Advance(Hour);

        var ended = await reply.WaitAsync(RpcHost.Patience);
        Assert.Equal("4", ended.GrpcStatus);
        Assert.Equal(RawGrpc.EmptyFrame, ended.Body);
    }

    [Fact]
    public async Task A_deadline_frees_a_service_whose_caller_does_not_read()
    {
        var freed = new TaskCompletionSource<Exception>();
        var (begun, time) = (new TaskCompletionSource(), new ManualTime());
        await using var host = await RpcHost.StartAsync(
            new Scripted
            {
                Streaming = async (_, responses, _) =>
                {
                    try
                    {
                        begun.SetResult();
                        for (var i = 0; i < 1000; i++)
                            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Scripted.Zeros(100_000) });
                    }
                    catch (Exception exception)
                    {
                        freed.SetResult(exception);
                        throw;
                    }
                },
            },
            services: services => services.AddSingleton<TimeProvider>(time));
        using var channel = GrpcChannel.ForAddress(host.Address);

        // This channel keeps real time, in which the deadline is far; the server's clock is moved to it.
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(
            new StreamingOutputCallRequest(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Hour);
        await call.ResponseHeadersAsync.WaitAsync(RpcHost.Patience);
        await begun.Task.WaitAsync(RpcHost.Patience);
        time.Advance(Hour);

        Assert.IsAssignableFrom<OperationCanceledException>(await freed.Task.WaitAsync(RpcHost.Patience));
    }

    [Fact]
    public async Task The_service_knows_the_deadline()
    {
        var serverTime = new ManualTime();
        await using var host = await RpcHost.StartAsync(
            new Scripted { Unary = (_, context) => Task.FromResult(new SimpleResponse { Username = context.Deadline.ToString("O", CultureInfo.InvariantCulture) }) },
            services: services => services.AddSingleton<TimeProvider>(serverTime));

        async Task<DateTime> SeenAsync((string, string)[] headers)
        {
            var reply = await RawGrpc.PostAsync(host.Address, headers: headers);
            return DateTime.Parse(SimpleResponse.Parser.ParseFrom(reply.Body.AsSpan(5)).Username, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
        }

        Assert.Equal(DateTime.MaxValue, await SeenAsync([]));
        Assert.Equal(serverTime.GetUtcNow().UtcDateTime.AddMilliseconds(2000), await SeenAsync([("grpc-timeout", "2000m")]));
        Assert.Equal(serverTime.GetUtcNow().UtcDateTime.AddHours(99_999_999d / 10_000), await SeenAsync([("grpc-timeout", "35999999S")]), TimeSpan.FromSeconds(1));
        Assert.Equal(DateTime.MaxValue, await SeenAsync([("grpc-timeout", "99999999H")]));
    }

    [Fact]
    public async Task A_call_whose_deadline_has_passed_is_not_sent()
    {
        var served = new Held();
        await using var host = await RpcHost.StartAsync(served.Service);

        var refusal = await Assert.ThrowsAsync<RpcException>(() =>
            host.Client.UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UnixEpoch).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, refusal.StatusCode);
        Assert.True(InfoLink.Rpc.Delivery.NeverReachedServer(refusal));
        Assert.Equal(0, served.Begun.CurrentCount);
    }

    [Fact]
    public async Task A_timeout_of_nothing_has_passed()
    {
        await using var host = await RpcHost.StartAsync(new Scripted { Unary = (_, _) => throw new InvalidOperationException("The service was reached.") });

        Assert.Equal("4", (await RawGrpc.PostAsync(host.Address, headers: [("grpc-timeout", "0S")])).GrpcStatus);
    }

    [Fact]
    public async Task A_deadline_in_local_time_is_a_mistake()
    {
        await using var host = await RpcHost.StartAsync();

        Assert.Throws<InvalidOperationException>(() => host.Client.UnaryCallAsync(new SimpleRequest(), deadline: new DateTime(2999, 1, 1, 0, 0, 0, DateTimeKind.Local)));
    }

    [Fact]
    public async Task A_call_that_ended_in_time_is_not_touched_by_its_deadline()
    {
        await using var host = await RpcHost.StartAsync();
        var (time, client) = ClientWithItsOwnClock(host);

        using var call = client.UnaryCallAsync(new SimpleRequest(), deadline: time.GetUtcNow().UtcDateTime + Hour);
        await call.ResponseAsync.WaitAsync(RpcHost.Patience);
        time.Advance(Hour);

        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static (ManualTime Time, TestService.TestServiceClient Client) ClientWithItsOwnClock(RpcHost host)
    {
        var time = new ManualTime();
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time).BuildServiceProvider();
        return (time, new TestService.TestServiceClient(GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { ServiceProvider = services })));
    }
}
