using System.Globalization;
using Dapper;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent;

/// <summary>A SQLite file of the agent's own, made where it is not there: each commit is on disk, and what a later version wrote is left alone.</summary>
internal sealed class OwnFile
{
    private readonly string _connection;

    private OwnFile(string connection) => _connection = connection;

    /// <param name="path">The file.</param>
    /// <param name="what">What it is, for the error: "The queue of questions".</param>
    /// <param name="version">Of the schema.</param>
    /// <param name="schema">Makes what is not there.</param>
    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static OwnFile Open(string path, string what, int version, string schema)
    {
        var file = new OwnFile(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString());
        using var connection = file.Connect();
        connection.Execute("PRAGMA journal_mode=WAL");
        Make(connection, what, version, schema);
        return file;
    }

    /// <summary>The same without a file, for a developer's tests.</summary>
    /// <param name="name">Of its own in this process.</param>
    /// <param name="what">As for <see cref="Open"/>.</param>
    /// <param name="version">As for <see cref="Open"/>.</param>
    /// <param name="schema">As for <see cref="Open"/>.</param>
    /// <param name="life">It is there as long as this is not disposed of.</param>
    public static OwnFile OpenInMemory(string name, string what, int version, string schema, out IDisposable life)
    {
        var file = new OwnFile(new SqliteConnectionStringBuilder { DataSource = $"file:/{name}?vfs=memdb", DefaultTimeout = 5, Pooling = false }.ToString());
        var connection = file.Connect();
        Make(connection, what, version, schema);
        life = connection;
        return file;
    }

    /// <summary>A connection whose commits are on disk when they return.</summary>
    public SqliteConnection Connect()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        connection.Execute("PRAGMA synchronous=FULL");
        return connection;
    }

    private static void Make(SqliteConnection connection, string what, int version, string schema)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var there = connection.QuerySingle<int>("PRAGMA user_version", transaction: transaction);
        if (there > version)
        {
            throw new InvalidOperationException($"{what} is of version {there}, and this agent knows {version}. Run the agent that wrote it, or a later one.");
        }

        connection.Execute(schema, transaction: transaction);
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version}"), transaction: transaction);
        transaction.Commit();
    }
}
