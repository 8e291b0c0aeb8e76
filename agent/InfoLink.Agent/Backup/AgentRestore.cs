using InfoLink.Agent.Trust;
using InfoLink.Contracts.Identity;

namespace InfoLink.Agent.Backup;

/// <summary>What the operator knows of the time after the backup.</summary>
public enum SinceBackup
{
    /// <summary>Nothing is said: what lies in the data folder must tell.</summary>
    Unknown,

    /// <summary>The agent did not run after the backup.</summary>
    Nothing,

    /// <summary>It ran, and what it recorded is gone.</summary>
    LogTailLost,
}

/// <summary>What was put back.</summary>
/// <param name="Manifest">The backup.</param>
/// <param name="NextLog">Where the log's end is lost: the one that has to be begun; else null.</param>
/// <param name="KeptLog">Where the old log lies then, to be read and exported.</param>
/// <param name="MarksUnreviewed">The agent answers nobody until somebody says that withholdings, marks for answers by hand, quarantines and blocks were looked through.</param>
public sealed record Restored(BackupManifest Manifest, NextLog? NextLog, string? KeptLog, bool MarksUnreviewed);

/// <summary>
/// Puts a backup into an empty data folder, so that no token that was spent is taken again, no log is continued where others saw more of it, and nobody is answered for who was
/// protected since.
/// </summary>
/// <remarks>
/// What forbids is durable before what it forbids is there: that the log has ended and that marks are unreviewed, then all copies beside their places, then the next log's key, then
/// the places. A restore that fails before the last step is done again by the same command, one that fails in it into an empty folder.
/// </remarks>
public static class AgentRestore
{
    /// <param name="options">The agent's, which does not run.</param>
    /// <param name="from">The backup's folder.</param>
    /// <param name="since">What happened after it.</param>
    /// <param name="time">For the next log's name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">It cannot be put back; nothing was written over, and the message says why and what to do.</exception>
    public static async Task<Restored> PutBackAsync(AgentOptions options, string from, SinceBackup since, TimeProvider time, CancellationToken cancellation)
    {
        var manifest = await BackupManifest.ReadAsync(from, options.Agency, cancellation);
        var names = manifest.Files.Select(file => file.Name).Where(name => name is not (AgentBackup.Configuration or RestoredMarks.FileName)).ToList();
        if (names.Find(name => name is not AgentBackup.Log && !AgentBackup.IsClosedLog(name) && !AgentBackup.Files.Contains(name, StringComparer.Ordinal)) is { } strange)
        {
            throw new InvalidOperationException($"The backup holds '{strange}', which this agent does not put back. Restore it with the agent that made it.");
        }

        KeyFile.CreateFolder(options.Full(options.Data));
        using var logLease = Lease(options.DataFile(AgentBackup.Log + ".lease"));
        using var ledgerLease = Lease(options.DataFile("ledger.db.lease"));
        if (names.Append("ledger.db").FirstOrDefault(name => Path.Exists(options.DataFile(name))) is { } there)
        {
            throw new InvalidOperationException(
                $"'{options.DataFile(there)}' is there, and nothing is written over. Move the whole data folder away and keep it; then put back from it, where they can be read, pins, witness.db and head-*: they know what this agent saw last.");
        }

        // A ledger that is made anew must not look like the first one: tokens that were spent before would count as new.
        ledgerLease.WriteByte((byte)'1');
        ledgerLease.Flush(flushToDisk: true);
        var ended = manifest.Log is { } log && await RestoredLog.EndsAsync(options, log, since, cancellation) ? log : null;
        if (ended is not null)
        {
            RestoredLog.End(options, ended);
        }

        // A backup that was taken from a running agent may miss a mark that its log has: only that nothing ran since it was begun takes the doubt away.
        var doubt = options.DataFile(RestoredMarks.FileName);
        var unreviewed = since is not SinceBackup.Nothing || manifest.Files.Any(file => file.Name is RestoredMarks.FileName) || File.Exists(doubt);
        if (unreviewed)
        {
            RestoredMarks.Doubt(doubt, manifest.Made);
        }

        foreach (var name in names)
        {
            await ChangeAsync(name, async () =>
            {
                File.Delete(BesideOf(name)); // Of a restore that failed.
                await OwnersCopy.MakeAsync(Path.Combine(from, name), BesideOf(name), cancellation);
            });
        }

        var moment = RestoredLog.Moment(time);
        var nextLog = ended is null ? null : RestoredLog.BeginNext(options, ended, moment);
        var keptLog = ended is null ? null : options.DataFile(FormattableString.Invariant($"access-log-{ended.Size}-{moment}.db"));
        foreach (var name in names)
        {
            await ChangeAsync(name, () =>
            {
                File.Move(BesideOf(name), name is AgentBackup.Log && keptLog is not null ? keptLog : options.DataFile(name));
                return Task.CompletedTask;
            });
        }

        return new Restored(manifest, nextLog, keptLog, unreviewed);

        string BesideOf(string name) => options.DataFile(name + ".restoring");
    }

    private static async Task ChangeAsync(string name, Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"'{name}' cannot be put back: {fault.Message} Mend that, and say the same command again before the agent starts.", fault);
        }
    }

    private static FileStream Lease(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault)
        {
            throw new InvalidOperationException($"The agent runs, or '{path}' cannot be written: stop it first. {fault.Message}", fault);
        }
    }
}
