using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using InfoLink.Rpc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class LimitTests
{
    private const int Limit = 1000;

    [Theory]
    [InlineData(Limit, StatusCode.OK)]
    [InlineData(Limit + 1, StatusCode.ResourceExhausted)]
    public async Task A_request_may_be_as_large_as_the_servers_limit_and_no_larger(int size, StatusCode expected)
    {
        await using var host = await RpcHost.StartAsync(grpc: grpc => grpc.MaxReceiveMessageSize = Limit);

        Assert.Equal(expected, (await EndAsync(host.Client, Request(size))).StatusCode);
    }

    [Theory]
    [InlineData(Limit, StatusCode.OK)]
    [InlineData(Limit + 1, StatusCode.ResourceExhausted)]
    public async Task A_response_may_be_as_large_as_the_servers_limit_and_no_larger(int size, StatusCode expected)
    {
        await using var host = await RpcHost.StartAsync(Answering(size), grpc => grpc.MaxSendMessageSize = Limit);

        Assert.Equal(expected, (await EndAsync(host.Client, new SimpleRequest())).StatusCode);
    }

    [Theory]
    [InlineData(Limit, StatusCode.OK)]
    [InlineData(Limit + 1, StatusCode.ResourceExhausted)]
    public async Task A_response_may_be_as_large_as_the_clients_limit_and_no_larger(int size, StatusCode expected)
    {
        await using var host = await RpcHost.StartAsync(Answering(size));
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { MaxReceiveMessageSize = Limit });

        Assert.Equal(expected, (await EndAsync(new TestService.TestServiceClient(channel), new SimpleRequest())).StatusCode);
    }

    [Theory]
    [InlineData(Limit, StatusCode.OK)]
    [InlineData(Limit + 1, StatusCode.ResourceExhausted)]
    public async Task A_request_over_the_clients_limit_is_not_sent(int size, StatusCode expected)
    {
        await using var host = await RpcHost.StartAsync();
        using var channel = GrpcChannel.ForAddress(host.Address, new GrpcChannelOptions { MaxSendMessageSize = Limit });

        var ended = await EndAsync(new TestService.TestServiceClient(channel), Request(size));

        Assert.Equal(expected, ended.StatusCode);
        Assert.Equal(expected != StatusCode.OK, new RpcException(ended).NeverReachedServer());
    }

    [Fact]
    public async Task Kestrels_own_limit_on_bodies_holds_too()
    {
        await using var host = await RpcHost.StartAsync(kestrel: kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = Limit;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });

        Assert.Equal(StatusCode.ResourceExhausted, (await EndAsync(host.Client, Request(2 * Limit))).StatusCode);
    }

    [Fact]
    public async Task A_response_over_the_limit_in_a_stream_keeps_those_before_it()
    {
        await using var host = await RpcHost.StartAsync(
            new Scripted
            {
                Streaming = async (_, responses, _) =>
                {
                    await responses.WriteAsync(new StreamingOutputCallResponse());
                    await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Scripted.Zeros(Limit) });
                },
            },
            grpc => grpc.MaxSendMessageSize = Limit);

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());

        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        Assert.Equal(
            StatusCode.ResourceExhausted,
            (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience))).StatusCode);
    }

    // A payload of so many zeros makes messages a few bytes larger: the field headers of payload and body.
    private static SimpleRequest Request(int size)
    {
        var request = new SimpleRequest { Payload = Scripted.Zeros(size) };
        request.Payload = Scripted.Zeros(size - (request.CalculateSize() - size));
        Assert.Equal(size, request.CalculateSize());
        return request;
    }

    private static Scripted Answering(int size) => new()
    {
        Unary = (_, _) => Task.FromResult(new SimpleResponse { Payload = Request(size).Payload }),
    };

    private static async Task<Status> EndAsync(TestService.TestServiceClient client, SimpleRequest request)
    {
        using var call = client.UnaryCallAsync(request);
        await Task.WhenAny(call.ResponseAsync.WaitAsync(RpcHost.Patience));
        return call.GetStatus();
    }
}
