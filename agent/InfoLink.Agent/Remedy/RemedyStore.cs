using System.Security.Cryptography;
using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// The agency's own cases and their notices: one file beside the link table, durable before anything follows from it. It is the outbox too: a notice that
/// is due stands here until it is acknowledged, refused or given up.
/// </summary>
internal sealed partial class RemedyStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS remedy_case(
          number     INTEGER PRIMARY KEY AUTOINCREMENT,
          ending     INTEGER UNIQUE,
          kind       TEXT NOT NULL,
          value      TEXT NOT NULL,
          reason     INTEGER NOT NULL,
          state      INTEGER NOT NULL,
          found_ms   INTEGER NOT NULL,
          operator   TEXT NOT NULL,
          grounds    TEXT NOT NULL,
          decided_ms INTEGER,
          decided_by TEXT,
          decision   TEXT,
          is_cut     INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS remedy_notice(
          case_number INTEGER NOT NULL,
          exchange    BLOB NOT NULL,
          side        INTEGER NOT NULL,
          counterpart TEXT NOT NULL,
          reference   BLOB NOT NULL,
          entry       TEXT NOT NULL,
          kinds       TEXT NOT NULL,
          time_ms     INTEGER NOT NULL,
          subjects    TEXT NOT NULL,
          progress    INTEGER NOT NULL,
          attempts    INTEGER NOT NULL DEFAULT 0,
          next_ms     INTEGER NOT NULL DEFAULT 0,
          refusal     INTEGER,
          acked_ms    INTEGER,
          there       INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (case_number, exchange, side)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS remedy_notice_due ON remedy_notice(progress, next_ms);
        CREATE TABLE IF NOT EXISTS remedy_seen(
          id     INTEGER PRIMARY KEY CHECK (id = 1),
          serial INTEGER NOT NULL);
        INSERT INTO remedy_seen(id, serial) VALUES (1, 0) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS received_notice(
          number      INTEGER PRIMARY KEY AUTOINCREMENT,
          sender      TEXT NOT NULL,
          reference   BLOB NOT NULL,
          exchange    BLOB NOT NULL,
          side        INTEGER NOT NULL,
          indices     TEXT NOT NULL,
          reason      INTEGER NOT NULL,
          decided_ms  INTEGER NOT NULL,
          received_ms INTEGER NOT NULL,
          state       INTEGER NOT NULL,
          operator    TEXT,
          why         TEXT,
          UNIQUE (sender, reference, exchange));
        CREATE INDEX IF NOT EXISTS received_notice_state ON received_notice(state, number);
        """;

    private readonly OwnFile _file;

    private RemedyStore(OwnFile file) => _file = file;

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static RemedyStore Open(string path) => new(OwnFile.Open(path, "The file of remedies", Schema));

    /// <summary>How far the link table's history has been looked at.</summary>
    public async Task<long> SeenAsync(CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        return await connection.QuerySingleAsync<long>(new CommandDefinition("SELECT serial FROM remedy_seen", cancellationToken: cancellation));
    }

    public async Task SetSeenAsync(long serial, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(new CommandDefinition("UPDATE remedy_seen SET serial = MAX(serial, @serial)", new { serial }, cancellationToken: cancellation));
    }

    /// <summary>Keeps a case with its exchanges; or adds to the case of the same ending those that were under way when it was opened.</summary>
    /// <param name="opened">Its number is the store's to give.</param>
    /// <param name="exchanges">What it concerns.</param>
    /// <param name="ending">The row of the link's history that ended it; a second case of one row is not made. Null: a person opened it.</param>
    /// <returns>The case's number, and whether it is new.</returns>
    public async Task<(long Number, bool IsNew)> OpenAsync(RemedyCase opened, IReadOnlyList<AffectedExchange> exchanges, long? ending)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var there = await connection.QuerySingleOrDefaultAsync<(long Number, long State)?>(
            "SELECT number, state FROM remedy_case WHERE ending = @ending", new { ending }, transaction);
        var number = there?.Number ?? await connection.QuerySingleAsync<long>(
            """
            INSERT INTO remedy_case(ending, kind, value, reason, state, found_ms, operator, grounds, is_cut)
            VALUES (@ending, @Kind, @Value, @why, @state, @found, @Operator, @Reason, @IsCut) RETURNING number
            """,
            new
            {
                ending,
                opened.Id.Kind,
                opened.Id.Value,
                why = (int)opened.Reason,
                state = (int)opened.State,
                found = opened.FoundAt.ToUnixTimeMilliseconds(),
                opened.Found.Operator,
                opened.Found.Reason,
                opened.IsCut,
            },
            transaction);
        var references = (await connection.QueryAsync<(string Counterpart, byte[] Reference)>(
            "SELECT DISTINCT counterpart, reference FROM remedy_notice WHERE case_number = @number", new { number }, transaction))
            .ToDictionary(row => row.Counterpart, row => row.Reference, StringComparer.Ordinal);
        var progress = (RemedyState)(there?.State ?? (long)opened.State) switch
        {
            RemedyState.ToDecide => NoticeProgress.Listed,
            RemedyState.Decided => NoticeProgress.Due,
            _ => NoticeProgress.Excluded,
        };
        foreach (var exchange in exchanges)
        {
            var counterpart = exchange.Counterpart.Value;
            references.TryAdd(counterpart, RandomNumberGenerator.GetBytes(RemedyNotice.ReferenceSize));
            await connection.ExecuteAsync(
                """
                INSERT INTO remedy_notice(case_number, exchange, side, counterpart, reference, entry, kinds, time_ms, subjects, progress)
                VALUES (@number, @exchange, @side, @counterpart, @reference, @Entry, @kinds, @time, @subjects, @progress) ON CONFLICT DO NOTHING
                """,
                new
                {
                    number,
                    exchange = exchange.Exchange.ToArray(),
                    side = (int)exchange.Side,
                    counterpart,
                    reference = references[counterpart],
                    exchange.Entry,
                    kinds = string.Join(' ', exchange.Kinds),
                    time = exchange.Time.ToUnixTimeMilliseconds(),
                    subjects = RemedyRows.Write(exchange.Subjects),
                    progress = (int)progress,
                },
                transaction);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return (number, there is null);
    }

    /// <summary>The newest cases first, at most <paramref name="limit"/>.</summary>
    public Task<IReadOnlyList<RemedyCase>> CasesAsync(int limit, CancellationToken cancellation) =>
        CasesAsync("ORDER BY number DESC LIMIT @limit", new { limit }, cancellation);

    /// <summary>Null where there is none of this number.</summary>
    public async Task<RemedyCase?> CaseAsync(long number, CancellationToken cancellation) =>
        (await CasesAsync("WHERE number = @number", new { number }, cancellation)).FirstOrDefault();

    /// <summary>The case that a row of a link's history led to; null where it led to none.</summary>
    public async Task<RemedyCase?> CaseOfAsync(long ending, CancellationToken cancellation) =>
        (await CasesAsync("WHERE ending = @ending", new { ending }, cancellation)).FirstOrDefault();

    /// <summary>The exchanges of a case, oldest first.</summary>
    public Task<IReadOnlyList<RemedyNotice>> NoticesAsync(long number, CancellationToken cancellation) =>
        NoticesAsync("WHERE case_number = @number ORDER BY time_ms, exchange, side", new { number }, cancellation);

    /// <summary>Notices whose time has come: to be sent, or to be asked after.</summary>
    public Task<IReadOnlyList<RemedyNotice>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellation) => NoticesAsync(
        "WHERE progress IN (@due, @acknowledged) AND next_ms <= @now ORDER BY next_ms LIMIT @limit",
        new { due = (int)NoticeProgress.Due, acknowledged = (int)NoticeProgress.Acknowledged, now = now.ToUnixTimeMilliseconds(), limit },
        cancellation);

    /// <summary>A person has decided; in one transaction for case and notices.</summary>
    /// <returns>False where somebody has decided before.</returns>
    public async Task<bool> DecideAsync(long number, RemedyState state, LinkAct decision, IEnumerable<ExchangeId> except, DateTimeOffset now)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var changed = await connection.ExecuteAsync(
            "UPDATE remedy_case SET state = @state, decided_ms = @now, decided_by = @Operator, decision = @Reason WHERE number = @number AND state = @open",
            new { number, state = (int)state, now = now.ToUnixTimeMilliseconds(), decision.Operator, decision.Reason, open = (int)RemedyState.ToDecide },
            transaction);
        if (changed == 0)
        {
            return false;
        }

        foreach (var exchange in except)
        {
            await connection.ExecuteAsync(
                "UPDATE remedy_notice SET progress = @excluded WHERE case_number = @number AND exchange = @exchange",
                new { number, exchange = exchange.ToArray(), excluded = (int)NoticeProgress.Excluded },
                transaction);
        }

        await connection.ExecuteAsync(
            "UPDATE remedy_notice SET progress = @next, next_ms = 0 WHERE case_number = @number AND progress = @listed",
            new { number, next = (int)(state == RemedyState.Decided ? NoticeProgress.Due : NoticeProgress.Excluded), listed = (int)NoticeProgress.Listed },
            transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    /// <summary>What a try came to.</summary>
    public async Task ProgressAsync(RemedyNotice notice, NoticeProgress progress, RefusalName? refusal, (DateTimeOffset Time, CorrectionState State)? acknowledged, DateTimeOffset next)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            """
            UPDATE remedy_notice SET progress = @progress, attempts = attempts + 1, refusal = @refusal, next_ms = @next,
              acked_ms = COALESCE(acked_ms, @acknowledged), there = COALESCE(@there, there)
            WHERE case_number = @Case AND exchange = @exchange AND side = @side
            """,
            new
            {
                notice.Case,
                exchange = notice.About.Exchange.ToArray(),
                side = (int)notice.About.Side,
                progress = (int)progress,
                refusal = (int?)refusal,
                next = Milliseconds(next),
                acknowledged = acknowledged?.Time.ToUnixTimeMilliseconds(),
                there = (int?)acknowledged?.State,
            });
    }

    /// <summary>An agency cannot be reached: its other notices wait as long.</summary>
    public async Task PostponeAsync(AgencyId counterpart, DateTimeOffset next)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE remedy_notice SET next_ms = MAX(next_ms, @next) WHERE counterpart = @counterpart AND progress IN (@due, @acknowledged)",
            new { counterpart = counterpart.Value, next = Milliseconds(next), due = (int)NoticeProgress.Due, acknowledged = (int)NoticeProgress.Acknowledged });
    }

    private async Task<IReadOnlyList<RemedyCase>> CasesAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var rows = await connection.QueryAsync<RemedyRows.Case>(new CommandDefinition(
            $"SELECT number, kind, value, reason, state, found_ms, operator, grounds, decided_ms, decided_by, decision, is_cut FROM remedy_case {which}", parameters, cancellationToken: cancellation));
        var cases = new List<RemedyCase>();
        foreach (var row in rows)
        {
            var counts = await connection.QueryAsync<(long Progress, long Count)>(new CommandDefinition(
                "SELECT progress, COUNT(*) FROM remedy_notice WHERE case_number = @number GROUP BY progress", new { row.number }, cancellationToken: cancellation));
            cases.Add(row.ToCase() with { Counts = counts.ToDictionary(count => (NoticeProgress)count.Progress, count => (int)count.Count) });
        }

        return cases;
    }

    private async Task<IReadOnlyList<RemedyNotice>> NoticesAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var rows = await connection.QueryAsync<RemedyRows.Notice>(new CommandDefinition($"SELECT * FROM remedy_notice {which}", parameters, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToNotice())];
    }

    private static long Milliseconds(DateTimeOffset time) => time == DateTimeOffset.MaxValue ? long.MaxValue : time.ToUnixTimeMilliseconds();
}
