using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// A wire between two parties that the test can cut, hold up, slow down and make lose what comes back. It sees ciphertext only, as a network does.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint[] _targets;
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _held;
    private int _connections;
    private long _sent;

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

    /// <summary>Bytes that the target was sent so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Which of the targets new connections go to.</summary>
    public int Target { get; set; }

    /// <summary>New connections break at once, as where nobody listens.</summary>
    public bool Down { get; set; }

    /// <summary>What the target says is swallowed: requests arrive, replies do not.</summary>
    public bool LosesReplies { get; set; }

    /// <summary>How long every piece is on its way.</summary>
    public TimeSpan Delay { get; set; }

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

    /// <summary>Nothing passes any more, in either direction, and nothing breaks.</summary>
    public void Hold() => _held ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held up goes on its way.</summary>
    public void Release()
    {
        var held = _held;
        _held = null;
        held?.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        Release();
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
                if (Down)
                {
                    near.Client.Close(timeout: 0);
                    continue;
                }

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
            await Task.WhenAny(PumpAsync(near.GetStream(), far.GetStream(), replies: false), PumpAsync(far.GetStream(), near.GetStream(), replies: true));
        }
        catch (Exception end) when (IsEnd(end))
        {
            // Nobody there.
        }
        finally
        {
            near.Dispose();
            far.Dispose();
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, bool replies)
    {
        var buffer = new byte[16 * 1024];
        await using var record = Record?.Invoke();
        try
        {
            while (await from.ReadAsync(buffer) is var length and > 0)
            {
                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, TimeProvider.System);
                }

                if (_held is { } held)
                {
                    await held.Task;
                }

                if (!replies)
                {
                    Interlocked.Add(ref _sent, length);
                }

                if (record is not null)
                {
                    await record.WriteAsync(buffer.AsMemory(0, length));
                }

                if (!replies || !LosesReplies)
                {
                    await to.WriteAsync(buffer.AsMemory(0, length));
                }
            }
        }
        catch (Exception end) when (IsEnd(end))
        {
            // Cut.
        }
    }

    private static bool IsEnd(Exception end) => end is SocketException or IOException or ObjectDisposedException or InvalidOperationException;
}
