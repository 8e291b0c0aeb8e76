using Dapper;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>The other direction: what other agencies have told this one.</summary>
internal sealed partial class RemedyStore
{
    /// <summary>How many notices an agency's people have not taken note of yet: of all senders, and of one.</summary>
    public async Task<(long All, long OfSender)> OpenNoticesAsync(AgencyId sender, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        return await connection.QuerySingleAsync<(long, long)>(new CommandDefinition(
            "SELECT COUNT(*), COALESCE(SUM(sender = @sender), 0) FROM received_notice WHERE state = @open",
            new { sender = sender.Value, open = (int)CorrectionState.CorrectionOpen },
            cancellationToken: cancellation));
    }

    /// <summary>Null where there is none.</summary>
    public async Task<ReceivedNotice?> ReceivedAsync(AgencyId sender, ReadOnlyMemory<byte> reference, ExchangeId exchange, CancellationToken cancellation) => (await ReceivedAsync(
        "WHERE sender = @sender AND reference = @reference AND exchange = @exchange",
        new { sender = sender.Value, reference = reference.ToArray(), exchange = exchange.ToArray() },
        cancellation)).FirstOrDefault();

    /// <summary>Null where there is none of this number.</summary>
    public async Task<ReceivedNotice?> ReceivedAsync(long number, CancellationToken cancellation) =>
        (await ReceivedAsync("WHERE number = @number", new { number }, cancellation)).FirstOrDefault();

    /// <summary>The newest first.</summary>
    /// <param name="all">Those that somebody has taken note of too.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<IReadOnlyList<ReceivedNotice>> ReceivedAsync(bool all, int limit, CancellationToken cancellation) =>
        ReceivedAsync("WHERE @all OR state = @open ORDER BY number DESC LIMIT @limit", new { all, open = (int)CorrectionState.CorrectionOpen, limit }, cancellation);

    /// <summary>Keeps a notice that is not there yet.</summary>
    public async Task KeepAsync(ReceivedNotice notice)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            """
            INSERT INTO received_notice(sender, reference, exchange, side, indices, reason, decided_ms, received_ms, state)
            VALUES (@sender, @reference, @exchange, @side, @indices, @reason, @decided, @received, @state) ON CONFLICT DO NOTHING
            """,
            new
            {
                sender = notice.From.Value,
                reference = notice.Reference.ToArray(),
                exchange = notice.Exchange.ToArray(),
                side = (int)notice.Side,
                indices = string.Join(' ', notice.Indices),
                reason = (int)notice.Reason,
                decided = notice.DecidedThereAt.ToUnixTimeMilliseconds(),
                received = notice.ReceivedAt.ToUnixTimeMilliseconds(),
                state = (int)notice.State,
            });
    }

    public async Task NoteAsync(long number, CorrectionState state, LinkAct note)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE received_notice SET state = @state, operator = @Operator, why = @Reason WHERE number = @number", new { number, state = (int)state, note.Operator, note.Reason });
    }

    private async Task<IReadOnlyList<ReceivedNotice>> ReceivedAsync(string which, object parameters, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var rows = await connection.QueryAsync<RemedyRows.Received>(new CommandDefinition($"SELECT * FROM received_notice {which}", parameters, cancellationToken: cancellation));
        return [.. rows.Select(row => row.ToNotice())];
    }
}
