using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class MalformedResponseTests
{
    [Theory]
    [InlineData(200, StatusCode.Unknown)]
    [InlineData(204, StatusCode.Unknown)]
    [InlineData(302, StatusCode.Unknown)]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(405, StatusCode.Unknown)]
    [InlineData(409, StatusCode.Unknown)]
    [InlineData(415, StatusCode.Unknown)]
    [InlineData(418, StatusCode.Unknown)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(431, StatusCode.Internal)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(505, StatusCode.Unknown)]
    [InlineData(800, StatusCode.Unknown)]
    public async Task An_HTTP_status_without_a_gRPC_status_is_translated(int httpStatus, StatusCode expected) =>
        Assert.Equal(expected, (await EndAsync(http => http.Response.StatusCode = httpStatus)).StatusCode);

    [Fact]
    public async Task A_gRPC_status_goes_before_the_HTTP_status()
    {
        var ended = await EndAsync(http =>
        {
            http.Response.StatusCode = 503;
            http.Response.Headers["grpc-status"] = "9";
            http.Response.Headers["grpc-message"] = "not%20now";
        });

        Assert.Equal((StatusCode.FailedPrecondition, "not now"), (ended.StatusCode, ended.Detail));
    }

    public static TheoryData<string, string?, string, StatusCode, string> Answers => new()
    {
        // Body in hexadecimal, grpc-status in the trailers, content type, expected, why.
        { "0000000000", "0", "application/grpc", StatusCode.OK, "sound" },
        { "0000000000", "0", "application/grpc+proto", StatusCode.OK, "sound" },
        { "0000000000", "5", "application/grpc", StatusCode.NotFound, "the status after a message counts" },
        { "", "5", "application/grpc", StatusCode.NotFound, "an error needs no message" },
        { "", "0", "application/grpc", StatusCode.Unimplemented, "OK without a message" },
        { "0000000000 0000000000", "0", "application/grpc", StatusCode.Unimplemented, "two messages" },
        { "0000000000", null, "application/grpc", StatusCode.Unknown, "no status" },
        { "", null, "application/grpc", StatusCode.Unknown, "nothing at all" },
        { "0000000000", "zero", "application/grpc", StatusCode.Unknown, "the status is no number" },
        { "0000000000", "-1", "application/grpc", StatusCode.Unknown, "the status is no number" },
        { "0000000000", "17", "application/grpc", StatusCode.Unknown, "a status of a later gRPC" },
        { "0000000000", "0", "application/json", StatusCode.Unknown, "not gRPC" },
        { "0000000000", "0", "application/grpc+foo", StatusCode.Unknown, "another message format" },
        { "0100000000", "0", "application/grpc", StatusCode.Internal, "compressed without being told" },
        { "0400000000", "0", "application/grpc", StatusCode.Internal, "unknown flag" },
        { "00000000", "0", "application/grpc", StatusCode.Internal, "ends inside the prefix" },
        { "0000000002 08", "0", "application/grpc", StatusCode.Internal, "ends inside the message" },
        { "0000000003 ffffff", "0", "application/grpc", StatusCode.Internal, "no protobuf" },
        { "00ffffffff", "0", "application/grpc", StatusCode.ResourceExhausted, "four gigabytes, refused by the prefix alone" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_malformed_response_ends_the_call_by_name(string hex, string? trailer, string contentType, StatusCode expected, string why)
    {
        var ended = await EndAsync(async http =>
        {
            http.Response.ContentType = contentType;
            await http.Response.Body.WriteAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
            if (trailer is not null)
                http.Response.AppendTrailer("grpc-status", trailer);
        });

        Assert.True(expected == ended.StatusCode, $"{why}: {ended}");
    }

    [Fact]
    public async Task A_compression_that_was_not_offered_is_refused() =>
        Assert.Equal(StatusCode.Internal, (await EndAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-encoding"] = "gzip";
        })).StatusCode);

    [Fact]
    public async Task A_message_with_escapes_that_are_none_is_kept_as_it_stands() =>
        Assert.Equal("100% of %zz, %4", (await EndAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "2";
            http.Response.Headers["grpc-message"] = "100% of %zz, %4";
        })).Detail);

    [Fact]
    public async Task A_status_in_the_headers_brings_its_trailers_along()
    {
        await using var host = await AnsweringAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "3";
            http.Response.Headers.Append("x-twice", "a");
            http.Response.Headers.Append("x-twice", "b");
            return Task.CompletedTask;
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest());
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal("a b", string.Join(' ', refusal.Trailers.GetAll("x-twice").Select(entry => entry.Value)));
    }

    [Fact]
    public async Task Bytes_in_trailers_that_are_no_base64_end_the_call_in_INTERNAL() =>
        Assert.Equal(StatusCode.Internal, (await EndAsync(http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "0";
            http.Response.Headers["x-some-bin"] = "???";
        })).StatusCode);

    private static Task<RpcHost> AnsweringAsync(Func<HttpContext, Task> answer) => RpcHost.StartAsync(map: app => app.Run(http => answer(http)));

    private static Task<Status> EndAsync(Action<HttpContext> answer) => EndAsync(http =>
    {
        answer(http);
        return Task.CompletedTask;
    });

    private static async Task<Status> EndAsync(Func<HttpContext, Task> answer)
    {
        await using var host = await AnsweringAsync(answer);
        using var call = host.Client.UnaryCallAsync(new SimpleRequest());
        await Task.WhenAny(call.ResponseAsync.WaitAsync(RpcHost.Patience));
        return call.GetStatus();
    }
}
