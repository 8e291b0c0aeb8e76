using System.Data.Common;
using InfoLink.Agent.Sources.Drivers;
using InfoLink.Transparency.Postgres;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Sources;

/// <summary>Where <c>agent.json</c> says that a database of the agency's own is: one of a SQLite file, PostgreSQL, and what a driver beside the agent speaks.</summary>
internal interface IDatabaseOptions
{
    string Sqlite { get; }

    string Postgres { get; }

    string Driver { get; }

    string Connection { get; }
}

/// <summary>A database of the agency's own, opened for reading.</summary>
internal sealed class OwnDatabase : IAsyncDisposable
{
    /// <summary>A courtesy: what keeps an agent from writing is the role that it is given.</summary>
    private const string ReadOnly = "-c default_transaction_read_only=on";

    private readonly DbDataSource? _owned;

    private OwnDatabase(string description, Func<DbConnection> connect, DbDataSource? owned) => (Description, Connect, _owned) = (description, connect, owned);

    /// <summary>For people; no secret.</summary>
    public string Description { get; }

    public Func<DbConnection> Connect { get; }

    public static int Count(IDatabaseOptions database) => (database.Sqlite.Length > 0 ? 1 : 0) + (database.Postgres.Length > 0 ? 1 : 0) + (database.Driver.Length > 0 ? 1 : 0);

    /// <summary>What is wrong with the one that is given, as far as can be said without opening it. Never a part of a connection string.</summary>
    public static IEnumerable<string> Errors(IDatabaseOptions database, AgentOptions options)
    {
        if (database.Sqlite.Length > 0 && !File.Exists(options.Full(database.Sqlite)))
        {
            yield return $"there is no file '{options.Full(database.Sqlite)}'.";
        }

        if (database.Postgres.Length > 0 && PostgresError(database.Postgres, options) is { } error)
        {
            yield return $"postgres: {error}";
        }

        if (database.Driver.Length > 0 && Of(database, options) is null)
        {
            yield return $"driver: '{database.Driver}' is not among 'drivers'.";
        }

        if (database.Driver.Length > 0 != (database.Connection.Length > 0))
        {
            yield return "driver and connection go together.";
        }
        else if (database.Connection.Length > 0 && SecretError(database.Connection, options) is { } wrong)
        {
            yield return $"connection: {wrong}";
        }
    }

    /// <exception cref="InvalidOperationException">It cannot be opened. Never shows a connection string.</exception>
    public static OwnDatabase Open(IDatabaseOptions database, AgentOptions options)
    {
        if (database.Postgres.Length > 0)
        {
            var postgres = PostgresDatabase.Open(Secret.Read(database.Postgres, options), TimeSpan.FromSeconds(options.SourceTimeoutSeconds), ReadOnly);
            return new OwnDatabase("PostgreSQL", postgres.CreateConnection, postgres);
        }

        if (database.Driver.Length > 0)
        {
            var driver = Driver.Load(Of(database, options) ?? throw new InvalidOperationException($"There is no driver '{database.Driver}' among 'drivers' in agent.json."), options);
            var source = OpenWith(driver, Secret.Read(database.Connection, options), database.Driver);
            return new OwnDatabase($"a database by the driver {database.Driver}", source.CreateConnection, source);
        }

        var connection = new SqliteConnectionStringBuilder { DataSource = options.Full(database.Sqlite), Mode = SqliteOpenMode.ReadOnly }.ToString();
        return new OwnDatabase($"SQLite {options.Full(database.Sqlite)}", () => new SqliteConnection(connection), owned: null);
    }

    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? default;

    /// <returns>Null: it can be used, as far as can be said without opening it. Never a part of the string itself.</returns>
    internal static string? PostgresError(string text, AgentOptions options)
    {
        try
        {
            PostgresDatabase.Open(Secret.Read(text, options), TimeSpan.FromSeconds(1)).Dispose();
            return null;
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message;
        }
    }

    private static DriverOptions? Of(IDatabaseOptions database, AgentOptions options) => options.Drivers.FirstOrDefault(driver => string.Equals(driver?.Name, database.Driver, StringComparison.Ordinal));

    private static DbDataSource OpenWith(DbProviderFactory driver, string connection, string name)
    {
        DbDataSource? source = null;
        try
        {
            source = driver.CreateDataSource(connection);
            source.CreateConnection().Dispose(); // Many drivers read the string only now.
            return source;
        }
        catch (Exception fault)
        {
            source?.Dispose();
#pragma warning disable MA0054 // The cause stays inside: its message may hold a part of the string.
            throw new InvalidOperationException($"The driver {name} does not take its connection string ({fault.GetType().Name}). Compare it with the driver's own documentation.");
#pragma warning restore MA0054
        }
    }

    private static string? SecretError(string text, AgentOptions options)
    {
        try
        {
            return Secret.Read(text, options).Length > 0 ? null : "it is empty.";
        }
        catch (InvalidOperationException fault)
        {
            return fault.Message;
        }
    }
}
