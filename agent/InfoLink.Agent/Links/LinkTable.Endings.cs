using Dapper;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Links;

/// <summary>
/// Which links of an identifier there were, and by what each ended: what a remedy starts from. It is read from the history, so nothing is lost between
/// the change of a link and what follows from it.
/// </summary>
public sealed partial class LinkTable
{
    /// <summary>Told after a link ended; says whether a remedy is due. The history has the ending already, so it may also find it later.</summary>
    internal Func<LocalId, CancellationToken, Task<RemedyDue?>>? Ended { get; set; }

    private async Task<LinkChanged> EndedAsync(LocalId id, CancellationToken cancellation) =>
        new(Done: true, Ended is null ? null : await Ended(id, cancellation));

    /// <summary>Rows of the history that may have ended a link, after a serial, ascending, at most <paramref name="limit"/>.</summary>
    /// <returns>The rows, and how far the history has been looked at.</returns>
    internal async Task<(IReadOnlyList<(long Serial, LocalId Id)> Rows, long Until)> EndingsAfterAsync(long after, int limit, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var newest = await connection.QuerySingleAsync<long>(new CommandDefinition("SELECT COALESCE(MAX(serial), 0) FROM link_history", cancellationToken: cancellation));
        var rows = (await connection.QueryAsync<(long Serial, string Kind, string Value)>(new CommandDefinition(
            """
            SELECT serial, kind, value FROM link_history
            WHERE serial > @after AND serial <= @newest AND (what + 0) IN (@moved, @joined, @unlinked) ORDER BY serial LIMIT @limit
            """,
            new { after, newest, moved = (int)LinkChange.Moved, joined = (int)LinkChange.Joined, unlinked = (int)LinkChange.Unlinked, limit },
            cancellationToken: cancellation))).AsList();
        return ([.. rows.Select(row => (row.Serial, new LocalId(row.Kind, row.Value)))], rows.Count == limit ? rows[^1].Serial : newest);
    }

    /// <summary>The links that an identifier has had, oldest first; the last may stand still.</summary>
    internal async Task<IReadOnlyList<PastLink>> PastLinksAsync(LocalId id, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(long Serial, long Time, long What, byte[] Code, string Operator, string Reason)>(new CommandDefinition(
            "SELECT serial, time_ms, what, link_code, operator, reason FROM link_history WHERE kind = @Kind AND value = @Value ORDER BY serial", id, cancellationToken: cancellation));
        return PastLink.Of(rows.Select(row => new HistoryRow(
            row.Serial, DateTimeOffset.FromUnixTimeMilliseconds(row.Time), (LinkChange)row.What, LinkCode.FromBytes(row.Code), new LinkAct(row.Operator, row.Reason))));
    }

    /// <summary>The identifiers that a code stands with now.</summary>
    internal async Task<IReadOnlyList<LocalId>> HoldersAsync(LinkCode code, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(string Kind, string Value)>(new CommandDefinition(
            "SELECT kind, value FROM person JOIN local_id ON person = number WHERE link_code = @code OR other_code = @code ORDER BY kind, value",
            new { code = Bytes(code) },
            cancellationToken: cancellation));
        return [.. rows.Select(row => new LocalId(row.Kind, row.Value))];
    }

    /// <summary>Marks a link for verification: another agency has found that an exchange through it was made by a wrong link of its own.</summary>
    internal Task NoticedAsync(LinkCode code, LinkAct act, CancellationToken cancellation) => WriteAsync(writing => writing.Noticed(code, act), cancellation);
}

/// <summary>What a change of a link has led to.</summary>
/// <param name="Done">False: there was nothing to change.</param>
/// <param name="Remedy">A link ended, and exchanges were made through it; null: none, or they are counted later (the agent's remedy list shows them).</param>
public sealed record LinkChanged(bool Done, RemedyDue? Remedy)
{
    /// <summary>Was it done?</summary>
    public static implicit operator bool(LinkChanged changed) => changed.Done;
}

/// <summary>A remedy that waits for a person's decision.</summary>
/// <param name="Case">Its number at this agency.</param>
/// <param name="Exchanges">How many were made through the link, as requester and as provider.</param>
public sealed record RemedyDue(long Case, int Exchanges);

/// <summary>One row of an identifier's history.</summary>
internal sealed record HistoryRow(long Serial, DateTimeOffset Time, LinkChange What, LinkCode Code, LinkAct Act)
{
    public override string ToString() => $"HistoryRow({Serial}, {What}, redacted)";
}

/// <summary>
/// A link from its beginning to its end, under all codes that it had. A code of another epoch is the same person's; another code of the same epoch is
/// another link.
/// </summary>
internal sealed record PastLink(IReadOnlyList<LinkCode> Codes, DateTimeOffset From)
{
    /// <summary>The row that ended it; null while it stands.</summary>
    public HistoryRow? End { get; init; }

    /// <param name="history">All rows of one identifier, oldest first.</param>
    public static IReadOnlyList<PastLink> Of(IEnumerable<HistoryRow> history)
    {
        var links = new List<PastLink>();
        PastLink? open = null;
        foreach (var row in history)
        {
            switch (row.What)
            {
                case LinkChange.Linked or LinkChange.Moved or LinkChange.Joined when open is null:
                    open = new PastLink([row.Code], row.Time);
                    break;
                case LinkChange.Linked or LinkChange.Moved or LinkChange.Joined when open.IsAnother(row.Code):
                    links.Add(open with { End = row });
                    open = new PastLink([row.Code], row.Time);
                    break;
                case LinkChange.Unlinked:
                    links.Add((open ?? new PastLink([row.Code], DateTimeOffset.UnixEpoch)).With(row.Code) with { End = row }); // Linked before there was a history.
                    open = null;
                    break;
                default:
                    open = (open ?? new PastLink([row.Code], DateTimeOffset.UnixEpoch)).With(row.Code);
                    break;
            }
        }

        return open is null ? links : [.. links, open];
    }

    private bool IsAnother(LinkCode code) => !Codes.Contains(code) && Codes.Any(known => known.Epoch == code.Epoch);

    private PastLink With(LinkCode code) => Codes.Contains(code) ? this : this with { Codes = [.. Codes, code] };

    public override string ToString() => $"PastLink({Codes.Count} codes, redacted)";
}
