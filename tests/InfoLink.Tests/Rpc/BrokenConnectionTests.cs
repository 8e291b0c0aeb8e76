using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using InfoLink.Rpc;
using Xunit;

namespace InfoLink.Tests.Rpc;

/// <summary>What a client concludes when the connection or the stream breaks, and whether it may repeat the call.</summary>
public sealed class BrokenConnectionTests
{
    private static readonly byte[] EmptyMessage = RawGrpc.EmptyFrame;

    [Theory]
    [InlineData(0x1u, StatusCode.Internal, false)]
    [InlineData(0x2u, StatusCode.Internal, false)]
    [InlineData(0x7u, StatusCode.Unavailable, true)]
    [InlineData(0x8u, StatusCode.Cancelled, false)]
    [InlineData(0xbu, StatusCode.ResourceExhausted, false)]
    [InlineData(0xcu, StatusCode.PermissionDenied, false)]
    public async Task A_reset_stream_says_why_and_only_a_refused_one_was_never_delivered(uint error, StatusCode expected, bool neverReached)
    {
        await using var server = new BareHttp2Server((connection, stream) => connection.ResetAsync(stream, error));

        var failure = await FailAsync(server.Address);

        Assert.Equal(expected, failure.StatusCode);
        Assert.Equal(neverReached, failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_stream_refused_once_is_sent_again_by_itself()
    {
        var refused = false;
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            if (!refused)
            {
                refused = true;
                await connection.ResetAsync(stream, 0x7);
                return;
            }

            await AnswerAsync(connection, stream);
        });
        using var channel = GrpcChannel.ForAddress(server.Address);

        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task After_a_goaway_the_next_call_takes_a_new_connection()
    {
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            await AnswerAsync(connection, stream);
            await connection.GoAwayAsync(stream, 0);
        });
        using var channel = GrpcChannel.ForAddress(server.Address);
        var client = new TestService.TestServiceClient(channel);

        for (var i = 0; i < 5; i++)
            await client.EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.InRange(server.Requests, 5, 10); // A call that crossed the goaway was sent twice, and answered once.
    }

    [Fact]
    public async Task A_reset_after_the_headers_ends_the_call()
    {
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            await connection.SendHeadersAsync(stream);
            await connection.ResetAsync(stream, 0x2);
        });

        Assert.Equal(StatusCode.Internal, (await FailAsync(server.Address)).StatusCode);
    }

    [Fact]
    public async Task A_reset_inside_a_message_ends_the_call()
    {
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            await connection.SendHeadersAsync(stream);
            await connection.SendDataAsync(stream, [0, 0, 0, 0, 10, 1]);
            await connection.ResetAsync(stream, 0x2);
        });

        Assert.Equal(StatusCode.Internal, (await FailAsync(server.Address)).StatusCode);
    }

    [Fact]
    public async Task A_reset_after_the_message_is_no_success()
    {
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            await connection.SendHeadersAsync(stream);
            await connection.SendDataAsync(stream, EmptyMessage);
            await connection.ResetAsync(stream, 0x2);
        });

        Assert.Equal(StatusCode.Internal, (await FailAsync(server.Address)).StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_lost_under_a_call_is_UNAVAILABLE_and_may_have_been_delivered(bool afterHeaders)
    {
        await using var server = new BareHttp2Server(async (connection, stream) =>
        {
            if (afterHeaders)
                await connection.SendHeadersAsync(stream);
            connection.Close();
        });

        var failure = await FailAsync(server.Address);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.False(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_server_that_stops_under_a_call_is_UNAVAILABLE_and_may_have_been_delivered()
    {
        var served = new Held();
        await using var host = await RpcHost.StartAsync(served.Service);
        using var channel = GrpcChannel.ForAddress(host.Address);

        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        await served.Begun.WaitAsync(RpcHost.Patience);
        await host.StopAsync(TimeSpan.FromMilliseconds(100));

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(RpcHost.Patience));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.False(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_port_nobody_listens_on_is_UNAVAILABLE_and_never_reached()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var failure = await FailAsync(new Uri($"http://127.0.0.1:{port}"));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_name_nobody_has_is_UNAVAILABLE_and_never_reached()
    {
        var failure = await FailAsync(new Uri("http://nobody.invalid:1"));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_connection_that_does_not_come_about_in_time_is_UNAVAILABLE_and_never_reached()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(50),
            ConnectCallback = async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                throw new InvalidOperationException();
            },
        };

        var failure = await FailAsync(new Uri("http://localhost:1"), handler);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.True(failure.NeverReachedServer());
    }

    [Fact]
    public async Task A_peer_that_does_not_speak_HTTP2_ends_the_call()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = AcceptAsync();

        var failure = await FailAsync(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        Assert.Contains(failure.StatusCode, new[] { StatusCode.Internal, StatusCode.Unavailable });
        listener.Stop();
        await accepting;

        async Task AcceptAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            var wire = client.GetStream();
            await wire.WriteAsync("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"u8.ToArray());
            await wire.FlushAsync();
        }
    }

    private static async Task AnswerAsync(BareHttp2Server.Connection connection, int stream)
    {
        await connection.SendHeadersAsync(stream);
        await connection.SendDataAsync(stream, EmptyMessage);
        await connection.SendTrailersAsync(stream, 0);
    }

    private static async Task<RpcException> FailAsync(Uri address, HttpMessageHandler? handler = null)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler });
        return await Assert.ThrowsAsync<RpcException>(() =>
            new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience));
    }
}
