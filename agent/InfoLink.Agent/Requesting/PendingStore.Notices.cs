using System.Security.Cryptography;
using Dapper;
using InfoLink.Contracts.Identifiers;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Requesting;

/// <summary>What the agency's systems are still to be told (SPEC §21).</summary>
internal sealed partial class PendingStore
{
    /// <summary>Notices whose time has come, the oldest first.</summary>
    public async Task<IReadOnlyList<PendingNotice>> DueNoticesAsync(DateTimeOffset now, int limit, CancellationToken cancellation)
    {
        await using var connection = _file.Connect();
        var rows = await connection.QueryAsync<(byte[] Exchange, byte[] Id, string Caller, string State, long Waiting, long At, long Attempts)>(new CommandDefinition(
            "SELECT exchange, id, caller, state, waiting, at_ms, attempts FROM pending_notice WHERE next_ms <= @now ORDER BY next_ms, exchange LIMIT @limit",
            new { now = now.ToUnixTimeMilliseconds(), limit },
            cancellationToken: cancellation));
        return [.. rows.Select(row => new PendingNotice(ExchangeId.FromBytes(row.Exchange), row.Id, row.Caller, row.State, row.Waiting, DateTimeOffset.FromUnixTimeMilliseconds(row.At), (int)row.Attempts))];
    }

    /// <summary>The system has taken it, or is not told; a newer one of the same exchange stays.</summary>
    public async Task ToldAsync(PendingNotice notice)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync("DELETE FROM pending_notice WHERE exchange = @exchange AND id = @Id", new { exchange = notice.Exchange.ToArray(), notice.Id });
    }

    /// <summary>It was not taken: it counts a try, and all of its system's wait until then.</summary>
    public async Task PostponeNoticesAsync(PendingNotice notice, DateTimeOffset next)
    {
        await using var connection = _file.Connect();
        await connection.ExecuteAsync(
            "UPDATE pending_notice SET attempts = attempts + (id = @Id), next_ms = MAX(next_ms, @next) WHERE caller = @Caller", new { notice.Id, notice.Caller, next = next.ToUnixTimeMilliseconds() });
    }

    /// <summary>In the transaction that changes what is waited for; nothing where no system asked. That somebody was answered is not lost to what came later: it is what makes a system collect.</summary>
    private static Task TellAsync(SqliteConnection connection, SqliteTransaction transaction, ExchangeId exchange, string state, DateTimeOffset at) => connection.ExecuteAsync(
        """
        INSERT INTO pending_notice(exchange, id, caller, state, waiting, at_ms, next_ms)
        SELECT exchange, @notice, caller, @state, (SELECT COUNT(*) FROM pending_person WHERE exchange = @id AND state = @waiting), @at, @at FROM pending_caller WHERE exchange = @id
        ON CONFLICT (exchange) DO UPDATE SET id = excluded.id, state = CASE WHEN pending_notice.state = @answered THEN @answered ELSE excluded.state END,
            waiting = excluded.waiting, at_ms = excluded.at_ms, attempts = 0, next_ms = excluded.next_ms
        """,
        new { id = exchange.ToArray(), notice = RandomNumberGenerator.GetBytes(16), state, answered = PendingNotice.Answered, waiting = (int)PendingState.Waiting, at = at.ToUnixTimeMilliseconds() },
        transaction);
}

/// <summary>What a system is told of an exchange of its own.</summary>
/// <param name="Exchange">The pending one.</param>
/// <param name="Id">Random, the same for each try.</param>
/// <param name="Caller">The system.</param>
/// <param name="State"><see cref="Answered"/>, <see cref="Denied"/> or <see cref="Lapsed"/>.</param>
/// <param name="Waiting">How many persons are waited for still.</param>
/// <param name="At">When it came to be so.</param>
/// <param name="Attempts">Tries so far.</param>
internal sealed record PendingNotice(ExchangeId Exchange, byte[] Id, string Caller, string State, long Waiting, DateTimeOffset At, int Attempts)
{
    public const string Answered = "ANSWERED";
    public const string Denied = "DENIED";
    public const string Lapsed = "LAPSED";
}
