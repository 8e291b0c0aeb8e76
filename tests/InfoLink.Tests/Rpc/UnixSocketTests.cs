using System.Net.Sockets;
using Grpc.Net.Client;
using Grpc.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Xunit;

namespace InfoLink.Tests.Rpc;

public sealed class UnixSocketTests
{
    [Fact]
    public async Task A_call_goes_over_a_Unix_socket()
    {
        var folder = Directory.CreateTempSubdirectory("rpc");
        try
        {
            var path = Path.Combine(folder.FullName, "agent.sock");
            await using var host = await RpcHost.StartAsync(
                new Scripted { Unary = (_, context) => Task.FromResult(new SimpleResponse { Username = context.Peer }) },
                kestrel: kestrel => kestrel.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http2));
            using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
            {
                DisposeHttpClient = true,
                HttpHandler = new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => ConnectAsync(path, cancellationToken) },
            });

            var response = await new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest()).ResponseAsync.WaitAsync(RpcHost.Patience);

            Assert.StartsWith("unix:", response.Username, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
