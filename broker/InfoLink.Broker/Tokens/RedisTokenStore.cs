using InfoLink.Contracts.Tokens;
using StackExchange.Redis;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// Tokens in Redis (7.0), so that they outlive the broker's process: one hash for each token, moved from issued to redeemed by a compare-and-set script.
/// Redis sees a hash of the token's id and a grant sealed under a key that only the token opens.
/// </summary>
/// <remarks>
/// Each script touches one key, so the same scripts run on Redis Cluster, and brokers in any number share one. After a failover the connection is
/// configured anew at failures, at most once in <see cref="LeastBetweenLooks"/>: by itself it would look for the dead master on.
/// </remarks>
internal sealed class RedisTokenStore : ITokenStore
{
    private const string Prefix = "infolink:token:";

    // st: i(ssued), r(edeemed), x (revoked) · g: sealed grant · a: the attempt that redeemed · u: keep until, once redeemed (ms)
    private const string IssueScript = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        redis.call('HSET', KEYS[1], 'st', 'i', 'g', ARGV[1], 'u', ARGV[3])
        redis.call('PEXPIREAT', KEYS[1], ARGV[2])
        return 1
        """;

    private const string RedeemScript = """
        local st = redis.call('HGET', KEYS[1], 'st')
        if not st then return 'unknown' end
        if st == 'x' then return 'revoked' end
        if st == 'r' then
          if redis.call('HGET', KEYS[1], 'a') == ARGV[1] then return 'repeated' end
          return 'spent'
        end
        redis.call('HSET', KEYS[1], 'st', 'r', 'a', ARGV[1])
        redis.call('PEXPIREAT', KEYS[1], redis.call('HGET', KEYS[1], 'u'))
        return 'first'
        """;

    private const string RevokeScript = """
        if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'st', 'x') end
        return 1
        """;

    private const string FindScript = """
        if redis.call('HGET', KEYS[1], 'st') == 'x' then return false end
        return redis.call('HGET', KEYS[1], 'g')
        """;

    private static readonly TimeSpan LeastBetweenLooks = TimeSpan.FromSeconds(1);

    private readonly ConnectionMultiplexer _connection;
    private readonly TimeProvider _time;
    private readonly Lock _looking = new();
    private Task _look = Task.CompletedTask;
    private long _lookedAt;

    private RedisTokenStore(ConnectionMultiplexer connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Connects; where Redis is away it goes on trying in the background, and calls fail until it is there.</summary>
    /// <param name="endpoints"><c>host:port</c>, comma-separated for a cluster.</param>
    /// <param name="time">For deadlines.</param>
    public static async Task<RedisTokenStore> ConnectAsync(string endpoints, TimeProvider time)
    {
        var options = ConfigurationOptions.Parse(endpoints);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = (int)TokenStoreLimits.Deadline.TotalMilliseconds;
        options.SyncTimeout = (int)TokenStoreLimits.Deadline.TotalMilliseconds;
        options.ClientName = "infolink-broker";
        var connection = await ConnectionMultiplexer.ConnectAsync(options);

        // Else all answers are handed out by one thread in order, and whoever computes on after one holds up every other call.
        connection.PreserveAsyncOrder = false;
        return new RedisTokenStore(connection, time);
    }

    public async Task IssueAsync(TokenKey key, byte[] sealedGrant, TokenTimes times, CancellationToken cancellation)
    {
        RedisValue[] arguments =
            [sealedGrant, times.UnusedUntil.ToUnixTimeMilliseconds(), times.RedeemedUntil.ToUnixTimeMilliseconds()];
        var issued = await RunAsync(IssueScript, key, arguments, cancellation);
        if ((long)issued != 1)
        {
            throw new TokenStoreException("A token of this id exists.");
        }
    }

    public async Task<byte[]?> FindAsync(TokenKey key, CancellationToken cancellation) =>
        (byte[]?)await RunAsync(FindScript, key, [], cancellation);

    public async Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt, CancellationToken cancellation) =>
        (string?)await RunAsync(RedeemScript, key, [attempt.ToArray()], cancellation) switch
        {
            "first" => Redemption.First,
            "repeated" => Redemption.Repeated,
            "spent" => Redemption.Spent,
            "revoked" => Redemption.Revoked,
            _ => Redemption.Unknown,
        };

    public Task RevokeAsync(TokenKey key, CancellationToken cancellation) => RunAsync(RevokeScript, key, [], cancellation);

    public async ValueTask DisposeAsync()
    {
        await _connection.CloseAsync(allowCommandsToComplete: false);
        _connection.Dispose();
    }

    private async Task<RedisResult> RunAsync(string script, TokenKey key, RedisValue[] arguments, CancellationToken cancellation)
    {
        try
        {
            return await _connection.GetDatabase()
                .ScriptEvaluateAsync(script, [Prefix + key.Text], arguments)
                .WaitAsync(TokenStoreLimits.Deadline, _time, cancellation);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            LookForMasters();
            throw new TokenStoreException("Redis did not answer the token store.", exception);
        }
    }

    /// <summary>Asks the servers who is master now. One look at a time, and not too often; a call that failed does not wait for it.</summary>
    private void LookForMasters()
    {
        lock (_looking)
        {
            if (!_look.IsCompleted || _time.GetElapsedTime(_lookedAt) < LeastBetweenLooks)
            {
                return;
            }

            _lookedAt = _time.GetTimestamp();
            _look = Task.Run(LookAsync);
        }

        async Task LookAsync()
        {
            try
            {
                await _connection.ConfigureAsync();
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
            {
                // Nobody answers yet: the next call that fails looks again, and says so to its caller.
            }
        }
    }
}
