using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.Limits;

/// <summary>
/// A client of as much HTTP/2 as it takes to hold a server up: it settles the connection and then sends what the test says, or nothing. Header blocks
/// are literal fields without indexing.
/// </summary>
internal sealed class BareHttp2Client : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte GoAway = 7;
    public const byte Continuation = 9;
    public const byte EndOfHeaders = 4;

    private readonly TcpClient _tcp;
    private readonly SslStream _tls;

    private BareHttp2Client(TcpClient tcp, SslStream tls) => (_tcp, _tls) = (tcp, tls);

    /// <summary>Through TLS, and no further.</summary>
    public static async Task<BareHttp2Client> ConnectAsync(Uri server, X509Certificate2? certificate)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Host, server.Port);
        var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
        }).WaitAsync(TestNetwork.Patience);
        return new BareHttp2Client(tcp, tls);
    }

    /// <summary>The preface, and settings that ask for nothing.</summary>
    public async Task<BareHttp2Client> SettleAsync()
    {
        await _tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await SendAsync(Settings, flags: 0, stream: 0, []);
        await UntilAsync((type, _, _) => type == Settings);
        await SendAsync(Settings, flags: 1, stream: 0, []);
        return this;
    }

    /// <summary>The headers of a health check, whose message does not come.</summary>
    public Task BeginCallAsync(int stream) => SendAsync(Headers, EndOfHeaders, stream, CallHeaders);

    public static byte[] CallHeaders { get; } = Block(
        (":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", "/grpc.health.v1.Health/Check"), ("content-type", "application/grpc"), ("te", "trailers"));

    public static byte[] Block(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _tls.WriteAsync(frame);
    }

    /// <summary>Reads until such a frame comes; null where the connection ends before.</summary>
    public async Task<byte[]?> UntilAsync(Func<byte, int, byte[], bool> wanted)
    {
        using var patience = new CancellationTokenSource(TestNetwork.Patience);
        var head = new byte[9];
        try
        {
            while (true)
            {
                await _tls.ReadExactlyAsync(head, patience.Token);
                var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await _tls.ReadExactlyAsync(payload, patience.Token);
                if (wanted(head[3], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload))
                {
                    return payload;
                }
            }
        }
        catch (IOException)
        {
            return null; // The end, in good order or not.
        }
    }

    /// <summary>Reads until the server ends the connection.</summary>
    public async Task EndsAsync() => Xunit.Assert.Null(await UntilAsync((_, _, _) => false));

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _tcp.Dispose();
    }

    private static byte[] Text(string text) => [.. Length(text.Length), .. Encoding.ASCII.GetBytes(text)];

    /// <summary>RFC 7541, section 5.1, with a prefix of 7 bits.</summary>
    private static byte[] Length(int length)
    {
        if (length < 127)
        {
            return [(byte)length];
        }

        var octets = new List<byte> { 127 };
        for (length -= 127; length >= 128; length >>= 7)
        {
            octets.Add((byte)((length & 127) | 128));
        }

        return [.. octets, (byte)length];
    }
}
