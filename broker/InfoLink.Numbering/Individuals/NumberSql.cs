namespace InfoLink.Numbering.Individuals;

/// <summary>The table's SQL, one text for both stores where they agree.</summary>
internal static class NumberSql
{
    /// <summary>
    /// Every number and every code that there ever was is one row, so that the primary keys alone forbid both doubles; the partial indexes forbid a second
    /// current one. A person is named by its first number. <c>{…}</c> is the store's own word.
    /// </summary>
    public const string Tables = """
        CREATE TABLE IF NOT EXISTS number(
          number         {key},
          person         BIGINT NOT NULL,
          ground         BIGINT NOT NULL,
          given_ms       BIGINT NOT NULL,
          ended_ms       BIGINT,
          change_id      {bytes},
          case_reference TEXT);
        CREATE UNIQUE INDEX IF NOT EXISTS number_current ON number(person) WHERE ended_ms IS NULL;
        CREATE INDEX IF NOT EXISTS number_ended ON number(person) WHERE ended_ms IS NOT NULL;
        CREATE UNIQUE INDEX IF NOT EXISTS number_change ON number(change_id) WHERE change_id IS NOT NULL;
        CREATE TABLE IF NOT EXISTS code(
          tag      {bytes} PRIMARY KEY,
          sealed   {bytes} NOT NULL,
          person   BIGINT NOT NULL,
          since_ms BIGINT NOT NULL,
          until_ms BIGINT){unrowed};
        CREATE UNIQUE INDEX IF NOT EXISTS code_current ON code(person) WHERE until_ms IS NULL;
        CREATE TABLE IF NOT EXISTS notice(
          id         {serial},
          number     BIGINT NOT NULL,
          addressee  TEXT NOT NULL,
          state      BIGINT NOT NULL,
          sendings   BIGINT NOT NULL,
          since_ms   BIGINT NOT NULL);
        CREATE INDEX IF NOT EXISTS notice_state ON notice(state, id);
        CREATE INDEX IF NOT EXISTS notice_number ON notice(number);
        CREATE TABLE IF NOT EXISTS conversion(
          id             INTEGER PRIMARY KEY CHECK (id = 1),
          schema_version INTEGER NOT NULL,
          key_check      {bytes} NOT NULL);
        """;

    public const int SchemaVersion = 1;

    public const string Known = """
        SELECT c.tag AS Tag, c.person AS Person, c.until_ms AS UntilMs, n.number AS Number
        FROM code c JOIN number n ON n.person = c.person AND n.ended_ms IS NULL
        """;

    public const string EnterNumber = """
        INSERT INTO number(number, person, ground, given_ms, change_id, case_reference)
        VALUES (@number, @person, @ground, @given, @changeId, @caseReference) ON CONFLICT DO NOTHING
        """;

    public const string EnterCode = "INSERT INTO code(tag, sealed, person, since_ms) VALUES (@tag, @sealed, @person, @since) ON CONFLICT DO NOTHING";

    public const string RemoveNumber = "DELETE FROM number WHERE number = @number";

    public const string EndNumber = "UPDATE number SET ended_ms = @at WHERE number = @number AND ended_ms IS NULL";

    public const string EndCode = "UPDATE code SET until_ms = @at WHERE tag = @tag AND until_ms IS NULL";

    public const string ChangedBy = "SELECT number FROM number WHERE change_id = @changeId";

    public const string NumbersOf = """
        SELECT number AS Number, ground AS Ground, case_reference AS CaseReference, given_ms AS GivenMs, ended_ms AS EndedMs
        FROM number WHERE person = @person ORDER BY given_ms, ended_ms IS NULL
        """;

    public const string OwnerOf = """
        SELECT c.tag AS Tag, c.sealed AS Sealed, n.ended_ms AS EndedMs
        FROM number n JOIN code c ON c.person = n.person AND c.until_ms IS NULL WHERE n.number = @number
        """;

    public const string Queue = "INSERT INTO notice(number, addressee, state, sendings, since_ms) VALUES (@number, @addressee, 1, 0, @since)";

    public const string Waiting = """
        SELECT COALESCE((SELECT MAX(id) FROM notice) - (SELECT MIN(id) FROM notice WHERE state = 1) + 1, 0)
        """;

    public const string Notices = """
        SELECT id AS Id, number AS Number, addressee AS Addressee, state AS State, sendings AS Sendings, since_ms AS SinceMs
        FROM notice WHERE state = @state AND id > @after ORDER BY id LIMIT @atMost
        """;

    public const string Mark = "UPDATE notice SET state = @to, sendings = sendings + @sending, since_ms = @at WHERE id = @notice AND state = @from";

    /// <summary>5, 6 and 7 are ends.</summary>
    public const string Withdraw = "UPDATE notice SET state = 7, since_ms = @at WHERE number = @number AND state < 5";

    public const string Prune = "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE state = @state AND since_ms < @before ORDER BY id LIMIT @atMost)";
}
