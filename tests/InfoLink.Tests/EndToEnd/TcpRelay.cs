using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace InfoLink.Tests.EndToEnd;

/// <summary>A wire between two parties that the test can cut. It sees ciphertext only, as a network does.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint[] _targets;
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Task _accepting;
    private int _connections;

    /// <param name="targets">Where connections can go; see <see cref="Target"/>.</param>
    public TcpRelay(params IEnumerable<Uri> targets)
    {
        _targets = [.. targets.Select(target => new IPEndPoint(IPAddress.Loopback, target.Port))];
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How many connections came so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Which of the targets new connections go to.</summary>
    public int Target { get; set; }

    /// <summary>Where what passes is kept too, a stream for each direction of each connection; by default nowhere.</summary>
    public Func<Stream>? Record { get; init; }

    /// <summary>Every connection breaks now, as when a cable is pulled; new ones are relayed again.</summary>
    public void Cut()
    {
        while (_sockets.TryTake(out var socket))
        {
            socket.Close(timeout: 0); // RST, not FIN.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting;
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref _connections);
                var target = _targets[Target];
                var far = new TcpClient();
                _sockets.Add(near.Client);
                _sockets.Add(far.Client);
                _ = RelayAsync(near, far, target);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(TcpClient near, TcpClient far, IPEndPoint target)
    {
        try
        {
            await far.ConnectAsync(target);
            await Task.WhenAny(CopyAsync(near.GetStream(), far.GetStream()), CopyAsync(far.GetStream(), near.GetStream()));
        }
        catch (Exception end) when (end is SocketException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or nobody there.
        }
        finally
        {
            near.Dispose();
            far.Dispose();
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        if (Record is null)
        {
            await from.CopyToAsync(to);
            return;
        }

        await using var record = Record();
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer) is var read and > 0)
        {
            await record.WriteAsync(buffer.AsMemory(0, read));
            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }
}
