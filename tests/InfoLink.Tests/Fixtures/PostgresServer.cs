using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// A real PostgreSQL 15 of the test's own, made anew: a free loopback port, a folder of its own, everybody trusted, <c>fsync</c> on. For
/// tests that stop or kill their server; others share one (<see cref="SharedPostgres"/>). Where none is installed the test is skipped and
/// says what to install.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Binaries = "/usr/lib/postgresql/15/bin";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-postgres-");
    private int _databases;
    private Process? _process;

    private PostgresServer(int port) => Port = port;

    public int Port { get; }

    private string DataFolder => Path.Combine(_folder.FullName, "data");

    private string LogFile => Path.Combine(_folder.FullName, "postgres.log");

    public static async Task<PostgresServer> StartAsync()
    {
        while (true)
        {
            var server = await MakeAsync(FreePort());
            if (await server.TryLaunchAsync())
            {
                return server;
            }

            await server.DisposeAsync(); // Somebody else took the port first.
        }
    }

    /// <summary>A new and empty server where another was, as after a restore elsewhere: another system identifier at the same address.</summary>
    public static async Task<PostgresServer> StartInPlaceOfAsync(PostgresServer gone)
    {
        var server = await MakeAsync(gone.Port);
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>For Npgsql. Pools are per string, and hold connections: dispose of the data source, or say <c>Pooling=false</c>.</summary>
    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Timeout=5";

    /// <summary>A fresh database on this server.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>One statement, with nothing in between; the first value of its result.</summary>
    public static async Task<object?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Runs a client of this server (<c>pg_dump</c>, <c>psql</c>) and gives back what it printed.</summary>
    public Task<string> RunAsync(string tool, params string[] arguments) =>
        RunAsync([Path.Combine(Binaries, tool), "--host=127.0.0.1", $"--port={Port}", "--username=postgres", .. arguments]);

    /// <summary>All its processes are gone at once, as after kill -9 or loss of power.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    /// <summary>Ends it: at once, cutting every session without a checkpoint, or (fast) with one.</summary>
    public async Task StopAsync(bool immediate = true)
    {
        if (_process is { HasExited: false })
        {
            await RunAsync(["kill", immediate ? "-QUIT" : "-INT", $"{_process.Id}"]);
            await _process.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    /// <summary>With all its data, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        await KillAsync();
        var waited = Stopwatch.StartNew();
        while (!await TryLaunchAsync()) // It does not start while a process of the one before still ends.
        {
            Assert.True(waited.Elapsed < Patience, $"PostgreSQL did not come back on its port: {await File.ReadAllTextAsync(LogFile)}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        for (var patience = 0; ; patience++)
        {
            try
            {
                _folder.Delete(recursive: true);
                return;
            }
            catch (IOException) when (patience < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // After a kill its processes may still be ending.
            }
        }
    }

    private static async Task<PostgresServer> MakeAsync(int port)
    {
        if (!File.Exists(Path.Combine(Binaries, "initdb")))
        {
            Assert.Skip("PostgreSQL 15 is not installed: apt-get install postgresql-15");
        }

        var server = new PostgresServer(port);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync(["chown", "postgres:", server._folder.FullName]);
        }

        await RunAsync(AsItsUser(
            Path.Combine(Binaries, "initdb"), "--pgdata", server.DataFolder, "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-sync"));
        return server;
    }

    private async Task<bool> TryLaunchAsync()
    {
        _process?.Dispose();
        _process = Launch();
        var waited = Stopwatch.StartNew();
        while (!_process.HasExited && waited.Elapsed < Patience)
        {
            try
            {
                return DataFolder.Equals(await ExecuteAsync(ConnectionString("postgres"), "SHOW data_directory") as string, StringComparison.Ordinal);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // Not yet listening, or still recovering.
            }
        }

        return false;
    }

    /// <summary>The shell replaces itself, so that the process that is held is the server.</summary>
    private Process Launch() => Process.Start(
        "sh",
        [
            "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile,
            .. AsItsUser(
                Path.Combine(Binaries, "postgres"), "-D", DataFolder, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "max_connections=300", "-c", "shared_buffers=32MB"),
        ]);

    /// <summary>PostgreSQL refuses to run as root. <c>setpriv</c> replaces itself too; <c>runuser</c> would stay as a parent.</summary>
    private static string[] AsItsUser(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command]
        : command;

    private static async Task<string> RunAsync(string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/", // One that the server's user may enter too.
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"{command[0]} failed: {await errors}");
        return output;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
