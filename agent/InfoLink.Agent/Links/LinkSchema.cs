using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>The link table's file, and how it becomes what it is now from what an earlier version left.</summary>
internal static class LinkSchema
{
    private const int Version = 3;

    // One row of `person` for each human being here, under one code; under how many local identifiers is the agency's affair.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS person(
          number      INTEGER PRIMARY KEY,
          link_code   BLOB NOT NULL UNIQUE,
          state       INTEGER NOT NULL DEFAULT 0,
          why         TEXT,
          withheld    INTEGER NOT NULL DEFAULT 0,
          manual_only INTEGER NOT NULL DEFAULT 0,
          verified_ms INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX IF NOT EXISTS person_verified ON person(verified_ms);
        CREATE TABLE IF NOT EXISTS local_id(
          kind   TEXT NOT NULL,
          value  TEXT NOT NULL,
          person INTEGER NOT NULL,
          PRIMARY KEY (kind, value)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS local_id_person ON local_id(person);
        CREATE TABLE IF NOT EXISTS mismatch(
          person    INTEGER NOT NULL,
          requester TEXT NOT NULL,
          time_ms   INTEGER NOT NULL,
          PRIMARY KEY (person, requester)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS kept_mark(
          kind        TEXT NOT NULL,
          value       TEXT NOT NULL,
          withheld    INTEGER NOT NULL,
          manual_only INTEGER NOT NULL,
          PRIMARY KEY (kind, value)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS link_doubt(
          person  INTEGER PRIMARY KEY,
          tries   INTEGER NOT NULL,
          next_ms INTEGER NOT NULL,
          reasons TEXT NOT NULL);
        CREATE TRIGGER IF NOT EXISTS person_gone AFTER DELETE ON person BEGIN DELETE FROM link_doubt WHERE person = OLD.number; END;
        CREATE TABLE IF NOT EXISTS link_history(
          serial    INTEGER PRIMARY KEY AUTOINCREMENT,
          time_ms   INTEGER NOT NULL,
          what      INTEGER NOT NULL,
          kind      TEXT NOT NULL,
          value     TEXT NOT NULL,
          link_code BLOB NOT NULL,
          operator  TEXT NOT NULL,
          reason    TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS link_history_id ON link_history(kind, value);
        CREATE INDEX IF NOT EXISTS link_history_code ON link_history(link_code);
        """;

    // Version 1 had one identifier for a person and no history.
    private const string FromFirst = """
        INSERT INTO person(link_code, state, withheld, manual_only) SELECT link_code, state, withheld, manual_only FROM link;
        INSERT INTO local_id(kind, value, person) SELECT 'person', link.person, person.number FROM link JOIN person ON person.link_code = link.link_code;
        DROP TABLE link;
        """;

    // Version 3: beside the code in use, the one of the epoch after or before it (SPEC §7), and for which epoch the broker refused a new one.
    private const string OtherCodes = """
        ALTER TABLE person ADD COLUMN other_code BLOB;
        ALTER TABLE person ADD COLUMN refused_epoch INTEGER NOT NULL DEFAULT 0;
        CREATE UNIQUE INDEX person_other_code ON person(other_code);
        CREATE TABLE link_code_end(
          time_ms   INTEGER NOT NULL,
          epoch     INTEGER NOT NULL,
          destroyed INTEGER NOT NULL,
          PRIMARY KEY (epoch, time_ms)) WITHOUT ROWID;
        """;

    /// <exception cref="InvalidOperationException">The file is of another version.</exception>
    public static void RequireCurrent(SqliteConnection connection)
    {
        if (connection.QuerySingle<int>("PRAGMA user_version") is var version && version != Version)
        {
            throw new InvalidOperationException($"The link table is of version {version}, not {Version}. Start its agent once with this version, which brings it there.");
        }
    }

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static void Make(SqliteConnection connection)
    {
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = connection.QuerySingle<int>("PRAGMA user_version", transaction: transaction);
        if (version > Version)
        {
            throw new InvalidOperationException($"The link table is of version {version}, and this agent knows {Version}. Run the agent that wrote it, or a later one.");
        }

        connection.Execute(Tables, transaction: transaction);
        if (version < Version)
        {
            if (connection.QuerySingle<int>("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'link'", transaction: transaction) == 1)
            {
                connection.Execute(FromFirst, transaction: transaction);
            }

            if (connection.QuerySingle<int>("SELECT COUNT(*) FROM pragma_table_info('person') WHERE name = 'other_code'", transaction: transaction) == 0)
            {
                connection.Execute(OtherCodes, transaction: transaction);
            }

            connection.Execute($"PRAGMA user_version = {Version}", transaction: transaction);
        }

        transaction.Commit();
    }
}
