namespace InfoLink.Samples.Registry.Keeping;

/// <summary>The register's tables. Dates are ISO text, codes the ten digits before the check digit.</summary>
internal static class Schema
{
    public const int Version = 1;

    /// <summary>
    /// <c>block</c> finds who could be meant: for each state of a person, present (<c>former</c> = 0) or former (its <c>place</c> in the history), the digest of each two of name, day of birth and
    /// municipality in normal form. Digests only narrow down; who is meant is compared.
    /// </summary>
    public const string Tables = """
        CREATE TABLE resident(
          id             INTEGER PRIMARY KEY,
          household      INTEGER NOT NULL,
          code           INTEGER NOT NULL UNIQUE,
          name           TEXT NOT NULL,
          kana           TEXT NOT NULL,
          address        TEXT NOT NULL,
          birth_date     TEXT NOT NULL,
          sex            TEXT NOT NULL,
          municipality   TEXT NOT NULL,
          since          TEXT NOT NULL,
          came_by        INTEGER NOT NULL,
          standing       INTEGER NOT NULL,
          standing_since TEXT);
        CREATE TABLE former(
          resident       INTEGER NOT NULL,
          place          INTEGER NOT NULL,
          name           TEXT NOT NULL,
          kana           TEXT NOT NULL,
          address        TEXT NOT NULL,
          birth_date     TEXT NOT NULL,
          sex            TEXT NOT NULL,
          municipality   TEXT NOT NULL,
          from_day       TEXT NOT NULL,
          until_day      TEXT NOT NULL,
          ended_by       INTEGER NOT NULL,
          reason         TEXT NOT NULL,
          PRIMARY KEY (resident, place)) WITHOUT ROWID;
        CREATE TABLE former_code(
          code           INTEGER PRIMARY KEY,
          resident       INTEGER NOT NULL,
          until_day      TEXT NOT NULL,
          reason         TEXT NOT NULL);
        CREATE INDEX former_code_resident ON former_code(resident);
        CREATE TABLE block(
          digest         INTEGER NOT NULL,
          resident       INTEGER NOT NULL,
          former         INTEGER NOT NULL,
          PRIMARY KEY (digest, resident, former)) WITHOUT ROWID;
        """;
}
