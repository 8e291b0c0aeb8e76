using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Host.Asking;

/// <summary>
/// The same call with the same <c>Idempotency-Key</c> is made once, for a day. Its reply, which may hold what was answered, is kept in memory alone and for ten minutes; that it was made is kept in a file, so that after
/// a restart the same key asks nobody twice: it is refused, and names the exchange where it is known. A caller who goes away stops nothing: it asks again under its key.
/// </summary>
internal sealed class Repeats : IDisposable
{
    /// <summary>How long a key stands for its question.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>How long a reply is held.</summary>
    public static readonly TimeSpan Held = TimeSpan.FromMinutes(10);

    private const int MostKeys = 1_000_000;
    private const int MostHeld = 10_000;
    private const int MostHeldBytes = 64 * 1024 * 1024;
    private const int Scope = 16;
    private readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);

    /// <summary>Replies that are held, the first to go first.</summary>
    private readonly Queue<(string Name, DateTimeOffset Until, int Bytes)> _held = new();

    private readonly string _connection;
    private readonly byte[] _key;
    private readonly TimeProvider _time;
    private long _heldBytes;

    private Repeats(string connection, byte[] key, TimeProvider time) => (_connection, _key, _time) = (connection, key, time);

    /// <param name="path">The file.</param>
    /// <param name="contentKey">The agency's content key: keys and questions stand in the file under a key made of it, since a question can be guessed.</param>
    /// <param name="time">The clock.</param>
    public static Repeats Open(string path, byte[] contentKey, TimeProvider time)
    {
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, contentKey, HMACSHA256.HashSizeInBytes, salt: null, "infolink/repeats/v1"u8.ToArray());
        var repeats = new Repeats(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString(), key, time);
        using var connection = repeats.Connect();
        connection.Execute("PRAGMA journal_mode=WAL");
        connection.Execute("CREATE TABLE IF NOT EXISTS repeat(key BLOB PRIMARY KEY, question BLOB NOT NULL, begun_ms INTEGER NOT NULL, exchanges TEXT NOT NULL DEFAULT '') WITHOUT ROWID");
        connection.Execute("CREATE INDEX IF NOT EXISTS repeat_begun ON repeat(begun_ms)");
        return repeats;
    }

    /// <summary>Makes the call, or gives the reply of the one that was made.</summary>
    /// <param name="caller">Whose key it is; callers do not meet.</param>
    /// <param name="key">The caller's idempotency key.</param>
    /// <param name="question">What is asked, byte by byte.</param>
    /// <param name="make">Makes the call; its cancellation is <see cref="GiveUp"/>'s, not the caller's.</param>
    /// <param name="cancellation">The caller's: it stops waiting.</param>
    /// <returns>The reply, and whether it was made for an earlier call.</returns>
    public async Task<(LocalReply Reply, bool IsAgain)> OnceAsync(
        string caller, string key, byte[] question, Func<CancellationToken, Task<LocalReply>> make, CancellationToken cancellation)
    {
        Forget();
        var (name, fingerprint) = (NameOf(caller, key), Tag(question));
        var mine = new Running(fingerprint);
        var running = _running.GetOrAdd(name, mine);
        if (!CryptographicOperations.FixedTimeEquals(running.Question, fingerprint))
        {
            return (LocalReply.Refused(new Refusal(RefusalName.RepeatedDifferently, "another question")), false);
        }

        if (!ReferenceEquals(running, mine))
        {
            return (await running.Reply.Task.WaitAsync(cancellation), true);
        }

        _ = Task.Run(() => MakeAsync(name, mine, make), CancellationToken.None);
        return (await mine.Reply.Task.WaitAsync(cancellation), false);
    }

    /// <summary>Gives a call up that is under way.</summary>
    /// <returns>False: there is none of this key.</returns>
    public bool GiveUp(string caller, string key)
    {
        if (!_running.TryGetValue(NameOf(caller, key), out var running) || running.Reply.Task.IsCompleted)
        {
            return false;
        }

        running.Stop.Cancel();
        return true;
    }

    public void Dispose()
    {
        foreach (var running in _running.Values)
        {
            running.Stop.Cancel();
        }

        CryptographicOperations.ZeroMemory(_key);
    }

    private async Task MakeAsync(string name, Running mine, Func<CancellationToken, Task<LocalReply>> make)
    {
        try
        {
            // Durable before anybody is asked.
            if (await WhyNotBeginAsync(name, mine.Question) is { } refusal)
            {
                _running.TryRemove(name, out _);
                mine.Reply.SetResult(LocalReply.Refused(refusal.Refusal, refusal.Exchanges));
                return;
            }

            var reply = await make(mine.Stop.Token);
            if (!reply.IsFinal)
            {
                await UnsayAsync(name);
                _running.TryRemove(name, out _);
            }
            else
            {
                await EndAsync(name, ExchangesIn(reply));
                lock (_held)
                {
                    _held.Enqueue((name, _time.GetUtcNow() + Held, reply.Json.Length));
                    _heldBytes += reply.Json.Length;
                }
            }

            mine.Reply.SetResult(reply);
        }
        catch (OperationCanceledException)
        {
            _running.TryRemove(name, out _);
            mine.Reply.SetResult(LocalReply.Refused(new Refusal(RefusalName.AnswerLost, "given up")));
        }
        catch (Exception fault)
        {
            _running.TryRemove(name, out _);
            mine.Reply.SetException(fault);
        }
    }

    private async Task<(Refusal Refusal, string? Exchanges)?> WhyNotBeginAsync(string name, byte[] question)
    {
        var now = _time.GetUtcNow();
        await using var connection = Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync("DELETE FROM repeat WHERE begun_ms < @old", new { old = (now - Kept).ToUnixTimeMilliseconds() }, transaction);
        var there = await connection.QuerySingleOrDefaultAsync<(byte[] Question, string Exchanges)?>(
            "SELECT question, exchanges FROM repeat WHERE key = @key", new { key = Convert.FromHexString(name) }, transaction);
        if (there is { } known)
        {
            return CryptographicOperations.FixedTimeEquals(known.Question, question)
                ? (new Refusal(RefusalName.RepeatedDifferently, "its answer is not held any more"), known.Exchanges.Length > 0 ? known.Exchanges : null)
                : (new Refusal(RefusalName.RepeatedDifferently, "another question"), null);
        }

        if (await connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM repeat", transaction: transaction) >= MostKeys)
        {
            return (new Refusal(RefusalName.Overloaded, "idempotency keys of one day"), null);
        }

        await connection.ExecuteAsync(
            "INSERT INTO repeat(key, question, begun_ms) VALUES (@key, @question, @begun)",
            new { key = Convert.FromHexString(name), question, begun = now.ToUnixTimeMilliseconds() },
            transaction);
        await transaction.CommitAsync();
        return null;
    }

    private async Task UnsayAsync(string name)
    {
        await using var connection = Connect();
        await connection.ExecuteAsync("DELETE FROM repeat WHERE key = @key", new { key = Convert.FromHexString(name) });
    }

    private async Task EndAsync(string name, string exchanges)
    {
        await using var connection = Connect();
        await connection.ExecuteAsync("UPDATE repeat SET exchanges = @exchanges WHERE key = @key", new { exchanges, key = Convert.FromHexString(name) });
    }

    /// <summary>Replies whose time is over, and the oldest where they are too much.</summary>
    private void Forget()
    {
        var now = _time.GetUtcNow();
        lock (_held)
        {
            while (_held.TryPeek(out var first) && (first.Until <= now || _held.Count > MostHeld || _heldBytes > MostHeldBytes))
            {
                _held.Dequeue();
                _running.TryRemove(first.Name, out _);
                _heldBytes -= first.Bytes;
            }
        }
    }

    private static string ExchangesIn(LocalReply reply)
    {
        using var json = JsonDocument.Parse(reply.Json);
        return string.Join(' ', In(json.RootElement).Distinct(StringComparer.Ordinal));

        static IEnumerable<string> In(JsonElement element) => element.TryGetProperty("exchangeId", out var id)
            ? [id.GetString()!]
            : element.TryGetProperty("results", out var results)
                ? results.EnumerateArray().SelectMany(result => result.EnumerateObject().SelectMany(part => In(part.Value)))
                : [];
    }

    private string NameOf(string caller, string key) => Convert.ToHexStringLower(Tag([.. SHA256.HashData(Encoding.UTF8.GetBytes(caller)).AsSpan(0, Scope), .. Encoding.UTF8.GetBytes(key)]));

    private byte[] Tag(byte[] text) => HMACSHA256.HashData(_key, text);

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        connection.Execute("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
        return connection;
    }

    private sealed class Running(byte[] question)
    {
        public byte[] Question { get; } = question;

        public TaskCompletionSource<LocalReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationTokenSource Stop { get; } = new();
    }
}
