using System.CommandLine;
using InfoLink.CodeAuthority.Commands;
using InfoLink.Hosting;

var root = new RootCommand("The code authority: resident record codes to ID codes, in a key custody that the broker's operator does not run.")
{
    SetupCommands.Init(),
    SetupCommands.Trust(),
    RunCommand.Create(),
    StandingCommands.Reissue(),
    StandingCommands.Freeze(),
    StandingCommands.Release(),
    StandingCommands.Supersede(),
    StandingCommands.Expire(),
};
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = ServerLife.StopWithin });
