using Dapper;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Links;

/// <summary>
/// How the codes of a whole table change (SPEC §7). The table itself says how far it is: a person has the code in use, and beside it at most one of another
/// epoch, the next before the agency switches and the previous one after it. Every step is a page and a transaction, and may stop after any.
/// </summary>
public sealed partial class LinkTable
{
    // Of no code of the epoch, and not refused one.
    private const string Left = """
        substr(link_code, 1, 1) <> @epoch AND (other_code IS NULL OR substr(other_code, 1, 1) <> @epoch)
        """;

    /// <summary>How the table stands towards an epoch: every person is in exactly one of the last three counts.</summary>
    internal async Task<CodeCounts> CountCodesAsync(byte epoch, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var (had, left, refused) = await connection.QuerySingleAsync<(long, long, long)>(new CommandDefinition(
            $"""
            SELECT COUNT(*), COALESCE(SUM(lacks AND refused_epoch <> @number), 0), COALESCE(SUM(lacks AND refused_epoch = @number), 0)
            FROM (SELECT refused_epoch, ({Left}) AS lacks FROM person)
            """,
            new { epoch = new[] { epoch }, number = (int)epoch },
            cancellationToken: cancellation));
        return new CodeCounts(had, had - left - refused, refused, left);
    }

    /// <summary>How many persons the steps towards these epochs would change now.</summary>
    internal async Task<DueCodes> DueAsync(CodeEpochs epochs, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var (convert, change, destroy) = await connection.QuerySingleAsync<(long, long, long)>(new CommandDefinition(
            $"""
            SELECT COALESCE(SUM(refused_epoch <> @number AND {Left}), 0), COALESCE(SUM(substr(other_code, 1, 1) = @current), 0),
              COALESCE(SUM(other_code IS NOT NULL AND substr(other_code, 1, 1) NOT IN (@current, @previous, @next)), 0)
            FROM person
            """,
            new
            {
                epoch = new[] { epochs.Target },
                number = (int)epochs.Target,
                current = new[] { epochs.Current },
                previous = Blob(epochs.Previous),
                next = Blob(epochs.Next),
            },
            cancellationToken: cancellation));
        return new DueCodes(convert, change, destroy);
    }

    /// <summary>Persons, ascending from <paramref name="after"/>, who lack a code of the epoch and were not refused one.</summary>
    internal async Task<IReadOnlyList<(long Person, LinkCode Code)>> WithoutCodeAsync(byte epoch, long after, int limit, CancellationToken cancellation)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(long Number, byte[] Code)>(new CommandDefinition(
            $"SELECT number, link_code FROM person WHERE number > @after AND refused_epoch <> @number AND {Left} ORDER BY number LIMIT @limit",
            new { epoch = new[] { epoch }, number = (int)epoch, after, limit },
            cancellationToken: cancellation));
        return [.. rows.Select(row => (row.Number, LinkCode.FromBytes(row.Code)))];
    }

    /// <summary>Whoever was refused a code of the epoch is asked for once more.</summary>
    internal async Task ForgetRefusalsAsync(byte epoch, CancellationToken cancellation)
    {
        await using var connection = Connect();
        await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE person SET refused_epoch = 0 WHERE refused_epoch = @epoch", new { epoch = (int)epoch }, cancellationToken: cancellation));
    }

    /// <summary>Keeps new codes beside those that they were made from; a link that has changed meanwhile keeps what it has, and comes again.</summary>
    /// <param name="codes">Person, the code that was sent, and the new one; null: refused.</param>
    /// <param name="epoch">Of the new codes.</param>
    /// <param name="act">For the history.</param>
    /// <param name="cancellation">Gives up before anything is written.</param>
    internal Task KeepCodesAsync(IReadOnlyList<(long Person, LinkCode Sent, LinkCode? Fresh)> codes, byte epoch, LinkAct act, CancellationToken cancellation) => WriteAsync(
        writing =>
        {
            using var keep = Prepare(writing, "UPDATE OR IGNORE person SET other_code = @fresh, refused_epoch = 0 WHERE number = @person AND link_code = @sent AND NOT EXISTS (SELECT 1 FROM person WHERE link_code = @fresh)");
            using var refuse = Prepare(writing, "UPDATE person SET refused_epoch = @epoch WHERE number = @person AND link_code = @sent");
            using var tell = Prepare(writing, """
                INSERT INTO link_history(time_ms, what, kind, value, link_code, operator, reason)
                SELECT @now, @what, kind, value, @code, @operator, @reason FROM local_id WHERE person = @person
                """);
            foreach (var (person, sent, fresh) in codes)
            {
                var bytes = Bytes(sent);
                if (fresh is { } code && Run(keep, ("@fresh", Bytes(code)), ("@person", person), ("@sent", bytes)) == 1)
                {
                    Run(tell, ("@now", writing.Now), ("@what", (int)LinkChange.Rotated), ("@code", Bytes(code)), ("@operator", act.Operator), ("@reason", act.Reason), ("@person", person));
                }
                else if (Run(refuse, ("@epoch", (int)epoch), ("@person", person), ("@sent", bytes)) == 1)
                {
                    Run(tell, ("@now", writing.Now), ("@what", (int)LinkChange.RotationRefused), ("@code", bytes), ("@operator", act.Operator), ("@reason", act.Reason), ("@person", person));
                }
            }
        },
        cancellation);

    /// <summary>Puts codes of the epoch into use where they stand beside another; at most so many.</summary>
    /// <returns>How many.</returns>
    internal async Task<int> SwitchAsync(byte current, int limit, CancellationToken cancellation)
    {
        var switched = 0;
        await WriteAsync(
            writing =>
            {
                // The two columns are unique each, and the swap is one statement: no row is ever without its code.
                switched = writing.Connection.Execute(
                    """
                    UPDATE person SET link_code = other_code, other_code = link_code WHERE number IN (
                      SELECT number FROM person WHERE substr(other_code, 1, 1) = @current LIMIT @limit)
                    """,
                    new { current = new[] { current }, limit },
                    writing.Transaction);
            },
            cancellation);
        return switched;
    }

    /// <summary>Destroys codes of epochs that nobody accepts any more, where they stand beside the one in use; at most so many.</summary>
    /// <returns>How many.</returns>
    internal async Task<int> DestroyAsync(CodeEpochs accepted, int limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await using var connection = Connect();
        await connection.ExecuteAsync("PRAGMA secure_delete = ON");
        await using var transaction = connection.BeginTransaction(deferred: false);
        var ended = (await connection.QueryAsync<(long Number, byte[] Epoch)>(
            """
            SELECT number, substr(other_code, 1, 1) FROM person
            WHERE other_code IS NOT NULL AND substr(other_code, 1, 1) NOT IN (@current, @previous, @next) LIMIT @limit
            """,
            new { current = new[] { accepted.Current }, previous = Blob(accepted.Previous), next = Blob(accepted.Next), limit },
            transaction)).ToList();
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var chunk in ended.Chunk(500))
        {
            await connection.ExecuteAsync("UPDATE person SET other_code = NULL WHERE number IN @numbers", new { numbers = chunk.Select(row => row.Number) }, transaction);
        }

        foreach (var epoch in ended.GroupBy(row => row.Epoch[0]))
        {
            await connection.ExecuteAsync(
                "INSERT INTO link_code_end(time_ms, epoch, destroyed) VALUES (@now, @epoch, @count) ON CONFLICT DO UPDATE SET destroyed = destroyed + @count",
                new { now, epoch = (int)epoch.Key, count = epoch.Count() },
                transaction);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return ended.Count;
    }

    /// <summary>What was destroyed leaves the write-ahead log too.</summary>
    internal async Task SweepAsync()
    {
        await using var connection = Connect();
        await connection.ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Codes of epochs that have ended and were destroyed here, by epoch and time.</summary>
    public async Task<IReadOnlyList<DestroyedCodes>> DestroyedAsync(CancellationToken cancellation = default)
    {
        await using var connection = Connect();
        var rows = await connection.QueryAsync<(long Time, long Epoch, long Count)>(new CommandDefinition(
            "SELECT time_ms, epoch, destroyed FROM link_code_end ORDER BY time_ms, epoch", cancellationToken: cancellation));
        return [.. rows.Select(row => new DestroyedCodes(DateTimeOffset.FromUnixTimeMilliseconds(row.Time), (byte)row.Epoch, row.Count))];
    }

    private static byte[] Blob(byte? epoch) => epoch is { } number ? [number] : [];

    private static SqliteCommand Prepare(LinkWriting writing, string sql)
    {
        var command = writing.Connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, writing.Transaction);
        return command;
    }

    /// <summary>One prepared statement for a page of ten thousand.</summary>
    private static int Run(SqliteCommand command, params ReadOnlySpan<(string Name, object Value)> values)
    {
        foreach (var (name, value) in values)
        {
            if (command.Parameters.Contains(name))
            {
                command.Parameters[name].Value = value;
            }
            else
            {
                command.Parameters.AddWithValue(name, value);
            }
        }

        return command.ExecuteNonQuery();
    }
}

/// <summary>How many persons have a code of an epoch, were refused one, or are still to be asked for.</summary>
internal sealed record CodeCounts(long Had, long Converted, long Refused, long Left);

/// <summary>How many persons lack a code of the target epoch, have the current one beside the one in use, or one that nobody accepts any more.</summary>
internal sealed record DueCodes(long Convert, long Switch, long Destroy);

/// <summary>Codes that this agency destroyed because nobody accepts them any more.</summary>
public sealed record DestroyedCodes(DateTimeOffset Time, byte Epoch, long Count);
