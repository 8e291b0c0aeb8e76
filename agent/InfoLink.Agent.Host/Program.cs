using System.CommandLine;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Asking;
using InfoLink.Agent.Host.Callers;
using InfoLink.Agent.Host.Desk;
using InfoLink.Agent.Host.Inspection;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Host.Manual;
using InfoLink.Agent.Host.Releasing;
using InfoLink.Agent.Host.Remedy;
using InfoLink.Agent.Host.Replicas;
using Spectre.Console;

var config = new Option<string?>("--config") { Description = "The agent.json to run." };
var root = new RootCommand("The agent of an agency: joins a platform, asks and answers others. Run it with --config agent.json.")
{
    config,
    AskCommand.Create(),
    BulkCommands.Bulk(),
    BulkCommands.Status(),
    InitCommand.Create(),
    JoinCommand.Create(),
    NextKeyCommand.Create(),
    BlockCommands.Block(),
    BlockCommands.Unblock(),
    BlockCommands.Blocks(),
    LinkCommands.Link(),
    LinkCommands.Links(),
    LinkCommands.Rotate(),
    LinkCommands.Absorb(),
    VerifyCommand.Create(),
    RemedyCommands.Create(),
    QueueCommands.Create(),
    PendingCommands.Create(),
    ReleaseCommands.Create(),
    ReplicaCommands.Create(),
    DoctorCommand.Create(),
    BackupCommands.Backup(),
    BackupCommands.Restore(),
    BackupCommands.MarksReviewed(),
    HealthCommand.Create(),
    TryCommand.Create(),
    DriverCommand.Create(),
    KeyCommand.Create(),
    AuditCommand.Create(),
    DeskCommand.Create(),
};
root.SetAction((parsed, cancellation) => parsed.GetValue(config) is { } path
    ? Ending.OfAsync(() => RunCommand.RunAsync(path, cancellation))
    : Ending.OfAsync(() => throw new InvalidOperationException("Say what to do: --config agent.json to run, or ask, bulk, status, queue, pending, release, init, join, link, links, verify, remedy, replica, block, doctor, try and others; --help shows all.")));
if (Console.IsOutputRedirected)
{
    // Into a file or another program: no escapes for colours, and no line is broken to fit a terminal.
    AnsiConsole.Profile.Capabilities.Ansi = false;
    AnsiConsole.Profile.Width = 240;
}

return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = InfoLink.Hosting.ServerLife.StopWithin });
