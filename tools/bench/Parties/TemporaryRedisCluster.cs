using System.Diagnostics;

namespace InfoLink.Bench.Parties;

/// <summary>A Redis Cluster of this run's own on loopback: three masters, a replica for each, six processes, append-only files. Gone at the end.</summary>
internal sealed class TemporaryRedisCluster : IAsyncDisposable
{
    private const int Servers = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly BenchFolder _folder = new();
    private readonly List<Process> _processes = [];
    private readonly List<int> _ports = [];

    private TemporaryRedisCluster()
    {
    }

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")) && File.Exists(Path.Combine(folder, "redis-cli")));

    /// <summary>As the broker's configuration wants them.</summary>
    public string Addresses => string.Join(',', _ports.Select(port => $"127.0.0.1:{port}"));

    public static async Task<TemporaryRedisCluster> StartAsync()
    {
        var cluster = new TemporaryRedisCluster();
        try
        {
            for (var i = 0; i < Servers; i++)
            {
                await cluster.LaunchAsync();
            }

            await Programs.RunAsync(["redis-cli", "--cluster", "create", .. cluster._ports.Select(port => $"127.0.0.1:{port}"), "--cluster-replicas", "1", "--cluster-yes"]);
            foreach (var port in cluster._ports)
            {
                await UntilAsync(port, "cluster_state:ok", "CLUSTER", "INFO");
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _folder.Dispose();
    }

    private async Task LaunchAsync()
    {
        var (port, bus) = (Programs.FreePort(), Programs.FreePort());
        var folder = Directory.CreateDirectory(_folder.Path($"{port}")).FullName;
        _ports.Add(port);
        _processes.Add(Process.Start(
            "redis-server",
            [
                "--port", $"{port}", "--cluster-port", $"{bus}", "--bind", "127.0.0.1", "--dir", folder, "--logfile", Path.Combine(folder, "redis.log"),
                "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--appendonly", "yes", "--save", "",
            ]));
        await UntilAsync(port, "PONG", "PING");
    }

    private static async Task UntilAsync(int port, string says, params string[] words)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            try
            {
                if ((await Programs.RunAsync(["redis-cli", "-p", $"{port}", .. words])).Contains(says, StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (InvalidOperationException) when (waited.Elapsed < Patience)
            {
                // It does not listen yet.
            }

            if (waited.Elapsed > Patience)
            {
                throw new InvalidOperationException($"Redis at port {port} does not say {says}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
