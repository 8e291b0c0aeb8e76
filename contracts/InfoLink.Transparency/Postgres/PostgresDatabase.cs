using Npgsql;

namespace InfoLink.Transparency.Postgres;

/// <summary>How this program opens a PostgreSQL database that several of its processes share: waits have an end, commits reach the disk, and tables are made once.</summary>
public static class PostgresDatabase
{
    /// <summary>Beside what the connection string says for itself.</summary>
    public const string Durable = "-c synchronous_commit=on";

    /// <param name="connectionString">Npgsql's; its own <c>Options</c> stay.</param>
    /// <param name="patience">For a connection, and for a command; whole seconds.</param>
    /// <param name="options">Settings of each session.</param>
    /// <exception cref="InvalidOperationException">The string is none of Npgsql's. Never shows it.</exception>
    public static NpgsqlDataSource Open(string connectionString, TimeSpan patience, string options = Durable)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(connectionString)
            {
                CommandTimeout = (int)patience.TotalSeconds,
                Timeout = (int)patience.TotalSeconds,
                MaxAutoPrepare = 32,
                AutoPrepareMinUsages = 2,
            };
            builder.Options = $"{builder.Options} {options}".Trim();
            return NpgsqlDataSource.Create(builder);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            // Without the cause, whose message may quote a part of the string: a password with a semicolon in it, unquoted, reads as a keyword.
#pragma warning disable MA0054
            throw new InvalidOperationException("The PostgreSQL connection string is not one of Npgsql's: a keyword is unknown, or a value malformed.");
#pragma warning restore MA0054
        }
    }

    /// <summary>Makes tables where they are not there: of processes that start at the same moment one makes them, and the others wait until they are committed.</summary>
    /// <param name="what">Names the tables, among those that take turns.</param>
    /// <param name="tables">CREATE TABLE IF NOT EXISTS …</param>
    /// <returns>What is to be executed as one command.</returns>
    public static string Making(string what, string tables) => $"SELECT pg_advisory_xact_lock(hashtext('infolink {what}')); {tables}";
}
