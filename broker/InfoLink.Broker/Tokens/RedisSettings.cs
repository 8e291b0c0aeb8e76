using StackExchange.Redis;

namespace InfoLink.Broker.Tokens;

/// <summary>What matters of Redis to the token store: of a cluster the worst of its servers.</summary>
/// <param name="Servers">Answered.</param>
/// <param name="MaxMemory">Bytes; 0: no limit. Null: it may not be asked.</param>
/// <param name="MaxMemoryPolicy">What it throws away when that is reached.</param>
/// <param name="AppendOnly">It keeps what it holds across a restart.</param>
internal sealed record RedisSettings(int Servers, long? MaxMemory, string MaxMemoryPolicy, bool AppendOnly)
{
    /// <summary>Servers of a cluster that do not answer.</summary>
    public int Away { get; init; }

    /// <summary>The loss of one master and its replicas stops a whole cluster, not a part of it.</summary>
    public bool StopsWhole { get; init; }

    /// <exception cref="TokenStoreException">It does not answer; the message never shows a password.</exception>
    public static async Task<RedisSettings> ReadAsync(string endpoints)
    {
        try
        {
            var options = ConfigurationOptions.Parse(endpoints);
            options.AbortOnConnectFail = true;
            options.ConnectRetry = 0;
            options.AllowAdmin = true; // CONFIG GET
            options.ConnectTimeout = (int)TokenStoreLimits.Deadline.TotalMilliseconds;
            using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            var all = connection.GetEndPoints().Select(endpoint => connection.GetServer(endpoint)).ToList();
            var there = all.Where(server => server.IsConnected).ToList();
            var away = all.Count - there.Count;
            try
            {
                var each = await Task.WhenAll(there.Select(ReadAsync));
                var worst = each.FirstOrDefault(server => server is { MaxMemory: > 0, MaxMemoryPolicy: not "noeviction" }) ?? each[0];
                return worst with { Servers = there.Count, Away = away, AppendOnly = each.All(server => server.AppendOnly), StopsWhole = each.Any(server => server.StopsWhole) };
            }
            catch (RedisServerException)
            {
                // An access list that does not allow CONFIG: what cannot be asked is not judged.
                return new RedisSettings(there.Count, null, "", AppendOnly: false) { Away = away };
            }
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ArgumentException)
        {
            throw new TokenStoreException("Redis does not answer.", fault);
        }
    }

    private static async Task<RedisSettings> ReadAsync(IServer server)
    {
        var settings = (await server.ConfigGetAsync("*")).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        return new RedisSettings(1, long.TryParse(settings.GetValueOrDefault("maxmemory"), out var bytes) ? bytes : null, settings.GetValueOrDefault("maxmemory-policy") ?? "", Is("appendonly"))
        {
            StopsWhole = server.ServerType == ServerType.Cluster && Is("cluster-require-full-coverage"),
        };

        bool Is(string setting) => string.Equals(settings.GetValueOrDefault(setting), "yes", StringComparison.Ordinal);
    }
}
