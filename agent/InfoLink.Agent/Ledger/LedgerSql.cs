using System.Data.Common;
using System.Security.Cryptography;
using Dapper;

namespace InfoLink.Agent.Ledger;

/// <summary>The ledger's SQL, one text for every store.</summary>
internal static class LedgerSql
{
    /// <summary>Enters a token under the current opening, once.</summary>
    public const string Spend = """
        INSERT INTO spent(token, attempt, keep_ms)
        SELECT @token, @attempt, @keep_ms WHERE EXISTS (SELECT 1 FROM opening WHERE id = 1 AND epoch = @epoch)
        ON CONFLICT (token) DO NOTHING
        """;

    /// <summary>1 while the opening is the current one.</summary>
    public const string IsCurrent = "SELECT COUNT(*) FROM opening WHERE id = 1 AND epoch = @epoch";

    public const string Count = "SELECT COUNT(*) FROM spent";

    private const string Reopen = """
        INSERT INTO opening(id, epoch, accepts_from_ms, store, unused_since_ms) VALUES (1, @epoch, @acceptsFrom, @store, NULL)
        ON CONFLICT (id) DO UPDATE SET epoch = @epoch, accepts_from_ms = @acceptsFrom, store = @store, unused_since_ms = NULL
        """;

    /// <summary>From each version of the schema to the next; what was released is never changed. The first also fits files without a version.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE ledger(
          id             INTEGER PRIMARY KEY CHECK (id = 1),
          schema_version INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS opening(
          id              INTEGER PRIMARY KEY CHECK (id = 1),
          unused_since_ms BIGINT);
        CREATE TABLE IF NOT EXISTS spent(
          token   BLOB PRIMARY KEY,
          attempt BLOB NOT NULL,
          keep_ms BIGINT NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS spent_keep ON spent(keep_ms);
        """,
        """
        ALTER TABLE opening ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE opening ADD COLUMN accepts_from_ms BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE opening ADD COLUMN store TEXT NOT NULL DEFAULT '';
        """,
    ];

    /// <summary>Removes a few of those whose time is over.</summary>
    /// <param name="locking">How rows that another process removes at the same time are passed over.</param>
    public static string Prune(string locking = "") =>
        $"DELETE FROM spent WHERE token IN (SELECT token FROM spent WHERE keep_ms < @now ORDER BY keep_ms LIMIT @atMost {locking})";

    /// <summary>
    /// Makes the tables, or brings them up to this version of the program: whether there is a table <c>ledger</c>, and how a step reads in
    /// the store's own words, the store knows.
    /// </summary>
    /// <exception cref="InvalidOperationException">A later version of the program made them.</exception>
    public static async Task UpgradeAsync(
        DbConnection connection, DbTransaction transaction, bool exists, Func<string, string> dialect, CancellationToken cancellation)
    {
        var version = exists ? await connection.ExecuteScalarAsync<int>(Command("SELECT schema_version FROM ledger WHERE id = 1")) : 0;
        if (version > Steps.Length)
        {
            throw new InvalidOperationException($"its tables are of version {version}, made by a later version of this program, which knows {Steps.Length}.");
        }

        if (version == Steps.Length)
        {
            return;
        }

        foreach (var step in Steps[version..])
        {
            await connection.ExecuteAsync(Command(dialect(step)));
        }

        await connection.ExecuteAsync(Command(
            "INSERT INTO ledger(id, schema_version) VALUES (1, @latest) ON CONFLICT (id) DO UPDATE SET schema_version = @latest"));

        CommandDefinition Command(string sql) => new(sql, new { latest = Steps.Length }, transaction, cancellationToken: cancellation);
    }

    /// <summary>Makes a new opening of the store of this identity: the current one from now on.</summary>
    public static async Task<Opening> ReopenAsync(
        DbConnection connection, DateTimeOffset acceptsFrom, string store, CancellationToken cancellation)
    {
        var epoch = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var values = new { epoch, acceptsFrom = acceptsFrom.ToUnixTimeMilliseconds(), store };
        await connection.ExecuteAsync(new CommandDefinition(Reopen, values, cancellationToken: cancellation));
        return new Opening(epoch, acceptsFrom);
    }
}
