using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace InfoLink.Running;

/// <summary>
/// What started this process and waits to hear that it is ready: systemd (<c>Type=notify</c>), or a container runtime that does the same. Told over the datagram socket of <c>NOTIFY_SOCKET</c> (sd_notify(3)); where there is none, nobody is told.
/// A manager that cannot be told is no reason to stop.
/// </summary>
public sealed class ServiceManager : IDisposable
{
    private readonly string _socket;
    private readonly TimeSpan _watchdog;
    private readonly TimeProvider _time;
    private readonly List<IDisposable> _owned = [];

    private ServiceManager(string socket, TimeSpan watchdog, TimeProvider time) => (_socket, _watchdog, _time) = (socket, watchdog, time);

    /// <summary>The one that the environment names.</summary>
    public static ServiceManager OfThisProcess(TimeProvider time)
    {
        var isOurs = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } pid || string.Equals(pid, $"{Environment.ProcessId}", StringComparison.Ordinal);
        var watchdog = isOurs && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), out var microseconds) && microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : TimeSpan.Zero;
        return new ServiceManager(Environment.GetEnvironmentVariable("NOTIFY_SOCKET") ?? "", watchdog, time);
    }

    /// <summary>It serves. From now on its watchdog is fed, and the beginning of its end is told.</summary>
    public void Ready(string status)
    {
        if (_socket.Length == 0)
        {
            return;
        }

        Tell($"READY=1\nSTATUS={status.ReplaceLineEndings(" ")}\nMAINPID={Environment.ProcessId}");
        _owned.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Stopping()));
        _owned.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Stopping()));
        if (_watchdog > TimeSpan.Zero)
        {
            _owned.Add(_time.CreateTimer(_ => Tell("WATCHDOG=1"), state: null, _watchdog / 2, _watchdog / 2));
        }
    }

    public void Dispose() => _owned.ForEach(part => part.Dispose());

    private void Stopping() => Tell("STOPPING=1\nSTATUS=Takes no new calls, and lets running ones end");

    private void Tell(string what)
    {
        try
        {
            // A name that begins with @ is no file's.
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = 1_000 };
            socket.SendTo(Encoding.UTF8.GetBytes(what), new UnixDomainSocketEndPoint(_socket[0] == '@' ? '\0' + _socket[1..] : _socket));
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException)
        {
            Console.Error.WriteLine($"The service manager at '{_socket}' cannot be told: {fault.Message}");
        }
    }
}
