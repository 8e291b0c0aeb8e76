using Grpc.Core;
using Grpc.Testing;
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
    }
}
