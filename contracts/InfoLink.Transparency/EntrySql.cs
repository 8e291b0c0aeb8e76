using System.Globalization;
using InfoLink.Contracts.Records;

namespace InfoLink.Transparency;

/// <summary>
/// The log's SQL: one text for every store but for what <see cref="SqlDialect"/> names. One database holds one log or, where several brokers
/// share it, several, each by its <c>shard</c>.
/// </summary>
internal static class EntrySql
{
    /// <summary>Version of <see cref="Schema"/>; a program opens its own alone. No older one was ever released, so there is no step from it.</summary>
    public const int SchemaVersion = 2;

    public const string Schema = """
        CREATE TABLE IF NOT EXISTS log_schema(
          id      INTEGER PRIMARY KEY CHECK (id = 1),
          version INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS log(
          shard   INTEGER PRIMARY KEY,
          origin  TEXT NOT NULL UNIQUE,
          writer  BIGINT NOT NULL,
          size    BIGINT NOT NULL,
          root    {blob} NOT NULL,
          probe   BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS entry(
          {entry-key},
          event             INTEGER NOT NULL,
          time_ms           BIGINT NOT NULL,
          exchange_id       {blob} NOT NULL,
          open_digest       {blob} NOT NULL,
          private_root      {blob} NOT NULL,
          salt              {blob},
          open_part         {blob},
          particulars       {blob},
          particulars_salt  {blob},
          subjects          {blob}{entry-primary});
        CREATE INDEX IF NOT EXISTS entry_exchange ON entry(exchange_id, event);
        CREATE INDEX IF NOT EXISTS entry_event ON entry(event, time_ms);
        CREATE TABLE IF NOT EXISTS content(
          shard     INTEGER NOT NULL,
          serial    BIGINT NOT NULL,
          position  INTEGER NOT NULL,
          sealed    {blob} NOT NULL,
          PRIMARY KEY (shard, serial, position));
        CREATE TABLE IF NOT EXISTS tile(
          shard   INTEGER NOT NULL,
          level   INTEGER NOT NULL,
          number  BIGINT NOT NULL,
          root    {blob} NOT NULL,
          hashes  {blob} NOT NULL,
          PRIMARY KEY (shard, level, number));
        CREATE TABLE IF NOT EXISTS checkpoint(
          shard    INTEGER NOT NULL,
          size     BIGINT NOT NULL,
          time_ms  BIGINT NOT NULL,
          note     {blob} NOT NULL,
          PRIMARY KEY (shard, time_ms));
        CREATE TABLE IF NOT EXISTS person_run(
          shard         INTEGER NOT NULL,
          run           BIGINT NOT NULL,
          level         INTEGER NOT NULL,
          first_serial  BIGINT NOT NULL,
          end_serial    BIGINT NOT NULL,
          PRIMARY KEY (shard, run));
        CREATE TABLE IF NOT EXISTS person_chunk(
          shard      INTEGER NOT NULL,
          run        BIGINT NOT NULL,
          first_key  {blob} NOT NULL,
          keys       {blob} NOT NULL,
          PRIMARY KEY (shard, run, first_key));
        """;

    public const string InsertLog = """
        INSERT INTO log(shard, origin, writer, size, root, probe)
        SELECT COALESCE(MAX(shard), 0) + 1, @origin, 0, 0, @root, 0 FROM log
        WHERE true
        ON CONFLICT (origin) DO NOTHING
        """;

    public const string SelectShard = "SELECT shard FROM log WHERE origin = @origin";

    public const string SelectOrigins = "SELECT origin FROM log ORDER BY shard";

    /// <summary>One statement, so that nobody claims between the count and its answer: two writers would hold one number.</summary>
    public const string Claim = "UPDATE log SET writer = writer + 1 WHERE shard = @shard RETURNING writer, size, root";

    public const string SelectClaim = "SELECT writer, size, root FROM log WHERE shard = @shard";

    /// <summary>The fence: an append moves the tree on from where it believes it stands, or does nothing.</summary>
    public const string Advance =
        "UPDATE log SET size = @after, root = @root WHERE shard = @shard AND writer = @writer AND size = @before";

    /// <summary>Nothing where the log has another writer.</summary>
    public const string Probe = "UPDATE log SET probe = probe + 1 WHERE shard = @shard AND writer = @writer";

    /// <summary>In the order of <see cref="Transparency.EntryColumns.Of"/>.</summary>
    public const string EntryColumns =
        "shard, serial, event, time_ms, exchange_id, open_digest, private_root, salt, open_part, particulars, particulars_salt, subjects";

    public const string ContentColumns = "shard, serial, position, sealed";

    public const string TileColumns = "shard, level, number, root, hashes";

    public const string SelectFrom = SelectEntry + " WHERE e.shard = @shard AND serial >= @fromSerial AND open_part IS NOT NULL ORDER BY serial LIMIT @count";

    public const string SelectExchange = SelectEntry + " WHERE exchange_id = @exchange AND open_part IS NOT NULL ORDER BY time_ms, e.shard, serial LIMIT 1000";

    public const string SelectBytes =
        "SELECT serial, open_digest, private_root FROM entry WHERE shard = @shard AND serial >= @fromSerial ORDER BY serial LIMIT @count";

    public const string SelectOpen = """
        SELECT opened.exchange_id FROM entry opened
        WHERE opened.shard = @shard AND opened.event = @opened AND opened.time_ms >= @from AND opened.time_ms < @until
          AND NOT EXISTS (
            SELECT 1 FROM entry closed WHERE closed.exchange_id = opened.exchange_id AND closed.event {in-closed})
        GROUP BY opened.exchange_id
        ORDER BY MIN(opened.time_ms)
        LIMIT @limit
        """;

    /// <summary>By serial alone, like <see cref="SelectApproved"/>: the sums keep the planner from the other indexes. A code may be met by chance in a seed, so who reads looks again.</summary>
    public const string SelectByCode = SelectEntry + """
         WHERE e.shard = @shard AND serial >= @from AND serial < @end AND open_part IS NOT NULL AND subjects IS NOT NULL
          AND (event + 0) {in-events} AND (time_ms + 0) >= @fromMs AND (time_ms + 0) <= @untilMs AND ({has-code})
        ORDER BY serial LIMIT @limit
        """;

    public const string SelectTile = "SELECT hashes FROM tile WHERE shard = @shard AND level = @level AND number = @number";

    public const string SelectTileRoots =
        "SELECT root FROM tile WHERE shard = @shard AND level = @level AND number >= @fromNumber ORDER BY number LIMIT @count";

    public const string SelectContent = "SELECT sealed FROM content WHERE shard = @shard AND serial = @serial AND position = @position";

    /// <summary>By size first: a clock that was set back does not bring an older one forward.</summary>
    public const string SelectPublished = "SELECT size, note FROM checkpoint WHERE shard = @shard ORDER BY size DESC, time_ms DESC LIMIT 1";

    /// <summary>The newest hour of checkpoints is kept whole, and before it the last of each day.</summary>
    public const string ThinCheckpoints = """
        DELETE FROM checkpoint WHERE shard = @shard AND time_ms < @hourAgo AND EXISTS (
          SELECT 1 FROM checkpoint later WHERE later.shard = checkpoint.shard AND later.time_ms > checkpoint.time_ms
            AND later.time_ms < @hourAgo AND later.time_ms / 86400000 = checkpoint.time_ms / 86400000)
        """;

    /// <summary>Of two within a millisecond the later one has more cosignatures.</summary>
    public const string Publish = """
        INSERT INTO checkpoint(shard, size, time_ms, note) VALUES (@shard, @size, @timeMs, @note)
        ON CONFLICT (shard, time_ms) DO UPDATE SET size = excluded.size, note = excluded.note WHERE excluded.size >= checkpoint.size
        """;

    public const string SelectSize = "SELECT size FROM log WHERE shard = @shard";

    public const string SelectRuns =
        "SELECT run, level, first_serial, end_serial FROM person_run WHERE shard = @shard ORDER BY first_serial";

    public const string SelectNextRun = "SELECT COALESCE(MAX(run), 0) + 1 FROM person_run WHERE shard = @shard";

    public const string InsertRun =
        "INSERT INTO person_run(shard, run, level, first_serial, end_serial) VALUES (@shard, @run, @level, @first, @end)";

    public const string InsertChunk = "INSERT INTO person_chunk(shard, run, first_key, keys) VALUES (@shard, @run, @first, @keys)";

    public const string SetRunLevel = "UPDATE person_run SET level = @level WHERE shard = @shard AND run = @run";

    public const string DeleteChunks = """
        DELETE FROM person_chunk WHERE shard = @shard AND run = @run AND first_key IN (
          SELECT first_key FROM person_chunk WHERE shard = @shard AND run = @run ORDER BY first_key LIMIT @count)
        """;

    public const string SelectNextChunk =
        "SELECT keys FROM person_chunk WHERE shard = @shard AND run = @run AND first_key > @after ORDER BY first_key LIMIT 1";

    public const string SelectChunks = """
        SELECT keys FROM person_chunk WHERE shard = @shard AND run = @run AND first_key <= @to AND first_key >= COALESCE(
          (SELECT first_key FROM person_chunk WHERE shard = @shard AND run = @run AND first_key <= @from ORDER BY first_key DESC LIMIT 1), @from)
        """;

    /// <summary>By serial alone: what an approval is, is looked at row by row, so that no other index is tempting.</summary>
    public const string SelectApproved = """
        SELECT serial, CASE WHEN event = @approved THEN subjects END AS subjects FROM entry
        WHERE shard = @shard AND serial >= @from AND serial < @end ORDER BY serial LIMIT @count
        """;

    private const string SelectEntry = """
        SELECT origin, serial, open_part, salt, private_root, particulars, particulars_salt, subjects
        FROM entry e JOIN log ON log.shard = e.shard
        """;
}

/// <summary>Where the two databases' SQL differs.</summary>
internal sealed record SqlDialect(string Blob, string EntryKey, string EntryPrimary, string InClosed, string InEvents, string HasCode)
{
    /// <summary>The serial is SQLite's own row id: appends go to the end of one tree. A file holds one log.</summary>
    public static SqlDialect Sqlite { get; } = new("BLOB", "shard INTEGER NOT NULL, serial INTEGER PRIMARY KEY", "", "IN @closed", "IN @events", "instr(subjects, @code{0}) > 0");

    public static SqlDialect Postgres { get; } = new(
        "BYTEA", "shard INTEGER NOT NULL, serial BIGINT NOT NULL", ", PRIMARY KEY (shard, serial)", "= ANY (@closed)", "= ANY (@events)", "position(@code{0} IN subjects) > 0");

    public string Write(string sql) => sql
        .Replace("{blob}", Blob, StringComparison.Ordinal)
        .Replace("{entry-key}", EntryKey, StringComparison.Ordinal)
        .Replace("{entry-primary}", EntryPrimary, StringComparison.Ordinal)
        .Replace("{in-closed}", InClosed, StringComparison.Ordinal)
        .Replace("{in-events}", InEvents, StringComparison.Ordinal);

    /// <summary>The same, for a search by so many codes.</summary>
    public string Write(string sql, int codes) => Write(sql).Replace(
        "{has-code}",
        string.Join(" OR ", Enumerable.Range(0, codes).Select(i => HasCode.Replace("{0}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))),
        StringComparison.Ordinal);
}

/// <summary>An entry's columns, in the order in which every store writes them.</summary>
internal static class EntryColumns
{
    public static object?[] Of(int shard, long serial, NewEntry entry) =>
    [
        shard, serial, (int)entry.Open.Event, entry.Open.TimeMs, entry.Open.ExchangeId.ToByteArray(),
        AccessEntry.OpenDigest(entry.Bytes).ToArray(), entry.PrivateRoot.ToArray(), entry.Salt, entry.OpenPart,
        entry.Particulars, entry.ParticularsSalt, entry.PackedSubjects,
    ];

    public static IEnumerable<object?[]> ContentsOf(int shard, long serial, NewEntry entry)
    {
        for (var position = 0; position < entry.Subjects.Count; position++)
        {
            if (entry.Subjects[position].SealedContent is { } content)
            {
                yield return [shard, serial, position, content];
            }
        }
    }
}
