using System.CommandLine;
using InfoLink.Tool;

var root = new RootCommand(
    """
    Checks what InfoLink's logs say, offline, with public keys alone.
    Exit codes: 0 all is well (notices may be shown), 1 something was found, 2 something cannot be read.
    """)
{
    LogCommands.Create(),
    AuditCommands.Create(),
};
return await root.Parse(args).InvokeAsync();
