using Dapper;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.People.Releasing;

/// <summary>Questions that wait for a second person, in a file of their own: durable before who asked hears of it. Whom they are about stands in it sealed, until the deadline.</summary>
internal sealed class ReleaseStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS release_ticket(
          number      INTEGER PRIMARY KEY AUTOINCREMENT,
          question    BLOB NOT NULL,
          entry       TEXT NOT NULL,
          persons     INTEGER NOT NULL,
          state       INTEGER NOT NULL,
          asked_ms    INTEGER NOT NULL,
          deadline_ms INTEGER NOT NULL,
          operator    TEXT,
          content     BLOB);
        CREATE INDEX IF NOT EXISTS release_ticket_question ON release_ticket(question);
        CREATE INDEX IF NOT EXISTS release_ticket_deadline ON release_ticket(deadline_ms);
        """;

    private readonly OwnFile _file;

    private ReleaseStore(OwnFile file) => _file = file;

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static ReleaseStore Open(string path) => new(OwnFile.Open(path, "The file of questions that wait for a release", Schema));

    /// <summary>The ticket of this question, a new one where none holds now.</summary>
    /// <returns>Null: there is no room for another.</returns>
    public async Task<ReleaseRow?> TakeAsync(ReleaseRow wanted, int most)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var now = wanted.AskedAt.ToUnixTimeMilliseconds();
        var known = await connection.QueryFirstOrDefaultAsync<Row>(
            "SELECT * FROM release_ticket WHERE question = @Question AND deadline_ms > @now ORDER BY number DESC LIMIT 1", new { wanted.Question, now }, transaction);
        if (known is not null)
        {
            return known.ToTicket();
        }

        if (await connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM release_ticket WHERE state = @waiting AND deadline_ms > @now", new { waiting = (int)ReleaseState.Waiting, now }, transaction) >= most)
        {
            return null;
        }

        var number = await connection.QuerySingleAsync<long>(
            """
            INSERT INTO release_ticket(question, entry, persons, state, asked_ms, deadline_ms, content)
            VALUES (@Question, @entry, @Persons, @state, @now, @deadline, @Content) RETURNING number
            """,
            new { wanted.Question, entry = wanted.Entry.Value, wanted.Persons, state = (int)ReleaseState.Waiting, now, deadline = wanted.Deadline.ToUnixTimeMilliseconds(), wanted.Content },
            transaction);
        await transaction.CommitAsync();
        return wanted with { Number = number };
    }

    /// <summary>Null where there is none of this number.</summary>
    public async Task<ReleaseRow?> FindAsync(long number, CancellationToken cancellation) => (await ReadAsync("WHERE number = @number", new { number }, cancellation)).FirstOrDefault();

    /// <summary>The soonest deadline first.</summary>
    public Task<IReadOnlyList<ReleaseRow>> ListAsync(bool all, DateTimeOffset now, int limit, int from, CancellationToken cancellation) => ReadAsync(
        "WHERE @all OR (state = @waiting AND deadline_ms > @now) ORDER BY deadline_ms, number LIMIT @limit OFFSET @from",
        new { all, waiting = (int)ReleaseState.Waiting, now = now.ToUnixTimeMilliseconds(), limit, from },
        cancellation);

    /// <returns>False: somebody else has decided, or the deadline has passed.</returns>
    public async Task<bool> DecideAsync(long number, ReleaseState to, string @operator, DateTimeOffset now)
    {
        await using var connection = _file.Connect();
        return await connection.ExecuteAsync(
            "UPDATE release_ticket SET state = @to, operator = @operator WHERE number = @number AND state = @waiting AND deadline_ms > @now",
            new { number, to = (int)to, @operator, waiting = (int)ReleaseState.Waiting, now = now.ToUnixTimeMilliseconds() }) == 1;
    }

    /// <summary>At the deadline what was asked goes, and later the rest.</summary>
    public async Task ForgetAsync(DateTimeOffset now, DateTimeOffset before)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE release_ticket SET content = NULL WHERE content IS NOT NULL AND deadline_ms <= @now; DELETE FROM release_ticket WHERE deadline_ms < @before",
            new { now = now.ToUnixTimeMilliseconds(), before = before.ToUnixTimeMilliseconds() });
    }

    private async Task<IReadOnlyList<ReleaseRow>> ReadAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        return [.. (await connection.QueryAsync<Row>(new CommandDefinition($"SELECT * FROM release_ticket {which}", parameters, cancellationToken: cancellation))).Select(row => row.ToTicket())];
    }

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    private sealed class Row
    {
        public long number { get; init; }

        public byte[] question { get; init; } = [];

        public string entry { get; init; } = "";

        public long persons { get; init; }

        public long state { get; init; }

        public long asked_ms { get; init; }

        public long deadline_ms { get; init; }

        public string? @operator { get; init; }

        public byte[]? content { get; init; }

        public ReleaseRow ToTicket() => new(
            number,
            question,
            EntryId.Parse(entry),
            (int)persons,
            (ReleaseState)state,
            DateTimeOffset.FromUnixTimeMilliseconds(asked_ms),
            DateTimeOffset.FromUnixTimeMilliseconds(deadline_ms),
            content)
        {
            DecidedBy = @operator,
        };
    }
}

/// <summary>A question that waits, or waited.</summary>
internal sealed record ReleaseRow(long Number, byte[] Question, EntryId Entry, int Persons, ReleaseState State, DateTimeOffset AskedAt, DateTimeOffset Deadline, byte[]? Content)
{
    public string? DecidedBy { get; init; }

    public override string ToString() => $"ReleaseRow({Number}, {State})";
}
