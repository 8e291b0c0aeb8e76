using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class MetadataTests
{
    [Fact]
    public async Task Text_and_bytes_travel_both_ways_in_headers_and_trailers()
    {
        byte[] everyByte = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = async (_, context) =>
            {
                var echo = new Metadata();
                foreach (var entry in context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-", StringComparison.Ordinal)))
                    echo.Add(entry);
                await context.WriteResponseHeadersAsync(echo);
                foreach (var entry in echo)
                    context.ResponseTrailers.Add(entry);
                return new SimpleResponse();
            },
        });
        var sent = new Metadata { { "X-Text", "printable ~!,;=\" ASCII" }, { "x-empty", "" }, { "x-bytes-bin", everyByte }, { "x-none-bin", [] }, { "expires", "kept by HttpClient for contents" } };

        using var call = host.Client.UnaryCallAsync(new SimpleRequest(), sent);
        await call.ResponseAsync.WaitAsync(RpcHost.Patience);

        foreach (var received in new[] { await call.ResponseHeadersAsync, call.GetTrailers() })
        {
            Assert.Equal("printable ~!,;=\" ASCII", received.GetValue("x-text"));
            Assert.Equal("", received.GetValue("x-empty"));
            Assert.Equal(everyByte, received.GetValueBytes("x-bytes-bin"));
            Assert.Equal([], received.GetValueBytes("x-none-bin")!);
        }
    }

    [Fact]
    public async Task Repeated_names_keep_every_value_in_order()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "x-twice", "a" }, { "x-twice", "b" } });
                foreach (var entry in context.RequestHeaders.GetAll("x-twice-bin"))
                    context.ResponseTrailers.Add(entry);
                return new SimpleResponse();
            },
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest(), new Metadata { { "x-twice-bin", [1] }, { "x-twice-bin", [2, 3] } });
        await call.ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal("a b", string.Join(' ', (await call.ResponseHeadersAsync).GetAll("x-twice").Select(entry => entry.Value)));
        Assert.Equal([[1], [2, 3]], call.GetTrailers().GetAll("x-twice-bin").Select(entry => entry.ValueBytes));
    }

    [Theory]
    [InlineData("q6ur", "ABABAB")]
    [InlineData("qw", "AB")]
    [InlineData("qw==", "AB")]
    [InlineData("q6s=", "ABAB")]
    [InlineData("qw,q6ur", "AB/ABABAB")]
    [InlineData("qw==, q6s=,", "AB/ABAB/")]
    public async Task Bytes_are_read_with_padding_or_without_and_joined_or_not(string wire, string expected)
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) => Task.FromResult(new SimpleResponse
            {
                Username = string.Join('/', context.RequestHeaders.GetAll("x-some-bin").Select(entry => Convert.ToHexString(entry.ValueBytes))),
            }),
        });

        var reply = await RawGrpc.PostAsync(host.Address, headers: [("x-some-bin", wire)]);

        Assert.Equal("0", reply.GrpcStatus);
        Assert.Equal(expected, SimpleResponse.Parser.ParseFrom(reply.Body.AsSpan(5)).Username);
    }

    [Fact]
    public async Task Bytes_that_are_no_base64_end_the_call_in_INTERNAL()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) => Task.FromResult(new SimpleResponse { Username = $"{context.RequestHeaders.Count}" }),
        });

        var reply = await RawGrpc.PostAsync(host.Address, headers: [("x-some-bin", "q6u!")]);

        Assert.Equal("13", reply.GrpcStatus);
    }

    [Fact]
    public async Task Text_that_cannot_be_echoed_resets_the_call_and_harms_no_other()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) =>
            {
                context.ResponseTrailers.Add(context.RequestHeaders.Get("x-text")!);
                return Task.FromResult(new SimpleResponse());
            },
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => RawGrpc.PostAsync(host.Address, headers: [("x-text", "smörgås")]));

        Assert.Equal("0", (await RawGrpc.PostAsync(host.Address, headers: [("x-text", "bread")])).GrpcStatus);
    }

    [Fact]
    public async Task A_service_sees_no_names_of_the_protocol()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) => Task.FromResult(new SimpleResponse { Username = string.Join(' ', context.RequestHeaders.Select(entry => entry.Key)) }),
        });

        var response = await host.Client.UnaryCallAsync(
            new SimpleRequest(), new Metadata { { "x-mine", "1" } }, DateTime.MaxValue.ToUniversalTime().AddYears(-1)).ResponseAsync.WaitAsync(RpcHost.Patience);

        Assert.Equal("user-agent x-mine", string.Join(' ', response.Username.Split(' ').Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("grpc-timeout")]
    [InlineData("GRPC-anything")]
    [InlineData("content-type")]
    [InlineData("te")]
    [InlineData("connection")]
    [InlineData("with space")]
    [InlineData(":path")]
    [InlineData("überschrift")]
    [InlineData("")]
    public void Names_of_the_protocol_and_malformed_names_are_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new Metadata { { name, "value" } });

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("ünïcode")]
    [InlineData("\0")]
    public void Text_outside_printable_ASCII_is_refused(string value) => Assert.Throws<ArgumentException>(() => new Metadata { { "x-text", value } });

    [Fact]
    public void Text_and_bytes_are_told_apart_by_the_name()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "x-bin", "text" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "x", [1] } });
        Assert.Equal([1], new Metadata { { "grpc-status-details-bin", [1] } }.GetValueBytes("grpc-status-details-bin"));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("x", "y"));
    }
}
