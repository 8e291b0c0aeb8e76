using Npgsql;

namespace InfoLink.Transparency.Postgres;

/// <summary>What matters of a PostgreSQL server to those who keep records in it.</summary>
/// <param name="Version">server_version_num, e.g. 150013.</param>
/// <param name="IsStandby">In recovery: it writes nothing.</param>
/// <param name="Fsync">As the server shows it.</param>
/// <param name="FullPageWrites">As the server shows it.</param>
/// <param name="SynchronousCommit">The default of this user and database.</param>
/// <param name="SynchronousStandbyNames">Empty: no commit waits for a standby.</param>
/// <param name="Standbys">Servers that follow now, as far as this role may see.</param>
/// <param name="SynchronousStandbys">Of them, such as commits wait for.</param>
public sealed record PostgresSettings(
    int Version, bool IsStandby, string Fsync, string FullPageWrites, string SynchronousCommit, string SynchronousStandbyNames, int Standbys, int SynchronousStandbys)
{
    private const int Seconds = 5;

    private const string Read = """
        SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'),
               current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
               (SELECT count(*)::int FROM pg_stat_replication WHERE application_name NOT LIKE 'pg_basebackup%'),
               (SELECT count(*)::int FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
        """;

    /// <exception cref="InvalidOperationException">It cannot be reached or asked; the message never shows the connection string.</exception>
    public static async Task<PostgresSettings> ReadAsync(string connection, CancellationToken cancellation)
    {
        var settings = Parse(connection)
            ?? throw new InvalidOperationException("'postgres' is not a connection string such as Host=db.example;Database=infolink;Username=agent.");
        (settings.Pooling, settings.Timeout, settings.CommandTimeout) = (false, Seconds, Seconds);
        try
        {
            await using var session = new NpgsqlConnection(settings.ToString());
            await session.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand(Read, session);
            await using var row = await command.ExecuteReaderAsync(cancellation);
            await row.ReadAsync(cancellation);
            return new PostgresSettings(
                row.GetInt32(0), row.GetBoolean(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt32(6), row.GetInt32(7));
        }
        catch (NpgsqlException fault)
        {
            throw new InvalidOperationException($"PostgreSQL, host {settings.Host}, port {settings.Port}, database {settings.Database} does not answer: {fault.Message}", fault);
        }
    }

    private static NpgsqlConnectionStringBuilder? Parse(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            return null; // Its message may show a piece of a password.
        }
    }
}
