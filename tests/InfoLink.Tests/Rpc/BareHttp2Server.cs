using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace InfoLink.Tests.Rpc;

/// <summary>
/// As much of HTTP/2 as it takes to misbehave: it settles the connection, then does what the test says when a request has come in whole.
/// Header blocks are literal fields without indexing, so no HPACK state is needed to write them; those received are not read.
/// </summary>
internal sealed class BareHttp2Server : IAsyncDisposable
{
    private const int PrefaceLength = 24;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new(RpcHost.Patience);
    private readonly Func<Connection, int, Task> _onRequest;
    private readonly Task _serving;

    public BareHttp2Server(Func<Connection, int, Task> onRequest)
    {
        _onRequest = onRequest;
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Requests that came in whole, over all connections.</summary>
    public int Requests { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _listener.Stop();
        _closing.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(new Connection(await _listener.AcceptTcpClientAsync(_closing.Token))));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            await connection.ReadAsync(PrefaceLength, _closing.Token);
            await connection.SendAsync(type: 4, flags: 0, stream: 0, []);
            while (true)
            {
                var (type, flags, stream, payload) = await connection.ReceiveAsync(_closing.Token);
                if (type == 4 && (flags & 1) == 0)
                    await connection.SendAsync(type: 4, flags: 1, stream: 0, []);
                else if (type == 6 && (flags & 1) == 0)
                    await connection.SendAsync(type: 6, flags: 1, stream: 0, payload);
                else if (type is 0 or 1 && (flags & 1) != 0)
                {
                    Requests++;
                    await _onRequest(connection, stream);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client or the test is done with this connection.
        }
        finally
        {
            connection.Close();
        }
    }

    public sealed class Connection(TcpClient client)
    {
        private readonly NetworkStream _wire = client.GetStream();

        /// <summary>The headers of a gRPC response, after which messages may follow.</summary>
        public Task SendHeadersAsync(int stream) =>
            SendAsync(type: 1, flags: 4, stream, Block((":status", "200"), ("content-type", "application/grpc")));

        public Task SendDataAsync(int stream, byte[] data) => SendAsync(type: 0, flags: 0, stream, data);

        public Task SendTrailersAsync(int stream, int grpcStatus) => SendAsync(type: 1, flags: 5, stream, Block(("grpc-status", $"{grpcStatus}")));

        public Task ResetAsync(int stream, uint error) => SendAsync(type: 3, flags: 0, stream, Number(error));

        public Task GoAwayAsync(int lastStream, uint error) => SendAsync(type: 7, flags: 0, stream: 0, [.. Number((uint)lastStream), .. Number(error)]);

        public void Close() => client.Dispose();

        public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
        {
            var frame = new byte[9 + payload.Length];
            (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
            payload.CopyTo(frame, 9);
            await _wire.WriteAsync(frame);
        }

        public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReceiveAsync(CancellationToken cancellationToken)
        {
            var head = await ReadAsync(9, cancellationToken);
            var payload = await ReadAsync(head[0] << 16 | head[1] << 8 | head[2], cancellationToken);
            return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }

        public async Task<byte[]> ReadAsync(int count, CancellationToken cancellationToken)
        {
            var octets = new byte[count];
            await _wire.ReadExactlyAsync(octets, cancellationToken);
            return octets;
        }

        private static byte[] Block(params (string Name, string Value)[] fields) =>
            [.. fields.SelectMany(field => (byte[])[0, (byte)field.Name.Length, .. Encoding.ASCII.GetBytes(field.Name), (byte)field.Value.Length, .. Encoding.ASCII.GetBytes(field.Value)])];

        private static byte[] Number(uint value)
        {
            var octets = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(octets, value);
            return octets;
        }
    }
}
