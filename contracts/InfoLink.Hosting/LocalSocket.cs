using System.Net.Sockets;

namespace InfoLink.Hosting;

/// <summary>HTTP over a Unix socket, as a host's own operators and systems speak to it.</summary>
public static class LocalSocket
{
    /// <summary>Longest path of a Unix socket (<c>sun_path</c>), in bytes.</summary>
    public const int LongestPath = 107;

    /// <summary>A client whose every connection goes to this socket; addresses are relative.</summary>
    /// <param name="socket">The socket's path.</param>
    /// <param name="timeout">For a whole call.</param>
    public static HttpClient Client(string socket, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = timeout,
    };
}
