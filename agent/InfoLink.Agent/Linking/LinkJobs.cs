using Dapper;
using InfoLink.Agent.Links;

namespace InfoLink.Agent.Linking;

/// <summary>
/// Linking jobs, kept in the link table's own file: what a batch did to the links and how far the job is are one transaction, so a job goes on where it
/// stopped and counts nothing twice.
/// </summary>
internal sealed class LinkJobs
{
    /// <summary>Persons of whom a job says why they are not linked, at most; beyond it they are counted.</summary>
    private const int MostTroubles = 100_000;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS link_job(
          name      TEXT PRIMARY KEY,
          begun_ms  INTEGER NOT NULL,
          ended_ms  INTEGER,
          next      INTEGER NOT NULL DEFAULT 0,
          last      TEXT,
          operator  TEXT NOT NULL,
          reason    TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS link_job_count(
          job    TEXT NOT NULL,
          result INTEGER NOT NULL,
          count  INTEGER NOT NULL,
          PRIMARY KEY (job, result)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS link_job_trouble(
          job     TEXT NOT NULL,
          at      INTEGER NOT NULL,
          kind    TEXT NOT NULL,
          value   TEXT NOT NULL,
          result  INTEGER NOT NULL,
          reasons TEXT NOT NULL,
          PRIMARY KEY (job, at)) WITHOUT ROWID;
        """;

    private readonly LinkTable _links;
    private readonly TimeProvider _time;

    public LinkJobs(LinkTable links, TimeProvider time)
    {
        (_links, _time) = (links, time);
        using var connection = links.Connect();
        connection.Execute(Schema);
    }

    /// <summary>Begins a job, or finds the one of this name.</summary>
    public async Task<LinkJob> BeginAsync(string name, LinkAct act, CancellationToken cancellation)
    {
        await using var connection = _links.Connect();
        await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO link_job(name, begun_ms, operator, reason) VALUES (@name, @now, @Operator, @Reason) ON CONFLICT (name) DO NOTHING",
            new { name, now = _time.GetUtcNow().ToUnixTimeMilliseconds(), act.Operator, act.Reason },
            cancellationToken: cancellation));
        return await FindAsync(name, cancellation) ?? throw new InvalidOperationException("The job that was begun is gone.");
    }

    public async Task<LinkJob?> FindAsync(string name, CancellationToken cancellation)
    {
        await using var connection = _links.Connect();
        var job = await connection.QuerySingleOrDefaultAsync<(long Next, string? Last, long? Ended)?>(new CommandDefinition(
            "SELECT next, last, ended_ms FROM link_job WHERE name = @name", new { name }, cancellationToken: cancellation));
        if (job is not { } found)
        {
            return null;
        }

        var counts = await connection.QueryAsync<(long Result, long Count)>(new CommandDefinition(
            "SELECT result, count FROM link_job_count WHERE job = @name", new { name }, cancellationToken: cancellation));
        return new LinkJob(name, found.Next, found.Last, found.Ended is not null, counts.ToDictionary(row => (LinkingResult)row.Result, row => row.Count));
    }

    /// <summary>Who is not linked, and why, in the order of the source.</summary>
    public async Task<IReadOnlyList<PersonLinked>> TroublesAsync(string name, long after, int limit, CancellationToken cancellation)
    {
        await using var connection = _links.Connect();
        var rows = await connection.QueryAsync<(long At, string Kind, string Value, long Result, string Reasons)>(new CommandDefinition(
            "SELECT at, kind, value, result, reasons FROM link_job_trouble WHERE job = @name AND at > @after ORDER BY at LIMIT @limit",
            new { name, after, limit },
            cancellationToken: cancellation));
        return
        [
            .. rows.Select(row => new PersonLinked(
                row.At, new LocalId(row.Kind, row.Value), (LinkingResult)row.Result, row.Reasons.Split(' ', StringSplitOptions.RemoveEmptyEntries))),
        ];
    }

    /// <summary>A batch that is done: its results and how far the job is, in the transaction that changed the links.</summary>
    public static void Advance(LinkWriting writing, LinkJob job, IReadOnlyList<PersonLinked> results)
    {
        var at = job.Next + results.Count;
        writing.Connection.Execute(
            "UPDATE link_job SET next = @at, last = @last WHERE name = @Name", new { at, last = results[^1].Id.Value, job.Name }, writing.Transaction);
        foreach (var group in results.GroupBy(result => result.Result))
        {
            writing.Connection.Execute(
                "INSERT INTO link_job_count(job, result, count) VALUES (@Name, @result, @count) ON CONFLICT (job, result) DO UPDATE SET count = link_job_count.count + @count",
                new { job.Name, result = (int)group.Key, count = group.Count() },
                writing.Transaction);
        }

        var known = writing.Connection.QuerySingle<long>("SELECT COUNT(*) FROM link_job_trouble WHERE job = @Name", new { job.Name }, writing.Transaction);
        foreach (var trouble in results.Where(result => !result.IsLinked).Take((int)Math.Max(0, MostTroubles - known)))
        {
            writing.Connection.Execute(
                "INSERT INTO link_job_trouble(job, at, kind, value, result, reasons) VALUES (@Name, @At, @Kind, @Value, @result, @reasons)",
                new { job.Name, trouble.At, trouble.Id.Kind, trouble.Id.Value, result = (int)trouble.Result, reasons = string.Join(' ', trouble.Reasons) },
                writing.Transaction);
        }
    }

    public async Task EndAsync(LinkJob job, CancellationToken cancellation)
    {
        await using var connection = _links.Connect();
        await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE link_job SET ended_ms = @now WHERE name = @Name AND ended_ms IS NULL",
            new { now = _time.GetUtcNow().ToUnixTimeMilliseconds(), job.Name },
            cancellationToken: cancellation));
    }
}

/// <summary>How far a job is, and what came of it: every person of the source stands in exactly one count.</summary>
/// <param name="Name">The operator's name for it.</param>
/// <param name="Next">Persons of the source that are done.</param>
/// <param name="Last">The last of them, so that a source that has changed since is noticed.</param>
/// <param name="Ended">The source was read to its end.</param>
/// <param name="Counts">By result.</param>
public sealed record LinkJob(string Name, long Next, string? Last, bool Ended, IReadOnlyDictionary<LinkingResult, long> Counts)
{
    /// <summary>Persons asked for.</summary>
    public long Asked => Counts.Values.Sum();

    /// <summary>Persons who matched one resident.</summary>
    public long Matched => Asked - Of(LinkingResult.Ambiguous) - Of(LinkingResult.NotFound);

    /// <summary>Persons for whom the broker gave a code.</summary>
    public long Given => Matched - Of(LinkingResult.Refused);

    /// <summary>Persons who have the right link now.</summary>
    public long LinkedNow => Of(LinkingResult.Linked) + Of(LinkingResult.Verified) + Of(LinkingResult.Renewed);

    /// <summary>The counts agree with how far the job is.</summary>
    public bool Agrees => Asked == Next;

    public long Of(LinkingResult result) => Counts.GetValueOrDefault(result);

    public override string ToString() => $"LinkJob({Name}, {Next})";
}

/// <summary>One person's result.</summary>
/// <param name="At">Place in the source, from 0.</param>
/// <param name="Id">The agency's own identifier.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Reasons">Ids that a clerk can act on.</param>
public sealed record PersonLinked(long At, LocalId Id, LinkingResult Result, IReadOnlyList<string> Reasons)
{
    /// <summary>Nothing is left to do.</summary>
    public bool IsLinked => Result is LinkingResult.Linked or LinkingResult.Verified or LinkingResult.Renewed;

    public override string ToString() => $"PersonLinked({At}, {Result}, redacted)";
}
