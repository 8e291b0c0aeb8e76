using System.CommandLine;
using InfoLink.Agent.Backup;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent backup|restore|marks-reviewed</c>: what the agent must not lose, copied while it runs, and put back so that nothing spent comes to life again and nobody is answered for who was protected since.</summary>
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
        var nothing = new Option<bool>("--nothing-since") { Description = "The agent certainly did not run since the backup was begun: no mark and no record is missing." };
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
            if (restored.MarksUnreviewed)
            {
                Console.WriteLine($"""
                    Who was withheld (不開示), marked for answers by hand, quarantined or blocked since then is not known here: the agent would disclose what must not leave. So it answers nobody until you say that this was looked through. When it runs, set again what was set since
                    (infolink-agent links withhold, links manual, block) and look for links in doubt (verify); then: infolink-agent marks-reviewed --reason ... --config agent.json
                    """);
            }

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

    public static Command MarksReviewed()
    {
        var config = LocalClient.ConfigOption();
        var (reason, who) = (LocalClient.ReasonOption(), LocalClient.OperatorOption());
        var command = new Command(
            "marks-reviewed",
            "After a restore, let the running agent answer: withholdings, marks for answers by hand and blocks that were set since the backup are set again, and links were verified. It is recorded.\n"
            + "Example: infolink-agent marks-reviewed --reason \"list of the residents' desk of 23 November\" --config agent.json")
        {
            reason, who, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var answer = await client.PostAsync("/v1/marks/reviewed", new OwnWillApi.ReviewedWish(parsed.GetValue(who)!, parsed.GetValue(reason)!), cancellation);
            Console.WriteLine(answer.GetProperty("done").GetBoolean() ? "The agent answers." : "There was nothing to look through: no backup was put back since the last time.");
        }));
        return command;
    }

    private static Option<string> Config() => new("--config") { Description = "The agent's agent.json. Run it on the agent's host, as its user.", Required = true };
}
