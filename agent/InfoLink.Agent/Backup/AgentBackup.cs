using Dapper;
using InfoLink.Agent.Trust;
using InfoLink.Contracts.Identity;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;

namespace InfoLink.Agent.Backup;

/// <summary>Copies what an agent must not lose into a folder, while it runs or not.</summary>
/// <remarks>
/// Not in it, on purpose: keys, which are kept offline and apart; the ledger of spent tokens and what the agent has seen of other logs (pins,
/// witness, heads), of which an older state would accept what was already refused; what comes back by itself (trust, replicas).
/// </remarks>
public static class AgentBackup
{
    internal const string Log = "access-log.db";
    internal const string Configuration = "agent.json";

    /// <summary>In the data folder. The log is copied after them: it then holds every act of which they show the effect.</summary>
    internal static IReadOnlyList<string> Files { get; } = [RestoredMarks.FileName, "switches.json", "links.db", "remedy.db", "queue.db", "pending.db", "asking.db", "release.db"];

    /// <summary>A log that a restore ended; its name is never used again.</summary>
    internal static bool IsClosedLog(string name) => name.StartsWith("access-log-", StringComparison.Ordinal) && name.EndsWith(".db", StringComparison.Ordinal);

    /// <summary>Takes a backup.</summary>
    /// <param name="options">The agent's.</param>
    /// <param name="configuration">The file that they were read from.</param>
    /// <param name="to">A new or empty folder.</param>
    /// <param name="time">Stands in the manifest.</param>
    /// <param name="cancellation">Gives up; the folder then is no backup.</param>
    /// <exception cref="InvalidOperationException">The folder is not empty, or a file is not sound.</exception>
    public static async Task<BackupManifest> TakeAsync(AgentOptions options, string configuration, string to, TimeProvider time, CancellationToken cancellation)
    {
        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
        {
            throw new InvalidOperationException($"'{to}' is not empty. A backup goes into a folder of its own.");
        }

        var made = time.GetUtcNow();
        KeyFile.CreateFolder(to);
        var files = new List<BackupManifest.HeldFile> { await CopyAsync(configuration, to, Configuration, cancellation) };
        foreach (var name in Files.Where(name => File.Exists(options.DataFile(name))).Concat(ClosedLogs(options)))
        {
            files.Add(await CopyAsync(options.DataFile(name), to, name, cancellation));
        }

        BackupManifest.LogPoint? log = null;
        if (options.Postgres.Length == 0)
        {
            files.Add(await CopyAsync(options.DataFile(Log), to, Log, cancellation));
            var reader = await SqliteEntryStore.ReadAsync(Path.Combine(to, Log), cancellation);
            log = new BackupManifest.LogPoint(reader.Origin, (await reader.StateAsync(cancellation)).Size);
            SqliteConnection.ClearAllPools(); // The reader's: a backup has no files beside its own.
        }

        var manifest = new BackupManifest(BackupManifest.CurrentFormat, options.Agency, made, files, log);
        DurableFile.Replace(Path.Combine(to, BackupManifest.FileName), manifest.ToBytes());
        return manifest;
    }

    private static IEnumerable<string> ClosedLogs(AgentOptions options) =>
        Directory.EnumerateFiles(options.Full(options.Data)).Select(path => Path.GetFileName(path)).Where(IsClosedLog).Order(StringComparer.Ordinal);

    private static async Task<BackupManifest.HeldFile> CopyAsync(string from, string to, string name, CancellationToken cancellation)
    {
        var copy = Path.Combine(to, name);
        if (Path.GetExtension(name) is ".db")
        {
            KeyFile.WriteNew(copy, ""); // Its owner's alone before anything is in it, as is SQLite's journal beside it.
            CopyDatabase(from, copy);
        }
        else
        {
            await OwnersCopy.MakeAsync(from, copy, cancellation);
        }

        return await BackupManifest.OfAsync(to, name, cancellation);
    }

    /// <summary>As it is at one moment, whoever writes it meanwhile: SQLite's own backup.</summary>
    private static void CopyDatabase(string from, string to)
    {
        using var source = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = from, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 }.ToString());
        using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = to, Pooling = false }.ToString());
        try
        {
            source.Open();
            copy.Open();
            source.BackupDatabase(copy);
            copy.Execute("PRAGMA journal_mode=DELETE"); // One file; the agent puts it back into write-ahead mode.
            if (copy.QuerySingle<string>("PRAGMA quick_check(1)") is var sound && !string.Equals(sound, "ok", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"'{from}' is damaged ({sound}). Stop the agent, and restore the newest backup.");
            }
        }
        catch (SqliteException fault)
        {
            throw new InvalidOperationException($"'{from}' cannot be copied: {fault.Message}", fault);
        }
    }
}
