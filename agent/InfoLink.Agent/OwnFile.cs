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
    /// <param name="steps">From each version of its tables to the next, the first from nothing; a step that was once released is never changed.</param>
    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static OwnFile Open(string path, string what, params ReadOnlySpan<string> steps)
    {
        var file = new OwnFile(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 5 }.ToString());
        using var connection = file.Connect();
        connection.Execute("PRAGMA journal_mode=WAL");
        using var transaction = connection.BeginTransaction(deferred: false);
        Upgrade(transaction, what, steps);
        transaction.Commit();
        return file;
    }

    /// <summary>The same without a file, for a developer's tests.</summary>
    /// <param name="name">Of its own in this process.</param>
    /// <param name="what">As for <see cref="Open"/>.</param>
    /// <param name="life">It is there as long as this is not disposed of.</param>
    /// <param name="steps">As for <see cref="Open"/>.</param>
    public static OwnFile OpenInMemory(string name, string what, out IDisposable life, params ReadOnlySpan<string> steps)
    {
        var file = new OwnFile(new SqliteConnectionStringBuilder { DataSource = $"file:/{name}?vfs=memdb", DefaultTimeout = 5, Pooling = false }.ToString());
        var connection = file.Connect();
        using var transaction = connection.BeginTransaction(deferred: false);
        Upgrade(transaction, what, steps);
        transaction.Commit();
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

    /// <summary>Brings a file of SQLite from the version that it says of itself to this one.</summary>
    /// <param name="transaction">All of it or nothing.</param>
    /// <param name="what">As for <see cref="Open"/>.</param>
    /// <param name="steps">As for <see cref="Open"/>.</param>
    /// <exception cref="InvalidOperationException">The file is of a later version.</exception>
    public static void Upgrade(SqliteTransaction transaction, string what, params ReadOnlySpan<string> steps)
    {
        var connection = transaction.Connection!;
        var there = connection.QuerySingle<int>("PRAGMA user_version", transaction: transaction);
        if (there > steps.Length)
        {
            throw new InvalidOperationException($"{what} is of version {there}, and this agent knows {steps.Length}. Run the agent that wrote it, or a later one.");
        }

        if (there == steps.Length)
        {
            return;
        }

        foreach (var step in steps[there..])
        {
            connection.Execute(step, transaction: transaction);
        }

        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {steps.Length}"), transaction: transaction);
    }
}
