using Dapper;
using InfoLink.Agent.Requesting;

namespace InfoLink.Agent.Asking;

/// <summary>
/// Bulk jobs in a file of their own: how far each is, and how often what came of its lines. No person and no value stands in it. A place is durable before the next exchange is begun.
/// </summary>
internal sealed class AskJobs
{
    private const string What = "The file of bulk jobs";

    /// <summary>Jobs that are kept; the oldest that has ended makes room.</summary>
    private const int MostJobs = 1_000;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS ask_job(
          name      TEXT PRIMARY KEY,
          begun_ms  INTEGER NOT NULL,
          ended_ms  INTEGER,
          operator  TEXT NOT NULL,
          terminal  TEXT NOT NULL,
          entry     TEXT NOT NULL,
          question  TEXT NOT NULL,
          columns   TEXT NOT NULL,
          file      TEXT NOT NULL,
          lines     INTEGER,
          written   INTEGER,
          next      INTEGER NOT NULL DEFAULT 0,
          beyond    BLOB NOT NULL DEFAULT x'',
          trouble   TEXT NOT NULL DEFAULT '');
        CREATE TABLE IF NOT EXISTS ask_job_count(
          job     TEXT NOT NULL,
          outcome INTEGER NOT NULL,
          refusal TEXT NOT NULL,
          count   INTEGER NOT NULL,
          PRIMARY KEY (job, outcome, refusal)) WITHOUT ROWID;
        """;

    private readonly OwnFile _file;
    private readonly TimeProvider _time;

    private AskJobs(OwnFile file, TimeProvider time) => (_file, _time) = (file, time);

    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static AskJobs Open(string path, TimeProvider time) => new(OwnFile.Open(path, What, Schema), time);

    /// <summary>Jobs without a file, for a developer's tests; they are there as long as <paramref name="life"/> is not disposed of.</summary>
    internal static AskJobs OpenInMemory(string name, TimeProvider time, out IDisposable life) => new(OwnFile.OpenInMemory(name, What, out life, Schema), time);

    /// <summary>Begins a job, or finds the one of this name.</summary>
    /// <exception cref="InvalidOperationException">It is another question, file or layout than the job was begun with; or there is no room.</exception>
    public async Task<AskPlace> BeginAsync(string name, BulkQuestion question, string columns, Asker who, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        if (await connection.QuerySingleAsync<long>("SELECT COUNT(*) FROM ask_job WHERE name <> @name", new { name }, transaction) >= MostJobs)
        {
            var oldest = await connection.QuerySingleOrDefaultAsync<string>(
                "SELECT name FROM ask_job WHERE ended_ms IS NOT NULL AND name <> @name ORDER BY ended_ms LIMIT 1", new { name }, transaction)
                ?? throw new InvalidOperationException($"{MostJobs} jobs have been begun and not ended. Bring some to their end first.");
            await connection.ExecuteAsync("DELETE FROM ask_job WHERE name = @oldest; DELETE FROM ask_job_count WHERE job = @oldest", new { oldest }, transaction);
        }

        await connection.ExecuteAsync(
            """
            INSERT INTO ask_job(name, begun_ms, operator, terminal, entry, question, columns, file, lines)
            VALUES (@name, @now, @Operator, @Terminal, @entry, @key, @columns, @ResultFile, @Lines) ON CONFLICT (name) DO NOTHING
            """,
            new
            {
                name,
                now = _time.GetUtcNow().ToUnixTimeMilliseconds(),
                who.Operator,
                who.Terminal,
                entry = question.Inquiry.Entry.Value,
                key = question.Key,
                columns,
                question.ResultFile,
                question.Lines,
            },
            transaction);
        var row = await connection.QuerySingleAsync<(string Question, string Columns, string File, long? Written, long Next, byte[] Beyond)>(
            "SELECT question, columns, file, written, next, beyond FROM ask_job WHERE name = @name", new { name }, transaction);
        await transaction.CommitAsync(cancellation);
        if (!string.Equals(row.Question, question.Key, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The job '{name}' was begun with another file or another question, or the file has changed since. Begin a new job under another name.");
        }

        if (!string.Equals(row.File, question.ResultFile, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"The job '{name}' writes its results to '{row.File}'.");
        }

        return string.Equals(row.Columns, columns, StringComparison.Ordinal) ? new AskPlace(row.Written, row.Next, row.Beyond) : throw ResultForm.LayoutChanged();
    }

    public async Task<AskJob?> FindAsync(string name, CancellationToken cancellation) => (await ReadAsync(name, cancellation)) is [var job] ? job : null;

    /// <summary>All that are kept, the newest first.</summary>
    public Task<IReadOnlyList<AskJob>> AllAsync(CancellationToken cancellation) => ReadAsync(name: null, cancellation);

    /// <summary>Lines that stand in the result file: counted, and the place moves on. Trouble, if there was any, is over.</summary>
    public async Task AdvanceAsync(string name, AskPlace place, IEnumerable<LineResult> results)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: false);
        await connection.ExecuteAsync(
            "UPDATE ask_job SET written = @Written, next = @Next, beyond = @Beyond, trouble = '' WHERE name = @name", new { place.Written, place.Next, place.Beyond, name }, transaction);
        foreach (var group in results.GroupBy(result => (result.Outcome, result.RefusalName)))
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO ask_job_count(job, outcome, refusal, count) VALUES (@name, @outcome, @refusal, @count)
                ON CONFLICT (job, outcome, refusal) DO UPDATE SET count = ask_job_count.count + excluded.count
                """,
                new { name, outcome = (int)group.Key.Outcome, refusal = group.Key.RefusalName, count = group.Count() },
                transaction);
        }

        await transaction.CommitAsync();
    }

    /// <summary>What the job waits for, or was stopped by: the name of a refusal.</summary>
    public async Task TroubleAsync(string name, string trouble)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync("UPDATE ask_job SET trouble = @trouble WHERE name = @name", new { trouble, name });
    }

    public async Task EndAsync(string name, long lines)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE ask_job SET ended_ms = @now, lines = @lines, trouble = '' WHERE name = @name AND ended_ms IS NULL", new { now = _time.GetUtcNow().ToUnixTimeMilliseconds(), lines, name });
    }

    private async Task<IReadOnlyList<AskJob>> ReadAsync(string? name, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        await using var transaction = connection.BeginTransaction(deferred: true); // Jobs and counts of one moment.
        var jobs = await connection.QueryAsync<(string Name, long Begun, long? Ended, string Operator, string Terminal, string Entry, string File, long? Lines, string Trouble)>(new CommandDefinition(
            """
            SELECT name, begun_ms, ended_ms, operator, terminal, entry, file, lines, trouble FROM ask_job
            WHERE @name IS NULL OR name = @name ORDER BY begun_ms DESC, name
            """,
            new { name },
            transaction,
            cancellationToken: cancellation));
        var counts = (await connection.QueryAsync<(string Job, long Outcome, string Refusal, long Count)>(new CommandDefinition(
            "SELECT job, outcome, refusal, count FROM ask_job_count WHERE @name IS NULL OR job = @name ORDER BY outcome, refusal",
            new { name },
            transaction,
            cancellationToken: cancellation))).ToLookup(row => row.Job, row => new AskCount((LineOutcome)row.Outcome, row.Refusal, row.Count), StringComparer.Ordinal);
        return
        [
            .. jobs.Select(row => new AskJob(row.Name, row.Entry, row.File, row.Operator, row.Terminal, DateTimeOffset.FromUnixTimeMilliseconds(row.Begun))
            {
                Ended = row.Ended is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null,
                Lines = row.Lines,
                Trouble = row.Trouble,
                Counts = [.. counts[row.Name]],
            }),
        ];
    }
}

/// <summary>How far a job is.</summary>
/// <param name="Written">Length of the result file with what is accounted for; null: nothing was made yet.</param>
/// <param name="Next">Lines of the source that are all done.</param>
/// <param name="Beyond">A bit for each line behind those; set: done. Exchanges take lines together by provider and condition, not in the order of the source.</param>
internal sealed record AskPlace(long? Written, long Next, byte[] Beyond)
{
    public bool IsDone(int at) => at / 8 < Beyond.Length && (Beyond[at / 8] & (1 << (at % 8))) != 0;

    public AskPlace With(long written, IEnumerable<int> done)
    {
        var bits = Beyond;
        foreach (var at in done)
        {
            if (ReferenceEquals(bits, Beyond) || at / 8 >= bits.Length)
            {
                var longer = new byte[Math.Max(bits.Length, (at / 8) + 1)];
                bits.CopyTo(longer, 0);
                bits = longer;
            }

            bits[at / 8] |= (byte)(1 << (at % 8));
        }

        return this with { Written = written, Beyond = bits };
    }
}

/// <summary>How far a bulk job is, and what came of it: every line that is done stands in exactly one count.</summary>
/// <param name="Name">The operator's name for it.</param>
/// <param name="Entry">The statute entry that is asked under.</param>
/// <param name="ResultFile">Where its results stand.</param>
/// <param name="Operator">Who began it.</param>
/// <param name="Terminal">Where.</param>
/// <param name="Begun">When.</param>
public sealed record AskJob(string Name, string Entry, string ResultFile, string Operator, string Terminal, DateTimeOffset Begun)
{
    /// <summary>When its last line was done; null: it is not at its end.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>Lines of the source; null where nobody has counted them yet.</summary>
    public long? Lines { get; init; }

    /// <summary>A refusal that the job waits out or was stopped by, by name; where it waits for a provider that is closed, with the time of opening (<c>PROVIDER-CLOSED until 2026-11-24T08:00:00+09:00</c>). Empty: none.</summary>
    public string Trouble { get; init; } = "";

    /// <summary>By outcome and refusal.</summary>
    public IReadOnlyList<AskCount> Counts { get; init; } = [];

    /// <summary>Lines that are done.</summary>
    public long Done => Counts.Sum(count => count.Count);

    /// <summary>At the end, each line of the source stands in one count.</summary>
    public bool Agrees => Ended is null ? Lines is null || Done <= Lines : Done == Lines;

    /// <summary>Lines with this outcome.</summary>
    public long Of(LineOutcome outcome) => Counts.Where(count => count.Outcome == outcome).Sum(count => count.Count);
}

/// <summary>How many lines had an outcome.</summary>
/// <param name="Outcome">What came of them.</param>
/// <param name="Refusal">The refusal's name; empty where nothing was refused.</param>
/// <param name="Count">Lines.</param>
public sealed record AskCount(LineOutcome Outcome, string Refusal, long Count);
