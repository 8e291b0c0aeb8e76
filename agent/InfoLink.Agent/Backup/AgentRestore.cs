using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using Microsoft.Data.Sqlite;

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
public sealed record Restored(BackupManifest Manifest, NextLog? NextLog, string? KeptLog);

/// <summary>The log that follows one that lost its end.</summary>
/// <param name="Key">Its name and public key, for the member list.</param>
/// <param name="KeyFile">Its new key, beside the configuration.</param>
public sealed record NextLog(NoteKey Key, string KeyFile);

/// <summary>Puts a backup into an empty data folder, so that no token that was spent is taken again and no log is continued where others saw more of it.</summary>
public static class AgentRestore
{
    /// <param name="options">The agent's, which does not run.</param>
    /// <param name="from">The backup's folder.</param>
    /// <param name="since">What happened after it.</param>
    /// <param name="time">For the next log's name.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">It cannot be put back; nothing was changed, and the message says why and what to do.</exception>
    public static async Task<Restored> PutBackAsync(AgentOptions options, string from, SinceBackup since, TimeProvider time, CancellationToken cancellation)
    {
        var manifest = await BackupManifest.ReadAsync(from, options.Agency, cancellation);
        var names = manifest.Files.Select(file => file.Name).Where(name => name is not AgentBackup.Configuration).ToList();
        if (names.Find(name => name is not AgentBackup.Log && !AgentBackup.Files.Contains(name, StringComparer.Ordinal)) is { } strange)
        {
            throw new InvalidOperationException($"The backup holds '{strange}', which this agent does not put back. Restore it with the agent that made it.");
        }

        KeyFile.CreateFolder(options.Full(options.Data));
        using var logLease = Lease(options.DataFile(AgentBackup.Log + ".lease"));
        using var ledgerLease = Lease(options.DataFile("ledger.db.lease"));
        if (names.Append("ledger.db").FirstOrDefault(name => File.Exists(options.DataFile(name))) is { } there)
        {
            throw new InvalidOperationException(
                $"'{options.DataFile(there)}' is there, and nothing is written over. Move the whole data folder away and keep it; then put back from it, where they can be read, pins, witness.db and head-*: they know what this agent saw last.");
        }

        // A ledger that is made anew must not look like the first one: tokens that were spent before would count as new.
        ledgerLease.WriteByte((byte)'1');
        ledgerLease.Flush(flushToDisk: true);
        var (nextLog, keptLog) = manifest.Log is { } log ? await JudgeLogAsync(options, from, log, since, time, cancellation) : (null, null);
        foreach (var name in names)
        {
            var to = name is AgentBackup.Log && keptLog is not null ? keptLog : options.DataFile(name);
            File.Copy(Path.Combine(from, name), to + ".restoring", overwrite: true);
            using (var file = new FileStream(to + ".restoring", FileMode.Open, FileAccess.ReadWrite))
            {
                file.Flush(flushToDisk: true);
            }

            File.Move(to + ".restoring", to);
        }

        return new Restored(manifest, nextLog, keptLog);
    }

    /// <summary>Others hold checkpoints of this agency's log. One that has lost its end would say another thing than they were shown, so it ends here.</summary>
    private static async Task<(NextLog? Next, string? Kept)> JudgeLogAsync(
        AgentOptions options, string from, BackupManifest.LogPoint log, SinceBackup since, TimeProvider time, CancellationToken cancellation)
    {
        using var seed = Ed25519PrivateKey.FromSeed(KeyFile.ReadKey(options.Full(options.LogKey)));
        var head = new LogHead(options.Full(options.Data), NoteKey.Of(log.Origin, NoteKeyKind.Log, seed.PublicKey.Span));
        var published = File.Exists(head.FilePath) ? SignedCheckpoint.Open(await File.ReadAllBytesAsync(head.FilePath, cancellation), NoteKey.Of(log.Origin, NoteKeyKind.Log, seed.PublicKey.Span))?.Checkpoint : null;
        var tailLost = published is { } newest && newest.Size > (ulong)log.Size;
        switch (since)
        {
            case SinceBackup.Unknown when published is null:
                throw new InvalidOperationException(
                    "Nothing here tells whether the agent ran after this backup (there is no head-*.checkpoint). Say --nothing-since if it certainly did not; else --log-tail-lost, and the access log ends with the backup.");
            case SinceBackup.Unknown or SinceBackup.Nothing when tailLost:
                throw new InvalidOperationException(
                    $"The agent ran after this backup: it had published {published!.Size} records, and the backup has {log.Size}. If there is no newer database, say --log-tail-lost: the log ends here and another begins.");
            case SinceBackup.LogTailLost when published is not null && !tailLost:
                throw new InvalidOperationException("The backup's log is as long as the one that was published: nothing of it is lost. Leave --log-tail-lost out.");
            case SinceBackup.Unknown or SinceBackup.Nothing:
                return (null, null);
            default:
                break;
        }

        // The old log's name stays taken: nothing that is shorter than the backup starts under it.
        if (published is null)
        {
            var state = await (await SqliteEntryStore.ReadAsync(Path.Combine(from, AgentBackup.Log), cancellation)).StateAsync(cancellation);
            SqliteConnection.ClearAllPools();
            DurableFile.Replace(head.FilePath, SignedCheckpoint.Sign(new Checkpoint(log.Origin, (ulong)state.Size, state.Root), new NoteSigner(log.Origin, NoteKeyKind.Log, seed)));
        }

        // Another log has a key of its own: the member list takes none twice.
        var day = FormattableString.Invariant($"{time.GetUtcNow():yyyyMMdd}");
        var keyFile = $"log-{day}.key";
        if (!File.Exists(options.Full(keyFile)))
        {
            KeyFile.WriteNewKey(options.Full(keyFile));
        }

        using var next = Ed25519PrivateKey.FromSeed(KeyFile.ReadKey(options.Full(keyFile)));
        return (new NextLog(NoteKey.Of($"{log.Origin}/{day}", NoteKeyKind.Log, next.PublicKey.Span), keyFile), options.DataFile(FormattableString.Invariant($"access-log-{log.Size}.db")));
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
