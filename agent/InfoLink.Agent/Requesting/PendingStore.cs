using Dapper;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Requesting;

/// <summary>
/// Exchanges of this agency whose answer is pending, in a file of their own: durable before the caller hears of it. Who is asked about, and answers that nobody has taken yet, stand in it sealed.
/// </summary>
internal sealed partial class PendingStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS pending_exchange(
          exchange    BLOB PRIMARY KEY,
          provider    TEXT NOT NULL,
          entry       TEXT NOT NULL,
          asked_ms    INTEGER NOT NULL,
          deadline_ms INTEGER NOT NULL,
          itself      INTEGER NOT NULL,
          is_open     INTEGER NOT NULL,
          attempts    INTEGER NOT NULL DEFAULT 0,
          next_ms     INTEGER NOT NULL,
          trouble     TEXT NOT NULL DEFAULT '',
          content     BLOB NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS pending_exchange_next ON pending_exchange(next_ms) WHERE is_open = 1;
        CREATE INDEX IF NOT EXISTS pending_exchange_deadline ON pending_exchange(deadline_ms);
        CREATE TABLE IF NOT EXISTS pending_person(
          exchange BLOB NOT NULL,
          place    INTEGER NOT NULL,
          state    INTEGER NOT NULL,
          refusal  TEXT NOT NULL DEFAULT '',
          answer   BLOB,
          PRIMARY KEY (exchange, place)) WITHOUT ROWID;
        """;

    // Version 2: whose system asked, and what it is told when an answer comes.
    private const string Notices = """
        CREATE TABLE IF NOT EXISTS pending_caller(
          exchange BLOB PRIMARY KEY,
          caller   TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS pending_notice(
          exchange BLOB PRIMARY KEY,
          id       BLOB NOT NULL,
          caller   TEXT NOT NULL,
          state    TEXT NOT NULL,
          waiting  INTEGER NOT NULL,
          at_ms    INTEGER NOT NULL,
          attempts INTEGER NOT NULL DEFAULT 0,
          next_ms  INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS pending_notice_next ON pending_notice(next_ms);
        """;

    private readonly OwnFile _file;

    private PendingStore(OwnFile file) => _file = file;

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static PendingStore Open(string path) => new(OwnFile.Open(path, "The file of pending exchanges", Schema, Notices));

    /// <summary>How many exchanges are waited for.</summary>
    public async Task<long> OpenCountAsync(CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        return await connection.QuerySingleAsync<long>(new CommandDefinition("SELECT COUNT(*) FROM pending_exchange WHERE is_open = 1", cancellationToken: cancellation));
    }

    /// <summary>Keeps an exchange that is not there yet.</summary>
    public async Task KeepAsync(PendingRow row, IEnumerable<uint> places)
    {
        var exchange = row.Exchange.ToArray();
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync(
            """
            INSERT INTO pending_exchange(exchange, provider, entry, asked_ms, deadline_ms, itself, is_open, next_ms, content)
            VALUES (@exchange, @provider, @entry, @asked, @deadline, @CollectsItself, 1, @next, @Content) ON CONFLICT DO NOTHING
            """,
            new
            {
                exchange,
                provider = row.Provider.Value,
                entry = row.Entry.Value,
                asked = row.AskedAt.ToUnixTimeMilliseconds(),
                deadline = row.Deadline.ToUnixTimeMilliseconds(),
                row.CollectsItself,
                next = row.Next.ToUnixTimeMilliseconds(),
                row.Content,
            },
            transaction);
        await connection.ExecuteAsync(
            "INSERT INTO pending_person(exchange, place, state) VALUES (@exchange, @place, @state) ON CONFLICT DO NOTHING",
            places.Select(place => new { exchange, place = (long)place, state = (int)PendingState.Waiting }),
            transaction);
        if (row.Caller.Length > 0)
        {
            await connection.ExecuteAsync("INSERT INTO pending_caller(exchange, caller) VALUES (@exchange, @Caller) ON CONFLICT DO NOTHING", new { exchange, row.Caller }, transaction);
        }

        await transaction.CommitAsync();
    }

    /// <summary>Null where there is none.</summary>
    public async Task<PendingRow?> FindAsync(ExchangeId exchange, CancellationToken cancellation) =>
        (await ReadAsync("WHERE exchange = @exchange", new { exchange = exchange.ToArray() }, cancellation)).FirstOrDefault();

    /// <summary>The soonest deadline first.</summary>
    /// <param name="all">Those that nothing is waited for in, too.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="from">After so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<PendingRow>> ListAsync(bool all, int limit, int from, CancellationToken cancellation) => ReadAsync(
        "WHERE @all OR is_open = 1 OR EXISTS (SELECT 1 FROM pending_person AS kept WHERE kept.exchange = pending_exchange.exchange AND answer IS NOT NULL) ORDER BY deadline_ms, exchange LIMIT @limit OFFSET @from",
        new { all, limit, from },
        cancellation);

    /// <summary>Those that collect themselves and whose time has come.</summary>
    public Task<IReadOnlyList<PendingRow>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellation) => ReadAsync(
        "WHERE is_open = 1 AND itself = 1 AND next_ms <= @now AND deadline_ms > @now ORDER BY next_ms LIMIT @limit", new { now = now.ToUnixTimeMilliseconds(), limit }, cancellation);

    /// <summary>Those whose deadline has passed while somebody was waited for.</summary>
    public Task<IReadOnlyList<PendingRow>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellation) =>
        ReadAsync("WHERE is_open = 1 AND deadline_ms <= @now ORDER BY deadline_ms LIMIT @limit", new { now = now.ToUnixTimeMilliseconds(), limit }, cancellation);

    /// <summary>What came of persons; of those who are waited for, and in one transaction.</summary>
    /// <param name="exchange">The pending one.</param>
    /// <param name="results">By place.</param>
    /// <param name="tell">When it came, where the system that asked is told; null: it has it in its hands.</param>
    public async Task NoteAsync(ExchangeId exchange, IEnumerable<PendingResult> results, DateTimeOffset? tell = null)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var id = exchange.ToArray();
        List<PendingResult> noted = [.. results];
        var changed = await connection.ExecuteAsync(
            "UPDATE pending_person SET state = @state, refusal = @Refusal, answer = @Answer WHERE exchange = @id AND place = @place AND state = @waiting",
            noted.Select(result => new { id, place = (long)result.Place, state = (int)result.State, result.Refusal, result.Answer, waiting = (int)PendingState.Waiting }),
            transaction);
        await connection.ExecuteAsync(
            "UPDATE pending_exchange SET is_open = EXISTS (SELECT 1 FROM pending_person WHERE exchange = @id AND state = @waiting), trouble = '' WHERE exchange = @id",
            new { id, waiting = (int)PendingState.Waiting },
            transaction);
        if (tell is { } at && changed > 0)
        {
            await TellAsync(connection, transaction, exchange, noted.Exists(result => result.State == PendingState.Answered) ? PendingNotice.Answered : PendingNotice.Denied, at);
        }

        await transaction.CommitAsync();
    }

    /// <summary>The caller has the answers that were kept.</summary>
    public async Task TakenAsync(ExchangeId exchange)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync("UPDATE pending_person SET answer = NULL WHERE exchange = @exchange", new { exchange = exchange.ToArray() });
    }

    public async Task PostponeAsync(ExchangeId exchange, DateTimeOffset next, string trouble)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE pending_exchange SET attempts = attempts + 1, next_ms = @next, trouble = @trouble WHERE exchange = @exchange",
            new { exchange = exchange.ToArray(), next = next.ToUnixTimeMilliseconds(), trouble });
    }

    /// <param name="exchange">The pending one.</param>
    /// <param name="at">For the system that asked, which is told where somebody was waited for still.</param>
    public async Task LapseAsync(ExchangeId exchange, DateTimeOffset at)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var states = new { id = exchange.ToArray(), waiting = (int)PendingState.Waiting, lapsed = (int)PendingState.Lapsed };
        if (await connection.ExecuteAsync("UPDATE pending_person SET state = @lapsed WHERE exchange = @id AND state = @waiting", states, transaction) > 0)
        {
            await TellAsync(connection, transaction, exchange, PendingNotice.Lapsed, at);
        }

        await connection.ExecuteAsync("UPDATE pending_exchange SET is_open = 0 WHERE exchange = @id", states, transaction);
        await transaction.CommitAsync();
    }

    /// <summary>What lapsed or ended before this goes, with answers that nobody took.</summary>
    public async Task ForgetAsync(DateTimeOffset before)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        var since = new { before = before.ToUnixTimeMilliseconds() };
        await connection.ExecuteAsync(
            "DELETE FROM pending_person WHERE exchange IN (SELECT exchange FROM pending_exchange WHERE is_open = 0 AND deadline_ms < @before)", since, transaction);
        await connection.ExecuteAsync("DELETE FROM pending_exchange WHERE is_open = 0 AND deadline_ms < @before", since, transaction);
        await connection.ExecuteAsync("DELETE FROM pending_caller WHERE exchange NOT IN (SELECT exchange FROM pending_exchange)", transaction: transaction);
        await transaction.CommitAsync();
    }

    private async Task<IReadOnlyList<PendingRow>> ReadAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: true); // Exchanges and persons of one moment.
        var exchanges = await connection.QueryAsync<Row>(new CommandDefinition($"SELECT *, (SELECT caller FROM pending_caller AS who WHERE who.exchange = pending_exchange.exchange) AS caller FROM pending_exchange {which}", parameters, transaction, cancellationToken: cancellation));
        var rows = new List<PendingRow>();
        foreach (var row in exchanges)
        {
            var persons = await connection.QueryAsync<(long Place, long State, string Refusal, byte[]? Answer)>(new CommandDefinition(
                "SELECT place, state, refusal, answer FROM pending_person WHERE exchange = @exchange ORDER BY place", new { row.exchange }, transaction, cancellationToken: cancellation));
            rows.Add(row.ToPending([.. persons.Select(person => new PendingResult((uint)person.Place, (PendingState)person.State, person.Refusal, person.Answer))]));
        }

        return rows;
    }

#pragma warning disable IDE1006, CA1812 // Columns' own names; made by Dapper.
    private sealed class Row
    {
        public byte[] exchange { get; init; } = [];

        public string provider { get; init; } = "";

        public string entry { get; init; } = "";

        public long asked_ms { get; init; }

        public long deadline_ms { get; init; }

        public long itself { get; init; }

        public long attempts { get; init; }

        public long next_ms { get; init; }

        public string trouble { get; init; } = "";

        public byte[] content { get; init; } = [];

        public string? caller { get; init; }

        public PendingRow ToPending(IReadOnlyList<PendingResult> persons) => new(
            ExchangeId.FromBytes(exchange),
            AgencyId.Parse(provider),
            EntryId.Parse(entry),
            DateTimeOffset.FromUnixTimeMilliseconds(asked_ms),
            DateTimeOffset.FromUnixTimeMilliseconds(deadline_ms),
            itself != 0,
            DateTimeOffset.FromUnixTimeMilliseconds(next_ms),
            content)
        {
            Attempts = (int)attempts,
            Trouble = trouble,
            Caller = caller ?? "",
            Persons = persons,
        };
    }
}

/// <summary>A row of the list of pending exchanges.</summary>
internal sealed record PendingRow(
    ExchangeId Exchange, AgencyId Provider, EntryId Entry, DateTimeOffset AskedAt, DateTimeOffset Deadline, bool CollectsItself, DateTimeOffset Next, byte[] Content)
{
    public int Attempts { get; init; }

    public string Trouble { get; init; } = "";

    /// <summary>Which of the agency's systems asked; empty: none of them.</summary>
    public string Caller { get; init; } = "";

    /// <summary>By place.</summary>
    public IReadOnlyList<PendingResult> Persons { get; init; } = [];

    public override string ToString() => $"PendingRow({Exchange})";
}

/// <summary>What came of one person.</summary>
/// <param name="Place">In the pending exchange.</param>
/// <param name="State">How far it is.</param>
/// <param name="Refusal">The refusal's name; empty: none.</param>
/// <param name="Answer">Sealed, where it is kept for whoever takes it.</param>
internal sealed record PendingResult(uint Place, PendingState State, string Refusal = "", byte[]? Answer = null)
{
    public override string ToString() => $"PendingResult({Place}, {State})";
}
