using System.Diagnostics;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>
/// A real MariaDB of the test's own, made anew on a free loopback port, with an agency's table and a user who can only read it. The tests have no driver for it of their own. Where none is installed the test is skipped
/// and says what to install.
/// </summary>
internal sealed class MariaDbServer : IAsyncDisposable
{
    public const string Password = "SECRET-PASSWORD";
    private const string Server = "/usr/sbin/mariadbd";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("infolink-mariadb-");
    private Process? _process;

    private MariaDbServer(int port) => Port = port;

    public int Port { get; }

    /// <summary>As its driver wants it.</summary>
    public string Connection => $"Server=127.0.0.1;Port={Port};Database=agency;User ID=reader;Password={Password}";

    /// <param name="script">Makes the tables of the database <c>agency</c>: a statement a line, as the server's bootstrap reads them.</param>
    public static async Task<MariaDbServer> StartAsync(string script)
    {
        if (!File.Exists(Server))
        {
            Assert.Skip("MariaDB is not installed: apt-get install mariadb-server-core");
        }

        var server = new MariaDbServer(RedisServer.FreePort());
        try
        {
            await server.MakeAsync(script);
            server._process = Launch([.. server.Common, "--bind-address=127.0.0.1", $"--port={server.Port}", $"--socket={server.In("socket")}", "--skip-name-resolve"]);
            await Eventually.HoldsAsync(server.Listens, "MariaDB listens", Patience);
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
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync().WaitAsync(Patience);
        }

        _process?.Dispose();
        _folder.Delete(recursive: true);
    }

    private string[] Common => ["--no-defaults", $"--datadir={In("data")}", "--user=root", "--innodb-buffer-pool-size=16M"];

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private bool Listens()
    {
        Assert.False(_process!.HasExited, "MariaDB has ended.");
        try
        {
            using var client = new System.Net.Sockets.TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private async Task MakeAsync(string script)
    {
        Directory.CreateDirectory(In("data"));
        using var bootstrap = Launch([.. Common, "--bootstrap"], redirect: true);
        await bootstrap.StandardInput.WriteAsync($"""
            CREATE DATABASE mysql;
            USE mysql;
            {await File.ReadAllTextAsync("/usr/share/mysql/mysql_system_tables.sql")}
            {await File.ReadAllTextAsync("/usr/share/mysql/mysql_system_tables_data.sql")}
            CREATE DATABASE agency CHARACTER SET utf8mb4;
            USE agency;
            SET NAMES utf8mb4;
            {script}
            FLUSH PRIVILEGES;
            CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{Password}';
            GRANT SELECT ON agency.* TO reader@'127.0.0.1';

            """);
        bootstrap.StandardInput.Close();
        var errors = bootstrap.StandardError.ReadToEndAsync();
        await bootstrap.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(bootstrap.ExitCode == 0, await errors);
    }

    private static Process Launch(string[] arguments, bool redirect = false)
    {
        var start = new ProcessStartInfo(Server, arguments) { UseShellExecute = false, RedirectStandardInput = redirect, RedirectStandardError = true };
        var process = Process.Start(start)!;
        if (!redirect)
        {
            process.ErrorDataReceived += (_, _) => { }; // Read, so that it never waits.
            process.BeginErrorReadLine();
        }

        return process;
    }
}
