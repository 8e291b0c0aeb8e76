using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class StatusTests
{
    private const string Special = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈 100 %41\t\n";

    public static TheoryData<StatusCode> Errors => [.. Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task A_refusal_arrives_with_code_message_headers_and_trailers(StatusCode code)
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "x-initial", "1" } });
                context.ResponseTrailers.Add("x-own", "2");
                throw new RpcException(new Status(code, Special), new Metadata { { "x-thrown", "3" }, { "x-thrown-bin", [0xab, 0x00] } });
            },
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest());
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(code, refusal.StatusCode);
        Assert.Equal(Special, refusal.Status.Detail);
        Assert.Equal("1", (await call.ResponseHeadersAsync).GetValue("x-initial"));
        Assert.Equal("2", refusal.Trailers.GetValue("x-own"));
        Assert.Equal("3", call.GetTrailers().GetValue("x-thrown"));
        Assert.Equal([0xab, 0x00], refusal.Trailers.GetValueBytes("x-thrown-bin"));
    }

    [Fact]
    public async Task A_refusal_before_anything_was_sent_arrives_whole()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) =>
            {
                context.ResponseTrailers.Add("x-own", "2");
                throw new RpcException(new Status(StatusCode.Aborted, Special), new Metadata { { "x-thrown", "3" } });
            },
        });

        using var call = host.Client.UnaryCallAsync(new SimpleRequest());
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal((StatusCode.Aborted, Special), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Equal(("2", "3"), (refusal.Trailers.GetValue("x-own"), refusal.Trailers.GetValue("x-thrown")));
        Assert.Empty(await call.ResponseHeadersAsync);
    }

    [Fact]
    public async Task An_error_after_responses_keeps_the_responses()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Streaming = async (_, responses, _) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                await responses.WriteAsync(new StreamingOutputCallResponse());
                throw new RpcException(new Status(StatusCode.DataLoss, "gone"));
            },
        });

        using var call = host.Client.StreamingOutputCall(new StreamingOutputCallRequest());

        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
        for (var again = 0; again < 2; again++)
        {
            var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().WaitAsync(RpcHost.Patience));
            Assert.Equal((StatusCode.DataLoss, "gone"), (refusal.StatusCode, refusal.Status.Detail));
        }
    }

    [Fact]
    public async Task A_status_set_without_throwing_ends_the_call_without_a_message()
    {
        await using var host = await RpcHost.StartAsync(new Scripted
        {
            Unary = (_, context) =>
            {
                context.Status = new Status(StatusCode.AlreadyExists, "twice");
                return Task.FromResult(new SimpleResponse());
            },
        });

        var refusal = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal((StatusCode.AlreadyExists, "twice"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_exception_the_service_did_not_catch_is_logged_once_and_told_only_in_development(bool detailed)
    {
        await using var host = await RpcHost.StartAsync(
            new Scripted { Unary = (_, _) => throw new InvalidDataException("the inner secret") },
            grpc => grpc.EnableDetailedErrors = detailed);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(StatusCode.Unknown, refusal.StatusCode);
        Assert.Equal(detailed, refusal.Status.Detail.Contains("the inner secret", StringComparison.Ordinal));
        Assert.Contains("/grpc.testing.TestService/UnaryCall", Assert.Single(host.TakeErrors()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_not_logged_as_errors()
    {
        await using var host = await RpcHost.StartAsync(new Scripted { Unary = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "no")) });

        await Assert.ThrowsAsync<RpcException>(() => host.Client.UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Empty(host.TakeErrors());
    }

    [Fact]
    public async Task Unknown_methods_and_services_are_UNIMPLEMENTED()
    {
        await using var host = await RpcHost.StartAsync();
        var elsewhere = new UnimplementedService.UnimplementedServiceClient(host.Channel);

        var method = await Assert.ThrowsAsync<RpcException>(() => host.Client.UnimplementedCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience));
        var service = await Assert.ThrowsAsync<RpcException>(() => elsewhere.UnimplementedCallAsync(new Empty()).ResponseAsync.WaitAsync(RpcHost.Patience));

        Assert.Equal(StatusCode.Unimplemented, method.StatusCode);
        Assert.Equal(StatusCode.Unimplemented, service.StatusCode);
    }
}
