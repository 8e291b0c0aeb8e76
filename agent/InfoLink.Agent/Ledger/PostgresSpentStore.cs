using System.Buffers.Binary;
using System.Data;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace InfoLink.Agent.Ledger;

/// <summary>
/// Spent tokens in PostgreSQL 14 or later, shared by all processes of one agency. The tables lie in the first schema of the connection's
/// <c>search_path</c>. The connection must lead to the server itself, not through a pooler that shares sessions.
/// </summary>
/// <remarks>
/// The lease is an advisory lock, held shared by the very session that spends: as long as anybody holds it, the server has not gone down and
/// nothing is lost. Who finds nobody holding it opens anew, alone; who finds others joins them. A store whose identity differs from the
/// opening's is opened anew, others or not: they notice by the epoch. The identity is the server's system identifier and timeline, and the
/// file of the table, since a dump that is restored under living sessions replaces it (as does <c>VACUUM FULL</c>, which costs a needless
/// opening).
/// </remarks>
internal sealed class PostgresSpentStore : ISpentStore
{
    /// <summary>pg_control_checkpoint() shows a new timeline only after the first checkpoint on it; the name of the WAL file at once.</summary>
    private const string Identity = """
        SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
          || '/' || pg_relation_filenode('spent')
        """;

    private const string IsCurrentHere = LedgerSql.IsCurrent + " AND store LIKE '%/' || pg_relation_filenode('spent')";

    private const int Seconds = 5;
    private readonly string _connection;
    private readonly string _place;
    private NpgsqlConnection? _session;
    private string? _warning;

    /// <param name="connection">An Npgsql connection string; see <see cref="IsConnectionString"/>.</param>
    public PostgresSpentStore(string connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection)
        {
            Pooling = false, // A session that ends must take its lease with it.
            Enlist = false,
            Timeout = Seconds,
            CommandTimeout = Seconds,
            CancellationTimeout = -1, // A commit that is cancelled while it waits for a standby would count as done: break the session instead.
            MaxAutoPrepare = 10,
            IncludeErrorDetail = false, // Details show values.
        };
        settings.ApplicationName ??= "infolink-ledger";
        _connection = settings.ToString();
        _place = $"PostgreSQL, host {settings.Host}, port {settings.Port}, database {settings.Database}";
    }

    /// <summary>Can it be read as a connection string that names a host?</summary>
    public static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0 };
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            return false; // Its message may show a piece of a password.
        }
    }

    public async Task<Opening> OpenAsync(TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            if (_session is { FullState: not ConnectionState.Open })
            {
                await EndSessionAsync();
            }

            return _session is null ? await ConnectAsync(time, cancellation) : await JoinAsync(_session, time, cancellation);
        }
        catch (Exception fault)
        {
            await EndSessionAsync();
            throw Unavailable("opened", fault);
        }
    }

    public async Task<bool[]?> SpendAsync(Opening opening, IReadOnlyList<SpentToken> batch, CancellationToken cancellation)
    {
        var session = Session;
        try
        {
            await using var transaction = await session.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
            await using var command = new NpgsqlBatch(session, transaction);
            int[] order = [.. Enumerable.Range(0, batch.Count).OrderBy(i => batch[i].Key, Bytewise)]; // One order for all, so that no two batches wait for each other.
            foreach (var i in order)
            {
                command.BatchCommands.Add(Spend(opening, batch[i]));
            }

            // Last: what was current then was current for all before.
            command.BatchCommands.Add(new NpgsqlBatchCommand(IsCurrentHere) { Parameters = { new("epoch", opening.Epoch) } });
            if (await command.ExecuteScalarAsync(cancellation) is not 1L)
            {
                return null;
            }

            var entered = new bool[batch.Count];
            for (var place = 0; place < order.Length; place++)
            {
                entered[order[place]] = command.BatchCommands[place].RecordsAffected == 1;
            }

            _warning = null;
            await transaction.CommitAsync(cancellation);
            return _warning is null ? entered : throw new DataException(_warning); // It is committed here, perhaps not on the standby.
        }
        catch (Exception fault)
        {
            if (session.FullState != ConnectionState.Open)
            {
                await EndSessionAsync();
            }

            throw Unavailable("written", fault);
        }
    }

    public Task<int> PruneAsync(DateTimeOffset now, int atMost, CancellationToken cancellation) => Session.ExecuteAsync(new CommandDefinition(
        LedgerSql.Prune("FOR UPDATE SKIP LOCKED"), new { now = now.ToUnixTimeMilliseconds(), atMost }, cancellationToken: cancellation));

    public Task<long> CountAsync(CancellationToken cancellation) =>
        Session.ExecuteScalarAsync<long>(new CommandDefinition(LedgerSql.Count, cancellationToken: cancellation));

    public async ValueTask DisposeAsync() => await EndSessionAsync();

    private NpgsqlConnection Session => _session ?? throw new InvalidOperationException("The ledger is not open.");

    private static Comparer<byte[]> Bytewise { get; } = Comparer<byte[]>.Create((one, other) => one.AsSpan().SequenceCompareTo(other));

    private static NpgsqlBatchCommand Spend(Opening opening, SpentToken token) => new(LedgerSql.Spend)
    {
        Parameters =
        {
            new("token", token.Key), new("attempt", token.Attempt), new("keep_ms", token.KeepUntil.ToUnixTimeMilliseconds()), new("epoch", opening.Epoch),
        },
    };

    /// <summary>A new session takes the lease: alone and for a new opening if nobody holds it, beside the others if somebody does.</summary>
    private async Task<Opening> ConnectAsync(TimeProvider time, CancellationToken cancellation)
    {
        var session = _session = new NpgsqlConnection(_connection);
        session.Notice += (_, notice) => _warning = $"{notice.Notice.MessageText} {notice.Notice.Detail}";
        await session.OpenAsync(cancellation);
        await AskAsync<object>("SET synchronous_commit = on; SET client_min_messages = warning; SET idle_session_timeout = 0", 0);
        var schema = await AskAsync<string?>("SELECT current_schema()", 0)
            ?? throw new InvalidOperationException("no schema of the connection's search_path exists.");
        await UpgradeAsync(session, KeyOf("infolink/ledger-tables/" + schema), cancellation);

        const int Patience = 100;
        var lease = KeyOf("infolink/ledger-lease/" + schema);
        for (var tried = 0; tried < Patience; tried++)
        {
            if (await AskAsync<bool>("SELECT pg_try_advisory_lock(@key)", lease))
            {
                var store = await AskAsync<string>(Identity, 0);
                var opening = await LedgerSql.ReopenAsync(session, Opening.MarkAt(time.GetUtcNow()), store, cancellation);
                await AskAsync<object>("SELECT pg_advisory_lock_shared(@key)", lease);
                await AskAsync<bool>("SELECT pg_advisory_unlock(@key)", lease);
                return opening;
            }

            if (await AskAsync<bool>("SELECT pg_try_advisory_lock_shared(@key)", lease))
            {
                return await JoinAsync(session, time, cancellation);
            }

            await Task.Delay(TimeSpan.FromSeconds(Seconds) / Patience, TimeProvider.System, cancellation); // Another opens it at this moment.
        }

        throw new TimeoutException("another process is opening it and does not come to an end.");

        Task<T> AskAsync<T>(string sql, long key) =>
            session.ExecuteScalarAsync<T>(new CommandDefinition(sql, new { key }, cancellationToken: cancellation))!;
    }

    /// <summary>The lease is held: the current opening, if it was made in this very store.</summary>
    private static async Task<Opening> JoinAsync(NpgsqlConnection session, TimeProvider time, CancellationToken cancellation)
    {
        var store = await session.QuerySingleAsync<string>(new CommandDefinition(Identity, cancellationToken: cancellation));
        var (epoch, acceptsFrom, madeIn) = await session.QuerySingleOrDefaultAsync<(long, long, string?)>(
            new CommandDefinition("SELECT epoch, accepts_from_ms, store FROM opening WHERE id = 1", cancellationToken: cancellation));
        return string.Equals(store, madeIn, StringComparison.Ordinal)
            ? new Opening(epoch, DateTimeOffset.FromUnixTimeMilliseconds(acceptsFrom))
            : await LedgerSql.ReopenAsync(session, Opening.MarkAt(time.GetUtcNow()), store, cancellation);
    }

    /// <summary>One process at a time; where the tables are as they should be, nothing is asked for that a role may not do.</summary>
    private static async Task UpgradeAsync(NpgsqlConnection session, long key, CancellationToken cancellation)
    {
        await using var transaction = await session.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        await session.ExecuteAsync(new CommandDefinition("SELECT pg_advisory_xact_lock(@key)", new { key }, transaction, cancellationToken: cancellation));
        var exists = await session.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT to_regclass(quote_ident(current_schema()) || '.ledger') IS NOT NULL", transaction: transaction, cancellationToken: cancellation));
        await LedgerSql.UpgradeAsync(
            session,
            transaction,
            exists,
            sql => sql.Replace(" BLOB", " BYTEA", StringComparison.Ordinal).Replace(" WITHOUT ROWID", "", StringComparison.Ordinal),
            cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static long KeyOf(string name) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>Gives the lease back, if there still is a session to give it back in.</summary>
    private async Task EndSessionAsync()
    {
        if (_session is not { } session)
        {
            return;
        }

        _session = null;
        try
        {
            if (session.FullState == ConnectionState.Open)
            {
                await session.ExecuteAsync("SELECT pg_advisory_unlock_all()"); // The server learns of an end only after us.
            }
        }
        catch (Exception fault) when (fault is NpgsqlException or InvalidOperationException)
        {
            // The lease ends with the session.
        }

        await session.DisposeAsync();
    }

    private LedgerUnavailableException Unavailable(string what, Exception fault)
    {
        var cause = fault.InnerException is { } inner ? $"{fault.Message}: {inner.Message}" : fault.Message;
        return new LedgerUnavailableException($"The ledger of spent tokens ({_place}) could not be {what}: {cause}", fault);
    }
}
