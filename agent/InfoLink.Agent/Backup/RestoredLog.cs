using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Hosting.Trust;
using InfoLink.Transparency;

namespace InfoLink.Agent.Backup;

/// <summary>The log that follows one that lost its end.</summary>
/// <param name="Key">Its name and public key, for the member list.</param>
/// <param name="KeyFile">Its new key, beside the configuration.</param>
public sealed record NextLog(NoteKey Key, string KeyFile);

/// <summary>Others hold checkpoints of this agency's log. One that has lost its end would say another thing than they were shown, so it ends with the backup.</summary>
internal static class RestoredLog
{
    /// <summary>Does it end here? Changes nothing.</summary>
    /// <exception cref="InvalidOperationException">What is said does not fit what is known, or nothing is.</exception>
    public static async Task<bool> EndsAsync(AgentOptions options, BackupManifest.LogPoint log, SinceBackup since, CancellationToken cancellation)
    {
        if (options.LogOrigin.Length == 0 ? !log.Origin.EndsWith($"/agency/{options.Agency}", StringComparison.Ordinal) : !string.Equals(log.Origin, options.LogOrigin, StringComparison.Ordinal))
        {
            throw new InvalidOperationException(
                $"The backup's log is '{log.Origin}', and the configuration names another ({(options.LogOrigin.Length == 0 ? $"the agency's first, PLATFORM/agency/{options.Agency}" : $"'{options.LogOrigin}'")}). Put back a backup of that one. "
                + $"If there is none, its records are lost: for this command, set logOrigin and logKey to those of '{log.Origin}' (agent.json in the backup has them) and say --log-tail-lost; another log begins, under neither name.");
        }

        var head = HeadOf(options, log);
        var published = await PublishedAsync(options, log, head, cancellation);
        if (File.Exists(head.EndedPath))
        {
            return since is SinceBackup.LogTailLost
                ? true // Said before, by a restore that did not come to its end, or whose files were lost again.
                : throw new InvalidOperationException($"A restore has ended this log with --log-tail-lost ('{head.EndedPath}'): records of it are lost that others may have seen. Say --log-tail-lost again.");
        }

        var tailLost = published is { } newest && newest.Size > (ulong)log.Size;
        return since switch
        {
            SinceBackup.Unknown when published is null => throw new InvalidOperationException(
                "Nothing here tells whether the agent ran after this backup (there is no head-*.checkpoint). Say --nothing-since if it certainly did not; else --log-tail-lost, and the access log ends with the backup."),
            SinceBackup.Unknown or SinceBackup.Nothing when tailLost => throw new InvalidOperationException(
                $"The agent ran after this backup: it had published {published!.Size} records, and the backup has {log.Size}. If there is no newer database, say --log-tail-lost: the log ends here and another begins."),
            SinceBackup.LogTailLost when published is not null && !tailLost => throw new InvalidOperationException(
                "The backup's log is as long as the one that was published: nothing of it is lost. Leave --log-tail-lost out."),
            _ => since is SinceBackup.LogTailLost,
        };
    }

    /// <summary>Durably: from now on neither a restore nor a start goes on under the name, however this restore ends.</summary>
    public static void End(AgentOptions options, BackupManifest.LogPoint log) =>
        DurableFile.Replace(HeadOf(options, log).EndedPath, Encoding.UTF8.GetBytes(FormattableString.Invariant($"{log.Origin}\nended with record {log.Size}, as a backup has it\n")));

    /// <summary>Another log has a name and a key of its own, both never used: two histories under one would be a fork, and the member list takes no key twice.</summary>
    /// <exception cref="InvalidOperationException">They were used.</exception>
    public static NextLog BeginNext(AgentOptions options, BackupManifest.LogPoint log, string moment)
    {
        var (name, keyFile) = ($"{log.Origin}/{moment}", $"log-{moment}.key");
        try
        {
            KeyFile.WriteNewKey(options.Full(keyFile));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The next log's key '{options.Full(keyFile)}' cannot be made: {fault.Message} Let the agent's user write that folder, and say the same command again.", fault);
        }

        var seed = KeyFile.ReadKey(options.Full(keyFile));
        using var next = Ed25519PrivateKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return new NextLog(NoteKey.Of(name, NoteKeyKind.Log, next.PublicKey.Span), keyFile);
    }

    /// <summary>To the second, and not guessed by a clock that is set back.</summary>
    public static string Moment(TimeProvider time) => FormattableString.Invariant($"{time.GetUtcNow().UtcDateTime:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    private static LogHead HeadOf(AgentOptions options, BackupManifest.LogPoint log) => new(options.Full(options.Data), KeyOf(options, log));

    private static NoteKey KeyOf(AgentOptions options, BackupManifest.LogPoint log)
    {
        var seed = KeyFile.ReadKey(options.Full(options.LogKey));
        using var key = Ed25519PrivateKey.FromSeed(seed);
        CryptographicOperations.ZeroMemory(seed);
        return NoteKey.Of(log.Origin, NoteKeyKind.Log, key.PublicKey.Span);
    }

    /// <returns>Null: there is no head.</returns>
    private static async Task<Checkpoint?> PublishedAsync(AgentOptions options, BackupManifest.LogPoint log, LogHead head, CancellationToken cancellation)
    {
        if (!File.Exists(head.FilePath))
        {
            return null;
        }

        return SignedCheckpoint.Open(await File.ReadAllBytesAsync(head.FilePath, cancellation), KeyOf(options, log))?.Checkpoint ?? throw new InvalidOperationException(
            $"'{head.FilePath}' should tell how far the log '{log.Origin}' had gone, and is no checkpoint of it under the key '{options.LogKey}'. If logKey is not the one that the log had, set that. If the file is damaged, move it away, and say --log-tail-lost unless the agent certainly did not run after the backup.");
    }
}
