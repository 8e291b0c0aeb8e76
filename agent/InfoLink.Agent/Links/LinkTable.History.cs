using Dapper;
using InfoLink.Contracts.Identifiers;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>What a clerk sees of links and does to them; never a code.</summary>
public sealed partial class LinkTable
{
    /// <summary>Puts a link in doubt: it is used in neither direction until a person decides.</summary>
    /// <returns>False where the identifier is not linked.</returns>
    public Task<bool> QuarantineAsync(LocalId id, LinkAct act, CancellationToken cancellation = default) =>
        MarkAsync(id, act, LinkState.Quarantined, cancellation: cancellation);

    /// <summary>A person has decided that the link is right.</summary>
    /// <returns>False where the identifier is not linked.</returns>
    public Task<bool> ReleaseAsync(LocalId id, LinkAct act, CancellationToken cancellation = default) =>
        MarkAsync(id, act, LinkState.Active, cancellation: cancellation);

    /// <summary>A further identifier of a person who is linked: another system's, or a record that was split.</summary>
    /// <returns>Not done where <paramref name="known"/> is not linked. Where the identifier had a link that ends by it, whether a remedy is due.</returns>
    public async Task<LinkChanged> JoinAsync(LocalId id, LocalId known, LinkAct act, CancellationToken cancellation = default)
    {
        var joined = false;
        await WriteAsync(writing => joined = writing.Join(id, known, act), cancellation);
        return joined ? await EndedAsync(id, cancellation) : new LinkChanged(Done: false, Remedy: null);
    }

    /// <summary>Takes a link away: a person has decided that it is wrong.</summary>
    /// <returns>Not done where the identifier is not linked. Where exchanges were made through the link, a remedy is due.</returns>
    public async Task<LinkChanged> UnlinkAsync(LocalId id, LinkAct act, CancellationToken cancellation = default)
    {
        var unlinked = false;
        await WriteAsync(writing => unlinked = writing.Unlink(id, act), cancellation);
        return unlinked ? await EndedAsync(id, cancellation) : new LinkChanged(Done: false, Remedy: null);
    }

    /// <summary>What became of an identifier's link, oldest first.</summary>
    public async Task<IReadOnlyList<LinkEvent>> HistoryAsync(LocalId id, CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(long Time, long What, string Operator, string Reason)>(new CommandDefinition(
            "SELECT time_ms, what, operator, reason FROM link_history WHERE kind = @Kind AND value = @Value ORDER BY serial", id, cancellationToken: cancellation));
        return [.. rows.Select(row => new LinkEvent(DateTimeOffset.FromUnixTimeMilliseconds(row.Time), (LinkChange)row.What, new LinkAct(row.Operator, row.Reason)))];
    }

    /// <summary>How a person stands who is linked under this identifier; null where nobody is.</summary>
    public async Task<LinkStanding?> StandingAsync(LocalId id, CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(long State, string? Why, long Withheld, long ManualOnly)>(new CommandDefinition(
            "SELECT state, why, withheld, manual_only FROM person JOIN local_id ON person = number WHERE kind = @Kind AND value = @Value", id, cancellationToken: cancellation));
        return rows.ToList() is [var row] ? new LinkStanding((LinkState)row.State, row.Why ?? "", row.Withheld != 0, row.ManualOnly != 0) : null;
    }

    /// <summary>Links that are in doubt, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<DoubtfulLink>> QuarantinedAsync(int limit = 1_000, CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(string Kind, string Value, string? Why)>(new CommandDefinition(
            "SELECT kind, value, why FROM person JOIN local_id ON person = number WHERE state = 1 ORDER BY kind, value LIMIT @limit", new { limit }, cancellationToken: cancellation));
        return [.. rows.Select(row => new DoubtfulLink(new LocalId(row.Kind, row.Value), row.Why ?? ""))];
    }

    /// <summary>Everybody in another agency's link table, for taking them over. The file is only read.</summary>
    /// <param name="path">The file, as that agency's last agent left it.</param>
    /// <param name="kindHere">What a kind of identifier is called here.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">It is no link table of this version. Start its agent once with this version.</exception>
    public static async IAsyncEnumerable<Linking.AbsorbedPerson> ReadAsync(
        string path, Func<string, string> kindHere, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        System.Data.Common.DbDataReader rows;
        try
        {
            await connection.OpenAsync(cancellation);
            LinkSchema.RequireCurrent(connection);
            rows = await connection.ExecuteReaderAsync(new CommandDefinition(
                "SELECT kind, value, link_code, withheld, manual_only, state FROM local_id JOIN person ON number = person ORDER BY kind, value", cancellationToken: cancellation));
        }
        catch (SqliteException fault)
        {
            throw new InvalidOperationException($"'{path}' is not a link table that can be read: {fault.Message}", fault);
        }

        await using (rows)
        {
            while (await rows.ReadAsync(cancellation))
            {
                yield return new Linking.AbsorbedPerson(
                    new LocalId(kindHere(rows.GetString(0)), rows.GetString(1)),
                    LinkCode.FromBytes(rows.GetFieldValue<byte[]>(2)),
                    rows.GetBoolean(3),
                    rows.GetBoolean(4),
                    rows.GetInt64(5) == (long)LinkState.Quarantined);
            }
        }
    }

    /// <summary>Whether an unresolved identity mismatch closes a person to an agency.</summary>
    internal async Task<bool> IsClosedAsync(LocalId id, AgencyId requester, CancellationToken cancellation)
    {
        await using var connection = Connect();
        return await connection.QuerySingleAsync<long>(new CommandDefinition(
            "SELECT COUNT(*) FROM mismatch JOIN local_id USING (person) WHERE kind = @Kind AND value = @Value AND requester = @requester",
            new { id.Kind, id.Value, requester = requester.Value },
            cancellationToken: cancellation)) > 0;
    }

    /// <summary>How many persons are linked.</summary>
    public async Task<long> CountAsync(CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        return await connection.QuerySingleAsync<long>(new CommandDefinition("SELECT COUNT(*) FROM person", cancellationToken: cancellation));
    }

    /// <summary>Every code that an identifier has had: what an exchange was made through, whatever the link is now.</summary>
    internal async Task<IReadOnlyList<LinkCode>> CodesEverAsync(LocalId id, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<byte[]>(new CommandDefinition(
            "SELECT DISTINCT link_code FROM link_history WHERE kind = @Kind AND value = @Value", id, cancellationToken: cancellation));
        return [.. rows.Select(bytes => LinkCode.FromBytes(bytes))];
    }
}

/// <summary>One change of a link.</summary>
public sealed record LinkEvent(DateTimeOffset Time, LinkChange What, LinkAct Act);

/// <summary>How a linked person stands. To other agencies a quarantined or withheld one is as one who is not here.</summary>
/// <param name="State">Whether the link is used.</param>
/// <param name="Why">Where it is in doubt: why; else empty.</param>
/// <param name="IsWithheld">Withheld (不開示): nothing is answered about her.</param>
/// <param name="IsManualOnly">Not to be answered automatically (自動応答不可).</param>
public sealed record LinkStanding(LinkState State, string Why, bool IsWithheld, bool IsManualOnly)
{
    public override string ToString() => "LinkStanding(redacted)";
}

/// <summary>A link in doubt, and why.</summary>
public sealed record DoubtfulLink(LocalId Id, string Why)
{
    public override string ToString() => "DoubtfulLink(redacted)";
}
