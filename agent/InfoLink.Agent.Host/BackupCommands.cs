using System.CommandLine;
using InfoLink.Agent.Backup;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent backup|restore</c>: what the agent must not lose, copied while it runs, and put back so that nothing spent comes to life again.</summary>
internal static class BackupCommands
{
    public static Command Backup()
    {
        var to = new Argument<DirectoryInfo>("folder") { Description = "A new folder. It holds who is linked, and everything of the log: keep it as the data folder itself." };
        var config = Config();
        var command = new Command(
            "backup",
            "Copy links, access log, queue, pending answers, jobs, remedies, blocks and the configuration, running or not. Not in it: keys (keep them offline, once), the ledger of spent tokens and what was seen of other logs (never put back), replicas and trust (they come again).\n"
            + "Example: infolink-agent backup /backup/agent-2026-11-23 --config agent.json")
        {
            to, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var path = parsed.GetValue(config)!;
            var manifest = await AgentBackup.TakeAsync(AgentOptions.Read(path), path, parsed.GetValue(to)!.FullName, TimeProvider.System, cancellation);
            Console.WriteLine($"{manifest.Files.Count} files, {manifest.Files.Sum(file => file.Bytes):N0} bytes{(manifest.Log is { } log ? $", the log to record {log.Size}" : "")}, each sound and with its SHA-256 in {BackupManifest.FileName}.");
        }));
        return command;
    }

    public static Command Restore()
    {
        var from = new Argument<DirectoryInfo>("folder") { Description = "A backup." };
        var nothing = new Option<bool>("--nothing-since") { Description = "The agent certainly did not run after the backup." };
        var lost = new Option<bool>("--log-tail-lost") { Description = "It ran, and what it recorded after the backup is gone: its log ends there, and another begins." };
        var config = Config();
        var command = new Command(
            "restore",
            "Put a backup into an empty data folder, of an agent that does not run and has its keys. The ledger begins anew and refuses every token from before, so that none is spent twice.\n"
            + "Example: infolink-agent restore /backup/agent-2026-11-23 --log-tail-lost --config agent.json")
        {
            from, nothing, lost, config,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(nothing) && parsed.GetValue(lost))
            {
                parsed.AddError("--nothing-since and --log-tail-lost exclude each other.");
            }
        });
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var options = AgentOptions.Read(parsed.GetValue(config)!);
            var since = parsed.GetValue(nothing) ? SinceBackup.Nothing : parsed.GetValue(lost) ? SinceBackup.LogTailLost : SinceBackup.Unknown;
            var restored = await AgentRestore.PutBackAsync(options, parsed.GetValue(from)!.FullName, since, TimeProvider.System, cancellation);
            Console.WriteLine($"Put back as of {restored.Manifest.Made:yyyy-MM-dd HH:mm} UTC. What was linked, asked or decided after it is not there: look at links, pending and queue.");
            if (restored.NextLog is { } next)
            {
                Console.WriteLine($"""
                    The access log ended with the backup and lies in '{restored.KeptLog}'; infolink log reads and exports it. Report to the oversight body what is missing: the broker and the other agencies have their side of it.
                    Before the agent starts: 1. "logOrigin": "{next.Key.Name}" and "logKey": "{next.KeyFile}" in the configuration.  2. The broker's operator adds the log's key beside the old one, to be signed and published:
                    infolink member change {options.Agency} --log OLD --log {next.Key}
                    """);
            }
        }));
        return command;
    }

    private static Option<string> Config() => new("--config") { Description = "The agent's agent.json. Run it on the agent's host, as its user.", Required = true };
}
