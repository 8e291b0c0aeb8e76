using System.Net;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class MalformedRequestTests
{
    public static TheoryData<string, string, string> Bodies => new()
    {
        // Body in hexadecimal, status, why.
        { "", "12", "no request message" },
        { "0000000000 0000000000", "12", "two request messages" },
        { "0000000000 00", "12", "a second message begun" },
        { "00", "13", "ends inside the prefix" },
        { "0000000002 08", "13", "ends inside the message" },
        { "0000000005", "13", "ends after the prefix" },
        { "0100000000", "13", "compressed, though no compression was agreed" },
        { "0200000000", "13", "unknown flag" },
        { "8000000000", "13", "unknown flag" },
        { "0000000003 ffffff", "13", "no protobuf" },
        { "00ffffffff", "8", "a length of four gigabytes, refused by the prefix alone" },
        { "0000400001", "8", "one byte over the limit" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_body_is_refused_by_name_and_never_reaches_the_service(string hex, string status, string why)
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        foreach (var path in new[] { RawGrpc.UnaryPath, RawGrpc.StreamingPath })
        {
            var reply = await RawGrpc.PostAsync(host.Address, path, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

            Assert.True(string.Equals(status, reply.GrpcStatus, StringComparison.Ordinal), $"{why}: {reply.GrpcStatus} {reply.GrpcMessage}");
            Assert.Equal(HttpStatusCode.OK, reply.HttpStatus);
            Assert.NotEmpty(reply.GrpcMessage!);
            Assert.Empty(reply.Body);
        }
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("APPLICATION/GRPC", true)]
    [InlineData("application/grpc; charset=utf-8", true)]
    [InlineData("application/grpc+proto;x=y", true)]
    [InlineData("application/grpc+foo", false)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("application/json", false)]
    [InlineData("image/jpeg", false)]
    public async Task Only_gRPC_content_types_are_taken(string contentType, bool taken)
    {
        await using var host = await RpcHost.StartAsync();

        var reply = await RawGrpc.PostAsync(host.Address, contentType: contentType);

        Assert.Equal(taken ? HttpStatusCode.OK : HttpStatusCode.UnsupportedMediaType, reply.HttpStatus);
        Assert.Equal(taken ? "0" : null, reply.GrpcStatus);
    }

    [Fact]
    public async Task A_compressed_request_is_refused_and_told_what_is_accepted()
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        var reply = await RawGrpc.PostAsync(host.Address, headers: [("grpc-encoding", "foo")]);

        Assert.Equal(("12", "identity"), (reply.GrpcStatus, reply.AcceptEncoding));
    }

    [Fact]
    public async Task Identity_is_no_compression()
    {
        await using var host = await RpcHost.StartAsync();

        Assert.Equal("0", (await RawGrpc.PostAsync(host.Address, headers: [("grpc-encoding", "identity")])).GrpcStatus);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task Another_verb_is_refused_without_a_gRPC_status(string verb)
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        var reply = await RawGrpc.PostAsync(host.Address, verb: verb);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, null), (reply.HttpStatus, reply.GrpcStatus));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/grpc.testing.TestService/UnaryCall/more")]
    public async Task A_path_that_names_no_method_is_an_HTTP_404(string path)
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        Assert.Equal(HttpStatusCode.NotFound, (await RawGrpc.PostAsync(host.Address, path)).HttpStatus);
    }

    [Theory]
    [InlineData("/grpc.testing.TestService/StreamingInputCall")]
    [InlineData("/grpc.testing.TestService/FullDuplexCall")]
    [InlineData("/grpc.testing.TestService/unarycall%20")]
    [InlineData("/grpc.testing.Nobody/UnaryCall")]
    public async Task Methods_out_of_profile_and_unknown_ones_are_UNIMPLEMENTED(string path)
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        var reply = await RawGrpc.PostAsync(host.Address, path);

        Assert.Equal((HttpStatusCode.OK, "12"), (reply.HttpStatus, reply.GrpcStatus));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData("1s")]
    [InlineData("123456789S")]
    [InlineData("1 S")]
    public async Task A_malformed_timeout_is_refused(string timeout)
    {
        await using var host = await RpcHost.StartAsync(Unreached());

        Assert.Equal("13", (await RawGrpc.PostAsync(host.Address, headers: [("grpc-timeout", timeout)])).GrpcStatus);
    }

    private static Scripted Unreached() => new()
    {
        Unary = (_, _) => throw new InvalidOperationException("The service was reached."),
        Streaming = (_, _, _) => throw new InvalidOperationException("The service was reached."),
    };
}
