using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// A real <c>redis-server</c> of the test's own: a free loopback port, a folder of its own, nothing on disk. Where none is installed the
/// test is skipped and says what to install.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-redis-");
    private readonly int _port;
    private readonly string[] _settings;
    private Process _process;

    private RedisServer(int port, string[] settings)
    {
        _port = port;
        _settings = settings;
        _process = Launch();
    }

    /// <summary><c>host:port</c>, as the broker's configuration wants it.</summary>
    public string Address => $"127.0.0.1:{_port}";

    public int Port => _port;

    public bool Lives => !_process.HasExited;

    /// <param name="settings">What its command line says beside port, address and folder; the last of a name counts.</param>
    public static async Task<RedisServer> StartAsync(params string[] settings)
    {
        if (!IsInstalled())
        {
            Assert.Skip("redis-server is not installed: apt-get install redis-server");
        }

        while (true)
        {
            var server = new RedisServer(FreePort(), settings);
            if (await server.IsUpAsync())
            {
                return server;
            }

            await server.DisposeAsync(); // Somebody else took the port first.
        }
    }

    /// <summary>The process is gone at once, as after kill -9 or loss of power.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>Empty, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        await KillAsync();
        _process.Dispose();
        _process = Launch();
        Assert.True(await IsUpAsync(), "redis-server did not come back on its port.");
    }

    /// <summary>It hangs: accepts and answers nothing.</summary>
    public void Freeze() => Signal("-STOP");

    public void Thaw() => Signal("-CONT");

    /// <summary>Sends one command as it is and gives the raw answer back, for looking into the store with nothing in between.</summary>
    public async Task<byte[]> AskAsync(params string[] words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        var stream = client.GetStream();
        var command = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words)
        {
            command.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(command.ToString()));
        client.Client.Shutdown(SocketShutdown.Send); // Redis answers what it has read, then closes.
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer).WaitAsync(Patience);
        return answer.ToArray();
    }

    /// <summary>Every key and every value that lies in it, one after the other.</summary>
    public Task<byte[]> DumpAsync() => AskAsync(
        "EVAL",
        """
        local all = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
          all[#all + 1] = key
          all[#all + 1] = redis.call('HGETALL', key)
        end
        return all
        """,
        "0");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString()]);
        kill.WaitForExit();
    }

    private Process Launch() => Process.Start(
        "redis-server",
        [
            "--port", $"{_port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--logfile", Path.Combine(_folder.FullName, "redis.log"),
            "--save", "", "--appendonly", "no", .. _settings,
        ]);

    private async Task<bool> IsUpAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!_process.HasExited && waited.Elapsed < Patience)
        {
            try
            {
                if (Encoding.ASCII.GetString(await AskAsync("PING")).StartsWith("+PONG", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }

        return false;
    }

    private static bool IsInstalled() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
