using Dapper;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Ledger;

/// <summary>
/// The provider's own durable ledger of spent tokens: the authority for "spent", since a token names exactly one provider, and the broker's
/// store may forget what it acknowledged. A token is entered, durably, before it is redeemed and before any value is read.
/// </summary>
/// <remarks>
/// A ledger cannot know what it has lost: after a restore it looks as it did. So every opening by a process sets a mark, and tokens issued
/// before the mark and the clocks' skew are refused as LEDGER-REOPENED: the requester asks again. The one exception is the first opening,
/// within the hour, of a ledger that was made together with the agency's identity: no token could name the agency before. That it was
/// opened stands in the lease file too, so that a backup of the ledger is not as new as it was.
/// </remarks>
internal sealed class SpentLedger : IDisposable
{
    /// <summary>Most tokens held; beyond it nothing is answered until some are past their time.</summary>
    public const int Capacity = 5_000_000;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS opening(
          id              INTEGER PRIMARY KEY CHECK (id = 1),
          unused_since_ms INTEGER);
        CREATE TABLE IF NOT EXISTS spent(
          token   BLOB PRIMARY KEY,
          attempt BLOB NOT NULL,
          keep_ms INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS spent_keep ON spent(keep_ms);
        """;

    private static readonly TimeSpan FirstOpeningWithin = TimeSpan.FromHours(1);
    private readonly SqliteConnection _connection;
    private readonly FileStream _lease;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private int _sincePruning;
    private long _held;

    private SpentLedger(SqliteConnection connection, FileStream lease, TimeProvider time, DateTimeOffset acceptsFrom)
    {
        _connection = connection;
        _lease = lease;
        _time = time;
        _held = connection.ExecuteScalar<long>("SELECT COUNT(*) FROM spent");
        AcceptsFrom = acceptsFrom;
    }

    /// <summary>Tokens issued before this are refused.</summary>
    public DateTimeOffset AcceptsFrom { get; }

    /// <summary>Makes a ledger that no token can predate: only together with a new identity key.</summary>
    /// <exception cref="IOException">There is a ledger already.</exception>
    public static void CreateWithIdentity(string path, TimeProvider time)
    {
        using (new FileStream(path, FileMode.CreateNew))
        {
            // The file is claimed; SQLite fills it.
        }

        using var connection = Connect(path);
        connection.Execute("INSERT INTO opening(id, unused_since_ms) VALUES (1, @now)", new { now = time.GetUtcNow().ToUnixTimeMilliseconds() });
        SqliteConnection.ClearPool(connection);
    }

    /// <summary>Opens the ledger for this process alone.</summary>
    /// <exception cref="IOException">Another process holds it.</exception>
    public static SpentLedger Open(string path, TimeProvider time)
    {
        var lease = new FileStream(path + ".lease", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            return Open(path, lease, time);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private static SpentLedger Open(string path, FileStream lease, TimeProvider time)
    {
        var openedBefore = lease.Length > 0;
        lease.WriteByte((byte)'1');
        lease.Flush(flushToDisk: true);
        var connection = Connect(path);
        var now = time.GetUtcNow();
        var unusedSince = connection.ExecuteScalar<long?>("SELECT unused_since_ms FROM opening WHERE id = 1");
        connection.Execute(
            "INSERT INTO opening(id, unused_since_ms) VALUES (1, NULL) ON CONFLICT (id) DO UPDATE SET unused_since_ms = NULL");
        var brandNew = !openedBefore && unusedSince is { } since && now - DateTimeOffset.FromUnixTimeMilliseconds(since) < FirstOpeningWithin;
        return new SpentLedger(connection, lease, time, brandNew ? DateTimeOffset.MinValue : now + TokenRules.ClockSkew);
    }

    /// <summary>Spends a token; durable when nothing stands against it.</summary>
    /// <returns>Null: spent by this attempt, now. Else TOKEN-SPENT, or LEDGER-REOPENED with the time after which to ask again.</returns>
    /// <exception cref="LedgerUnavailableException">The ledger cannot be written.</exception>
    public Refusal? WhyNotSpend(TokenClaims claims, AttemptId attempt)
    {
        if (claims.IssuedAt < AcceptsFrom)
        {
            return new Refusal(RefusalName.LedgerReopened, RetryAfter: UntilAccepted(claims.IssuedAt));
        }

        try
        {
            return TrySpend(claims.TokenId, attempt, claims.Expires) ? null : new Refusal(RefusalName.TokenSpent);
        }
        catch (SqliteException fault)
        {
            throw new LedgerUnavailableException("The ledger of spent tokens could not be written.", fault);
        }
    }

    /// <summary>
    /// It is the broker's clock that must pass the mark, and the token shows how far that is; a token that was long on its way does not
    /// make it longer than the skew allows. One second more, since tokens are dated in whole ones.
    /// </summary>
    private TimeSpan UntilAccepted(DateTimeOffset issued)
    {
        var byToken = AcceptsFrom - issued;
        var atMost = AcceptsFrom - _time.GetUtcNow() + TokenRules.ClockSkew;
        return (byToken < atMost ? byToken : atMost) + TimeSpan.FromSeconds(1);
    }

    private bool TrySpend(TokenId token, AttemptId attempt, DateTimeOffset expires)
    {
        lock (_gate)
        {
            Prune();
            var entered = _connection.Execute(
                "INSERT INTO spent(token, attempt, keep_ms) VALUES (@key, @attempt, @keep) ON CONFLICT (token) DO NOTHING",
                new { key = token.StoreKey(), attempt = attempt.ToArray(), keep = (expires + TokenRules.Afterlife).ToUnixTimeMilliseconds() });
            _held += entered;
            return entered == 1;
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        SqliteConnection.ClearPool(_connection);
        _lease.Dispose();
    }

    private void Prune()
    {
        const int Every = 1000;
        if (_sincePruning++ % Every != 0)
        {
            return;
        }

        const int Slice = 5 * Every; // Faster than it fills, and never long.
        _held -= _connection.Execute(
            "DELETE FROM spent WHERE token IN (SELECT token FROM spent WHERE keep_ms < @now LIMIT @Slice)",
            new { now = _time.GetUtcNow().ToUnixTimeMilliseconds(), Slice });
        if (_held >= Capacity)
        {
            throw new LedgerUnavailableException("The ledger of spent tokens is full.");
        }
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString());
        connection.Open();
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        connection.Execute(Schema);
        return connection;
    }
}

/// <summary>The ledger cannot be written, so nothing is answered.</summary>
internal sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
