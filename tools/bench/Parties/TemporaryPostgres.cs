using System.Diagnostics;
using Npgsql;

namespace InfoLink.Bench.Parties;

/// <summary>
/// A PostgreSQL 15 of this run's own on loopback: a new folder, a free port, everything else as the package has it, <c>fsync</c> on. Gone at the end.
/// </summary>
internal sealed class TemporaryPostgres : IAsyncDisposable
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly BenchFolder _folder = new();
    private readonly int _port = Programs.FreePort();
    private Process? _process;

    private TemporaryPostgres()
    {
    }

    public static bool IsInstalled => File.Exists(Path.Combine(Binaries, "initdb"));

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres";

    private string Data => _folder.Path("data");

    public static async Task<TemporaryPostgres> StartAsync()
    {
        var server = new TemporaryPostgres();
        try
        {
            await server.LaunchAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_process is { HasExited: false })
        {
            await Programs.RunAsync(["kill", "-INT", $"{_process.Id}"]); // "Fast": it ends its sessions and itself.
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }

        _process?.Dispose();
        _folder.Dispose();
    }

    private async Task LaunchAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            await Programs.RunAsync(["chown", "postgres:", _folder.FullPath]);
        }

        await Programs.RunAsync(AsItsUser(Path.Combine(Binaries, "initdb"), "--pgdata", Data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"));
        string[] settings = ["listen_addresses=127.0.0.1", "unix_socket_directories="];
        string[] server = [Path.Combine(Binaries, "postgres"), "-D", Data, "-p", $"{_port}", .. settings.SelectMany(setting => (string[])["-c", setting])];
        _process = Process.Start("sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", _folder.Path("postgres.log"), .. AsItsUser(server)]);
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && waited.Elapsed < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>PostgreSQL refuses to run as root. <c>setpriv</c> replaces itself, so that the process that is held is the server.</summary>
    private static string[] AsItsUser(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command]
        : command;
}
