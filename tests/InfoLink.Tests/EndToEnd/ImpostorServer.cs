using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using InfoLink.Contracts.Identity;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A TLS server with a certificate of its own choice. It counts who came, and every byte that anyone told it.</summary>
internal sealed class ImpostorServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly LeafGeneration _certificates;
    private readonly Task _accepting;
    private int _visits;
    private long _told;

    public ImpostorServer(IPEndPoint listen, LeafGeneration certificates)
    {
        _certificates = certificates;
        _listener = new TcpListener(listen);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How many began a handshake.</summary>
    public int Visits => Volatile.Read(ref _visits);

    /// <summary>Bytes of what was said inside TLS.</summary>
    public long Told => Volatile.Read(ref _told);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _visits);
                await ListenAsync(client);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ListenAsync(TcpClient client)
    {
        try
        {
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificates.Tls,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                EnabledSslProtocols = SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            });
            var buffer = new byte[4096];
            for (int read; (read = await tls.ReadAsync(buffer)) > 0;)
            {
                Interlocked.Add(ref _told, read);
            }
        }
        catch (Exception end) when (end is IOException or AuthenticationException)
        {
            // The visitor left.
        }
    }
}
