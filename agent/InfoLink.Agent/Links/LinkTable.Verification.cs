using System.Data;
using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>
/// Which links are due to be looked at again (SPEC §12.4). <c>verified_ms</c> is when the registry, or a human, last said that a link is right; 0: due now; 1: the last look came to a
/// doubt, and <c>link_doubt</c> says when the next one is.
/// </summary>
public sealed partial class LinkTable
{
    private const long Never = 1;
    private const int Rows = 10_000;
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);
    private static readonly TimeSpan SoonAfter = TimeSpan.FromDays(1);

    /// <summary>Links that the registry could not confirm: still in use, for a clerk to look at. At most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<UnconfirmedLink>> UnconfirmedAsync(int limit = 1_000, CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(string Kind, string Value, long Tries, long Next, string Reasons)>(new CommandDefinition(
            """
            SELECT kind, value, tries, next_ms, reasons FROM link_doubt JOIN person ON number = link_doubt.person JOIN local_id ON local_id.person = number
            WHERE state = 0 ORDER BY kind, value LIMIT @limit
            """,
            new { limit },
            cancellationToken: cancellation));
        return
        [
            .. rows.Select(row => new UnconfirmedLink(
                new LocalId(row.Kind, row.Value), (int)row.Tries, row.Reasons.Split(' ', StringSplitOptions.RemoveEmptyEntries), DateTimeOffset.FromUnixTimeMilliseconds(row.Next))),
        ];
    }

    /// <summary>How the links stand: each person is in exactly one count.</summary>
    /// <param name="every">How long a verification is good for.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<VerificationStanding> VerificationAsync(TimeSpan every, CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        return await VerificationStanding.ReadAsync(connection, CurrentEpoch(), _time.GetUtcNow(), every, cancellation);
    }

    /// <summary>The same, of a table that a running agent may hold open, and changing nothing; null where there is none, or an earlier agent's.</summary>
    internal static async Task<VerificationStanding?> ReadStandingAsync(string path, byte epoch, DateTimeOffset now, TimeSpan every, CancellationToken cancellation)
    {
        try
        {
            await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            await connection.OpenAsync(cancellation);
            return await VerificationStanding.ReadAsync(connection, epoch, now, every, cancellation);
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    /// <summary>Persons whose links are due, the longest due first, each with the identifiers that the agency's source of persons knows.</summary>
    internal async Task<IReadOnlyList<DuePerson>> DueAsync(TimeSpan every, int limit, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var now = _time.GetUtcNow();
        var rows = await connection.QueryAsync<(long Number, string? Value)>(new CommandDefinition(
            $"""
            SELECT number, value FROM (
              SELECT number, verified_ms FROM person
              WHERE verified_ms <= @before AND {VerificationStanding.Usable} AND NOT {VerificationStanding.Waiting} ORDER BY verified_ms LIMIT @limit)
            LEFT JOIN local_id ON person = number AND kind = @kind ORDER BY verified_ms, number, value
            """,
            new
            {
                before = (now - every).ToUnixTimeMilliseconds(),
                now = now.ToUnixTimeMilliseconds(),
                limit,
                kind = LocalId.DefaultKind,
                current = VerificationStanding.Epoch(CurrentEpoch()),
            },
            cancellationToken: cancellation));
        return [.. rows.GroupBy(row => row.Number).Select(person => new DuePerson(person.Key, [.. person.Select(row => row.Value).OfType<string>().Select(LocalId.Of)]))];
    }

    /// <summary>The persons behind identifiers; those that are not linked are left out.</summary>
    internal async Task<IReadOnlyList<DuePerson>> PersonsAsync(IReadOnlyList<LocalId> ids, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var found = new Dictionary<long, DuePerson>();
        foreach (var id in ids)
        {
            if (await connection.QuerySingleOrDefaultAsync<long?>(new CommandDefinition(
                "SELECT person FROM local_id WHERE kind = @Kind AND value = @Value", id, cancellationToken: cancellation)) is { } number && !found.ContainsKey(number))
            {
                var values = await connection.QueryAsync<string>(new CommandDefinition(
                    "SELECT value FROM local_id WHERE person = @number AND kind = @kind ORDER BY value", new { number, kind = LocalId.DefaultKind }, cancellationToken: cancellation));
                found[number] = new DuePerson(number, [.. values.Select(LocalId.Of)]);
            }
        }

        return [.. found.Values];
    }

    /// <summary>The registry knows something newer of these persons, or nothing: their links are looked at soon, at most once a day for that reason.</summary>
    internal async Task VerifySoonAsync(IEnumerable<LocalId> ids, CancellationToken cancellation)
    {
        var before = (_time.GetUtcNow() - SoonAfter).ToUnixTimeMilliseconds();
        await WriteAsync(
            writing =>
            {
                foreach (var id in ids)
                {
                    writing.Connection.Execute(
                        """
                        UPDATE person SET verified_ms = 0 WHERE verified_ms > 1 AND verified_ms < @before AND number = (SELECT person FROM local_id WHERE kind = @Kind AND value = @Value)
                        """,
                        new { before, id.Kind, id.Value },
                        writing.Transaction);
                }
            },
            cancellation);
    }

    /// <summary>Everybody is due now. A change that stops half way has made some due; the next one goes on.</summary>
    internal async Task VerifyEverybodyAsync(CancellationToken cancellation)
    {
        await using var connection = Connect();
        var last = await connection.QuerySingleAsync<long?>(new CommandDefinition("SELECT MAX(number) FROM person", cancellationToken: cancellation)) ?? 0;
        for (var from = 0L; from <= last; from += Rows)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE person SET verified_ms = 0 WHERE number >= @from AND number < @from + @Rows AND state = 0", new { from, Rows }, cancellationToken: cancellation));
        }
    }

    /// <summary>What is dated later than now comes from a clock that was wrong, so nobody knows when it was: it is due.</summary>
    internal async Task DistrustFutureAsync(CancellationToken cancellation)
    {
        await using var connection = Connect();
        var now = _time.GetUtcNow();
        await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE person SET verified_ms = @Never WHERE verified_ms > @later;
            UPDATE link_doubt SET next_ms = @now WHERE next_ms > @latest;
            """,
            new { Never, now = now.ToUnixTimeMilliseconds(), later = (now + SoonAfter).ToUnixTimeMilliseconds(), latest = (now + LongestWait + SoonAfter).ToUnixTimeMilliseconds() },
            cancellationToken: cancellation));
    }

    /// <summary>The registry did not confirm the link, and did not contradict it: looked at again after a day, then two, four and so on up to thirty.</summary>
    internal static void Doubt(LinkWriting writing, long person, IReadOnlyList<string> reasons) => writing.Connection.Execute(
        """
        INSERT INTO link_doubt(person, tries, next_ms, reasons) SELECT number, 1, @Now + @day, @why FROM person WHERE number = @person
        ON CONFLICT (person) DO UPDATE SET tries = tries + 1, next_ms = @Now + MIN(@most, @day << MIN(tries, 10)), reasons = excluded.reasons;
        UPDATE person SET verified_ms = @Never WHERE number = @person;
        """,
        new
        {
            person,
            writing.Now,
            Never,
            why = string.Join(' ', reasons),
            day = (long)TimeSpan.FromDays(1).TotalMilliseconds,
            most = (long)LongestWait.TotalMilliseconds,
        },
        writing.Transaction);
}

/// <summary>A person whose link is to be looked at.</summary>
/// <param name="Number">The row.</param>
/// <param name="Ids">What the agency's own system calls the person; of the kind that its source of persons knows.</param>
internal sealed record DuePerson(long Number, IReadOnlyList<LocalId> Ids)
{
    public override string ToString() => "DuePerson(redacted)";
}

/// <summary>A link that the registry could not confirm when it was looked at last.</summary>
/// <param name="Id">The agency's own identifier.</param>
/// <param name="Tries">How often in a row.</param>
/// <param name="Reasons">Ids that a clerk can act on, the registry's (SPEC §11, §12.1) or <see cref="Linking.Verification"/>'s.</param>
/// <param name="Next">When it is looked at again.</param>
public sealed record UnconfirmedLink(LocalId Id, int Tries, IReadOnlyList<string> Reasons, DateTimeOffset Next)
{
    public override string ToString() => "UnconfirmedLink(redacted)";
}

/// <summary>How far an agency's links are verified: each person of the table stands in exactly one of the five counts.</summary>
/// <param name="Persons">In the table.</param>
/// <param name="Fresh">Found right lately enough.</param>
/// <param name="Due">To be looked at now.</param>
/// <param name="Unconfirmed">The last look came to a doubt; they are in use, and looked at again later.</param>
/// <param name="Quarantined">Not in use until a human decides.</param>
/// <param name="Unconverted">Without a code of the current epoch, while codes change: looked at when they have one.</param>
/// <param name="Oldest">When the one that is longest due was found right last; null: nobody is due, or never.</param>
public sealed record VerificationStanding(long Persons, long Fresh, long Due, long Unconfirmed, long Quarantined, long Unconverted, DateTimeOffset? Oldest)
{
    internal const string Usable = "state = 0 AND (substr(link_code, 1, 1) = @current OR substr(other_code, 1, 1) = @current)";
    internal const string Waiting = "(verified_ms > 0 AND EXISTS (SELECT 1 FROM link_doubt WHERE link_doubt.person = number AND next_ms > @now))";

    /// <summary>Nobody is missing or stands twice.</summary>
    public bool Agrees => Persons == Fresh + Due + Unconfirmed + Quarantined + Unconverted;

    internal static byte[]? Epoch(byte? epoch) => epoch is { } known ? [known] : null;

    /// <param name="connection">The link table's.</param>
    /// <param name="epoch">The agency's current one.</param>
    /// <param name="now">The time.</param>
    /// <param name="every">How long a verification is good for.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<VerificationStanding> ReadAsync(IDbConnection connection, byte? epoch, DateTimeOffset now, TimeSpan every, CancellationToken cancellation)
    {
        var row = await connection.QuerySingleAsync<(long Persons, long Quarantined, long Unconverted, long Unconfirmed, long Due, long? Oldest)>(new CommandDefinition(
            $"""
            SELECT COUNT(*), COALESCE(SUM(state <> 0), 0), COALESCE(SUM(state = 0 AND NOT usable), 0), COALESCE(SUM(usable AND waiting), 0), COALESCE(SUM(usable AND NOT waiting AND old), 0),
                   MIN(CASE WHEN usable AND NOT waiting AND old AND verified_ms > 1 THEN verified_ms END)
            FROM (SELECT state, verified_ms, COALESCE({Usable}, 0) AS usable, {Waiting} AS waiting, verified_ms <= @before AS old FROM person)
            """,
            new { before = (now - every).ToUnixTimeMilliseconds(), now = now.ToUnixTimeMilliseconds(), current = Epoch(epoch) },
            cancellationToken: cancellation));
        return new VerificationStanding(
            row.Persons,
            row.Persons - row.Quarantined - row.Unconverted - row.Unconfirmed - row.Due,
            row.Due,
            row.Unconfirmed,
            row.Quarantined,
            row.Unconverted,
            row.Oldest is { } oldest ? DateTimeOffset.FromUnixTimeMilliseconds(oldest) : null);
    }
}
