using System.Diagnostics;
using System.Globalization;
using System.Text;
using InfoLink.Broker.Tokens;
using Xunit;

namespace InfoLink.Tests.Fixtures;

/// <summary>A real Redis Cluster of the test's own: three masters, a replica for each, six processes on loopback.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Masters = 3;
    private const int Slots = 16384;
    private readonly List<RedisServer> _servers;

    private readonly RedisServer?[] _masters = new RedisServer?[Masters];

    private RedisCluster(List<RedisServer> servers) => _servers = servers;

    /// <summary>Those that hold the tokens now, one for each third of the slots.</summary>
    public IReadOnlyList<RedisServer> MastersNow => [.. _masters.Select((promoted, i) => promoted ?? _servers[i])];

    /// <summary>All six, as the broker's configuration wants them.</summary>
    public string Addresses => string.Join(',', _servers.Select(server => server.Address));

    /// <summary>All six; the first three were the masters at the start, and the replica of each is three further on.</summary>
    public IReadOnlyList<RedisServer> Servers => _servers;

    public static async Task<RedisCluster> StartAsync()
    {
        var servers = new List<RedisServer>();
        var cluster = new RedisCluster(servers);
        try
        {
            for (var i = 0; i < 2 * Masters; i++)
            {
                servers.Add(await RedisServer.StartAsync(
                    "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "1000", "--cluster-port", $"{RedisServer.FreePort()}",
                    "--cluster-replica-validity-factor", "0", "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"));
            }

            await cluster.FormAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server that was master of a token's slot at the start.</summary>
    public async Task<RedisServer> MasterOfAsync(TokenKey key) =>
        _servers[int.Parse(Number(await _servers.First(server => server.Lives).AskAsync("CLUSTER", "KEYSLOT", "infolink:token:" + key.Text)), CultureInfo.InvariantCulture) * Masters / Slots];

    public RedisServer ReplicaOf(RedisServer master) => _servers[_servers.IndexOf(master) + Masters];

    /// <summary>From now on what a master acknowledges does not reach its replica, which lives.</summary>
    public async Task CutReplicationAsync(RedisServer master)
    {
        ReplicaOf(master).Freeze();
        await master.AskAsync("CLIENT", "KILL", "TYPE", "replica");
    }

    /// <summary>The master dies, and its replica, with what it had, takes over.</summary>
    public async Task FailOverAsync(RedisServer master)
    {
        await master.KillAsync();
        ReplicaOf(master).Thaw();
        await UntilAsync(ReplicaOf(master), "role:master", "INFO", "replication");
        foreach (var server in _servers.Where(server => server.Lives))
        {
            await UntilAsync(server, "cluster_state:ok", "CLUSTER", "INFO");
        }

        _masters[_servers.IndexOf(master)] = ReplicaOf(master);
    }

    /// <summary>Everything that lies in any of those that live.</summary>
    public async Task<byte[]> DumpAsync() =>
        [.. (await Task.WhenAll(_servers.Where(server => server.Lives).Select(server => server.DumpAsync()))).SelectMany(dump => dump)];

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task FormAsync()
    {
        var ids = new List<string>();
        foreach (var (server, i) in _servers.Select((server, i) => (server, i)))
        {
            ids.Add(Text(await server.AskAsync("CLUSTER", "MYID")));
            if (i < Masters)
            {
                await server.AskAsync("CLUSTER", "SET-CONFIG-EPOCH", $"{i + 1}");
                await server.AskAsync("CLUSTER", "ADDSLOTSRANGE", $"{((i * Slots) + Masters - 1) / Masters}", $"{((((i + 1) * Slots) + Masters - 1) / Masters) - 1}");
            }

            var bus = Text(await server.AskAsync("CONFIG", "GET", "cluster-port"));
            await _servers[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", $"{server.Port}", bus);
        }

        for (var i = Masters; i < _servers.Count; i++)
        {
            await UntilAsync(_servers[i], $"cluster_known_nodes:{_servers.Count}", "CLUSTER", "INFO");
            await UntilAsync(_servers[i], "+OK", "CLUSTER", "REPLICATE", ids[i - Masters]);
            await UntilAsync(_servers[i], "master_link_status:up", "INFO", "replication");
        }

        foreach (var server in _servers)
        {
            await UntilAsync(server, "cluster_state:ok", "CLUSTER", "INFO");
            await UntilAsync(server, Count("slave", Masters), "CLUSTER", "NODES");
        }

        static Func<string, bool> Count(string word, int times) => answer => answer.Split(word).Length == times + 1;
    }

    private static Task UntilAsync(RedisServer server, string says, params string[] words) =>
        UntilAsync(server, answer => answer.Contains(says, StringComparison.Ordinal), words);

    private static async Task UntilAsync(RedisServer server, Func<string, bool> says, params string[] words)
    {
        var waited = Stopwatch.StartNew();
        for (var answer = ""; !says(answer); await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System))
        {
            answer = Encoding.UTF8.GetString(await server.AskAsync(words));
            Assert.True(waited.Elapsed < TestNetwork.Patience, $"Redis Cluster: {string.Join(' ', words)} still says: {answer}");
        }
    }

    private static string Number(byte[] answer) => Encoding.ASCII.GetString(answer).Trim(':', '\r', '\n');

    /// <summary>The last line of an answer: of a bulk string its text, of a setting its value.</summary>
    private static string Text(byte[] answer) => Encoding.UTF8.GetString(answer).TrimEnd().Split("\r\n")[^1];
}
