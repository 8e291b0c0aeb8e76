using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Manual;

/// <summary>
/// Questions that wait for people, in a file beside the link table: durable before a pending answer leaves. What is asked, about whom, and what is answered stands in it sealed; both go at
/// the deadline, the frame a while later.
/// </summary>
internal sealed class QueueStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS queued_question(
          number       INTEGER PRIMARY KEY AUTOINCREMENT,
          exchange     BLOB NOT NULL,
          place        INTEGER NOT NULL,
          requester    TEXT NOT NULL,
          entry        TEXT NOT NULL,
          state        INTEGER NOT NULL,
          asked_ms     INTEGER NOT NULL,
          deadline_ms  INTEGER NOT NULL,
          content      BLOB,
          decision     INTEGER,
          denial       INTEGER,
          operator     TEXT,
          reason       TEXT,
          decided_ms   INTEGER,
          confirmed_by TEXT,
          answer       BLOB,
          UNIQUE (exchange, place));
        CREATE INDEX IF NOT EXISTS queued_question_requester ON queued_question(requester) WHERE content IS NOT NULL;
        CREATE INDEX IF NOT EXISTS queued_question_deadline ON queued_question(deadline_ms);
        """;

    private readonly OwnFile _file;

    private QueueStore(OwnFile file) => _file = file;

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static QueueStore Open(string path) => new(OwnFile.Open(path, "The queue of questions", Schema));

    /// <summary>Keeps what one exchange asks, all of it or nothing.</summary>
    /// <returns>False: there is no room for all of it, of this requester or at all. It says nothing of whom it is about.</returns>
    public async Task<bool> AddAsync(IReadOnlyList<QueuedRow> rows, ManualOptions limits)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var (all, own) = await connection.QuerySingleAsync<(long, long)>(
            "SELECT COUNT(*), COALESCE(SUM(requester = @requester), 0) FROM queued_question WHERE content IS NOT NULL", new { requester = rows[0].Requester.Value }, transaction);
        if (all + rows.Count > limits.Most || own + rows.Count > limits.MostOfOneRequester)
        {
            return false;
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO queued_question(exchange, place, requester, entry, state, asked_ms, deadline_ms, content)
            VALUES (@exchange, @place, @requester, @entry, @state, @asked, @deadline, @Content)
            """,
            rows.Select(row => new
            {
                exchange = row.Exchange.ToArray(),
                place = (long)row.Index,
                requester = row.Requester.Value,
                entry = row.Entry.Value,
                state = (int)QueueState.Waiting,
                asked = row.AskedAt.ToUnixTimeMilliseconds(),
                deadline = row.Deadline.ToUnixTimeMilliseconds(),
                row.Content,
            }),
            transaction);
        await transaction.CommitAsync();
        return true;
    }

    /// <summary>Null where there is none of this number.</summary>
    public async Task<QueuedRow?> FindAsync(long number, CancellationToken cancellation) => (await ReadAsync("WHERE number = @number", new { number }, cancellation)).FirstOrDefault();

    /// <summary>What one exchange asked, by place.</summary>
    public Task<IReadOnlyList<QueuedRow>> OfAsync(ExchangeId exchange, CancellationToken cancellation) =>
        ReadAsync("WHERE exchange = @exchange ORDER BY place", new { exchange = exchange.ToArray() }, cancellation);

    /// <summary>The soonest deadline first.</summary>
    /// <param name="all">Those that nobody has to do anything about, too.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="from">After so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<QueuedRow>> ListAsync(bool all, int limit, int from, CancellationToken cancellation) => ReadAsync(
        "WHERE @all OR state IN (@waiting, @proposed) ORDER BY deadline_ms, number LIMIT @limit OFFSET @from",
        new { all, waiting = (int)QueueState.Waiting, proposed = (int)QueueState.Proposed, limit, from },
        cancellation);

    /// <summary>A person decides, or confirms.</summary>
    /// <param name="number">The question.</param>
    /// <param name="from">As it was when the person looked.</param>
    /// <param name="to">As it is then.</param>
    /// <param name="decision">Who, what, why.</param>
    /// <param name="answer">Sealed; null where it is denied.</param>
    /// <returns>False: it has changed since, or its deadline has passed.</returns>
    public async Task<bool> DecideAsync(long number, QueuedRow from, QueueState to, QueueDecision decision, byte[]? answer)
    {
        await using var connection = _file.Connect();
        return await connection.ExecuteAsync(
            """
            UPDATE queued_question SET state = @to, decision = @decision, denial = @denial, operator = @Operator, reason = @Reason, decided_ms = @decided, confirmed_by = @ConfirmedBy, answer = @answer
            WHERE number = @number AND state = @from AND decided_ms IS @before AND content IS NOT NULL
            """,
            new
            {
                number,
                from = (int)from.State,
                before = from.Decision?.At.ToUnixTimeMilliseconds(),
                to = (int)to,
                decision = (int)decision.What,
                denial = (int?)decision.Denial,
                decision.By.Operator,
                decision.By.Reason,
                decided = decision.At.ToUnixTimeMilliseconds(),
                decision.ConfirmedBy,
                answer,
            }) == 1;
    }

    /// <summary>The requester has these; it may have them again.</summary>
    public async Task CollectedAsync(IEnumerable<long> numbers)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync(
            "UPDATE queued_question SET state = @to WHERE number = @number AND state = @from",
            numbers.Select(number => new { number, to = (int)QueueState.Collected, from = (int)QueueState.Decided }),
            transaction);
        await transaction.CommitAsync();
    }

    /// <summary>Exchanges of which something is past its deadline and not put away yet.</summary>
    public async Task<IReadOnlyList<ExchangeId>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var exchanges = await connection.QueryAsync<byte[]>(new CommandDefinition(
            "SELECT DISTINCT exchange FROM queued_question WHERE deadline_ms <= @now AND content IS NOT NULL ORDER BY deadline_ms LIMIT @limit",
            new { now = now.ToUnixTimeMilliseconds(), limit },
            cancellationToken: cancellation));
        return [.. exchanges.Select(bytes => ExchangeId.TryFromBytes(bytes, out var exchange) ? exchange : throw new InvalidOperationException("The queue of questions holds what is no exchange."))];
    }

    /// <summary>Puts an exchange's questions away: what nobody collected has lapsed, and no content stays.</summary>
    public async Task LapseAsync(ExchangeId exchange)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE queued_question SET state = CASE state WHEN @collected THEN state ELSE @lapsed END, content = NULL, answer = NULL WHERE exchange = @exchange",
            new { collected = (int)QueueState.Collected, lapsed = (int)QueueState.Lapsed, exchange = exchange.ToArray() });
    }

    /// <summary>Frames whose deadline was before this go.</summary>
    public async Task ForgetAsync(DateTimeOffset before)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync("DELETE FROM queued_question WHERE deadline_ms < @before AND content IS NULL", new { before = before.ToUnixTimeMilliseconds() });
    }

    private async Task<IReadOnlyList<QueuedRow>> ReadAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var rows = await connection.QueryAsync<Row>(new CommandDefinition($"SELECT * FROM queued_question {which}", parameters, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToQueued())];
    }

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    private sealed class Row
    {
        public long number { get; init; }

        public byte[] exchange { get; init; } = [];

        public long place { get; init; }

        public string requester { get; init; } = "";

        public string entry { get; init; } = "";

        public long state { get; init; }

        public long asked_ms { get; init; }

        public long deadline_ms { get; init; }

        public byte[]? content { get; init; }

        public long? decision { get; init; }

        public long? denial { get; init; }

        public string? @operator { get; init; }

        public string? reason { get; init; }

        public long? decided_ms { get; init; }

        public string? confirmed_by { get; init; }

        public byte[]? answer { get; init; }

        public QueuedRow ToQueued() => new(
            number,
            ExchangeId.TryFromBytes(exchange, out var id) ? id : throw new InvalidOperationException("The queue of questions holds what is no exchange."),
            (uint)place,
            AgencyId.Parse(requester),
            EntryId.Parse(entry),
            (QueueState)state,
            DateTimeOffset.FromUnixTimeMilliseconds(asked_ms),
            DateTimeOffset.FromUnixTimeMilliseconds(deadline_ms),
            content)
        {
            Answer = answer,
            Decision = decision is null ? null : new QueueDecision((QueueAct)decision, new LinkAct(@operator ?? "", reason ?? ""), DateTimeOffset.FromUnixTimeMilliseconds(decided_ms ?? 0))
            {
                Denial = (DenialReason?)denial,
                ConfirmedBy = confirmed_by,
            },
        };
    }
}

/// <summary>A row of the queue.</summary>
/// <param name="Number">The store's to give; 0 in one that is to be kept.</param>
/// <param name="Exchange">In which it was asked.</param>
/// <param name="Index">The person's place there.</param>
/// <param name="Requester">Who asks.</param>
/// <param name="Entry">On what basis.</param>
/// <param name="State">How far it is.</param>
/// <param name="AskedAt">When.</param>
/// <param name="Deadline">Until when.</param>
/// <param name="Content">What is asked, sealed by <see cref="QueueContent"/>; null once it is over.</param>
internal sealed record QueuedRow(
    long Number, ExchangeId Exchange, uint Index, AgencyId Requester, EntryId Entry, QueueState State, DateTimeOffset AskedAt, DateTimeOffset Deadline, byte[]? Content)
{
    /// <summary>What a decision hands out, sealed.</summary>
    public byte[]? Answer { get; init; }

    public QueueDecision? Decision { get; init; }

    public override string ToString() => $"QueuedRow({Number}, {State})";
}
