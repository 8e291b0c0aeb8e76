using System.Data.Common;
using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Transparency;

/// <summary>The log's SQL, one text for every store.</summary>
internal static class EntrySql
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS log(
          id             INTEGER PRIMARY KEY CHECK (id = 1),
          origin         TEXT NOT NULL,
          schema_version INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS entry(
          serial            INTEGER PRIMARY KEY,
          event             INTEGER NOT NULL,
          time_ms           BIGINT NOT NULL,
          exchange_id       BLOB NOT NULL,
          open_part         BLOB NOT NULL,
          salt              BLOB NOT NULL,
          private_root      BLOB NOT NULL,
          particulars       BLOB,
          particulars_salt  BLOB);
        CREATE TABLE IF NOT EXISTS subject(
          serial         BIGINT NOT NULL,
          position       INTEGER NOT NULL,
          subject_index  BIGINT NOT NULL,
          outcome        INTEGER NOT NULL,
          leaf           BLOB NOT NULL,
          seed           BLOB,
          tag            BLOB,
          display_hold   INTEGER NOT NULL,
          own_link_code  BLOB,
          evidence       BLOB,
          PRIMARY KEY (serial, position));
        CREATE INDEX IF NOT EXISTS entry_exchange ON entry(exchange_id, event);
        CREATE INDEX IF NOT EXISTS entry_event ON entry(event, time_ms);
        """;

    public const string InsertEntry = """
        INSERT INTO entry(serial, event, time_ms, exchange_id, open_part, salt, private_root, particulars, particulars_salt)
        VALUES (@serial, @event, @time_ms, @exchange_id, @open_part, @salt, @private_root, @particulars, @particulars_salt)
        """;

    public const string InsertSubject = """
        INSERT INTO subject(serial, position, subject_index, outcome, leaf, seed, tag, display_hold, own_link_code, evidence)
        VALUES (@serial, @position, @subject_index, @outcome, @leaf, @seed, @tag, @display_hold, @own_link_code, @evidence)
        """;

    public const string SelectFrom = SelectEntry + " WHERE serial >= @fromSerial ORDER BY serial LIMIT @count";

    public const string SelectExchange = SelectEntry + " WHERE exchange_id = @exchange ORDER BY serial LIMIT 1000";

    public const string SelectOpen = """
        SELECT opened.exchange_id FROM entry opened
        WHERE opened.event = @opened AND opened.time_ms >= @from AND opened.time_ms < @until
          AND NOT EXISTS (
            SELECT 1 FROM entry closed WHERE closed.exchange_id = opened.exchange_id AND closed.event IN @closed)
        GROUP BY opened.exchange_id
        ORDER BY MIN(opened.time_ms)
        LIMIT @limit
        """;

    private const string SelectEntry = "SELECT serial, open_part, salt, private_root, particulars FROM entry";

    private const string SelectSubjects = """
        SELECT serial, subject_index, outcome, leaf, seed, tag, display_hold, own_link_code, evidence FROM subject
        WHERE serial IN @serials ORDER BY serial, position
        """;

    public static IEnumerable<string> EntryParameters { get; } =
        ["@serial", "@event", "@time_ms", "@exchange_id", "@open_part", "@salt", "@private_root", "@particulars", "@particulars_salt"];

    public static IEnumerable<string> SubjectParameters { get; } =
        ["@serial", "@position", "@subject_index", "@outcome", "@leaf", "@seed", "@tag", "@display_hold", "@own_link_code", "@evidence"];

    public static object?[] EntryValues(long serial, NewEntry entry) =>
    [
        serial, (int)entry.Open.Event, entry.Open.TimeMs, entry.Open.ExchangeId.ToByteArray(), entry.OpenPart, entry.Salt,
        entry.PrivateRoot.ToArray(), entry.Particulars, entry.ParticularsSalt,
    ];

    public static object?[] SubjectValues(long serial, int position, NewSubject subject) =>
    [
        serial, position, (long)subject.Leaf.Index, (int)subject.Leaf.Outcome, subject.Leaf.ToBytes(), subject.Seed, subject.Tag,
        subject.DisplayHold ? 1 : 0, subject.OwnLinkCode, subject.Evidence,
    ];

    public static async Task<IReadOnlyList<StoredEntry>> ReadAsync(
        DbConnection connection, string sql, object parameters, CancellationToken cancellation)
    {
        var entries = (await connection.QueryAsync<EntryRow>(new CommandDefinition(sql, parameters, cancellationToken: cancellation))).ToList();
        if (entries.Count == 0)
        {
            return [];
        }

        var serials = entries.Select(entry => entry.serial);
        var rows = await connection.QueryAsync<SubjectRow>(new CommandDefinition(SelectSubjects, new { serials }, cancellationToken: cancellation));
        var subjects = rows.ToLookup(row => row.serial, row => row.ToSubject());
        return [.. entries.Select(entry => entry.ToEntry([.. subjects[entry.serial]]))];
    }

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    private sealed class EntryRow
    {
        public long serial { get; init; }

        public byte[] open_part { get; init; } = [];

        public byte[] salt { get; init; } = [];

        public byte[] private_root { get; init; } = [];

        public byte[]? particulars { get; init; }

        public StoredEntry ToEntry(IReadOnlyList<StoredSubject> subjects) => new(
            serial,
            open_part,
            salt,
            Sha256Digest.FromBytes(private_root),
            particulars is null ? null : Particulars.Parser.ParseFrom(particulars),
            subjects);
    }

    private sealed class SubjectRow
    {
        public long serial { get; init; }

        public long subject_index { get; init; }

        public int outcome { get; init; }

        public byte[] leaf { get; init; } = [];

        public byte[]? seed { get; init; }

        public byte[]? tag { get; init; }

        public long display_hold { get; init; }

        public byte[]? own_link_code { get; init; }

        public byte[]? evidence { get; init; }

        public StoredSubject ToSubject() => new((uint)subject_index, (SubjectOutcome)outcome, leaf, seed, tag, display_hold != 0, own_link_code, evidence);
    }
#pragma warning restore IDE1006, CA1812
}
