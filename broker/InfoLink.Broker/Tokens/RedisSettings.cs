using StackExchange.Redis;

namespace InfoLink.Broker.Tokens;

/// <summary>What matters of Redis to the token store.</summary>
/// <param name="Servers">Answered.</param>
/// <param name="MaxMemory">Bytes; 0: no limit. Null: it may not be asked.</param>
/// <param name="MaxMemoryPolicy">What it throws away when that is reached.</param>
/// <param name="AppendOnly">It keeps what it holds across a restart.</param>
internal sealed record RedisSettings(int Servers, long? MaxMemory, string MaxMemoryPolicy, bool AppendOnly)
{
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
            var servers = connection.GetEndPoints().Select(endpoint => connection.GetServer(endpoint)).Where(server => server.IsConnected).ToList();
            var (memory, policy, appendOnly) = ((long?)null, "", false);
            try
            {
                var settings = (await servers[0].ConfigGetAsync("*")).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
                memory = long.TryParse(settings.GetValueOrDefault("maxmemory"), out var bytes) ? bytes : null;
                policy = settings.GetValueOrDefault("maxmemory-policy") ?? "";
                appendOnly = string.Equals(settings.GetValueOrDefault("appendonly"), "yes", StringComparison.Ordinal);
            }
            catch (RedisServerException)
            {
                // An access list that does not allow CONFIG: what cannot be asked is not judged.
            }

            return new RedisSettings(servers.Count, memory, policy, appendOnly);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ArgumentException)
        {
            throw new TokenStoreException("Redis does not answer.", fault);
        }
    }
}
