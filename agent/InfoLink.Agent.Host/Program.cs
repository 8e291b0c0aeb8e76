using System.CommandLine;
using InfoLink.Agent.Host;

var config = new Option<string?>("--config") { Description = "The agent.json to run." };
var root = new RootCommand("The agent of an agency: joins a platform, asks and answers others. Run it with --config agent.json.")
{
    config,
    JoinCommand.Create(),
    NextKeyCommand.Create(),
    BlockCommands.Block(),
    BlockCommands.Unblock(),
    BlockCommands.Blocks(),
    RemedyCommands.Create(),
    DoctorCommand.Create(),
};
root.SetAction((parsed, cancellation) => parsed.GetValue(config) is { } path
    ? Ending.OfAsync(() => RunCommand.RunAsync(path, cancellation))
    : Ending.OfAsync(() => throw new InvalidOperationException("Say what to do: --config agent.json to run, or join, block, unblock, blocks, remedy, doctor; --help shows all.")));
return await root.Parse(args).InvokeAsync();
