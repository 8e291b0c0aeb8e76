using System.CommandLine;
using InfoLink.Tool.Auditing;
using InfoLink.Tool.Catalogs;
using InfoLink.Tool.Matching;
using InfoLink.Tool.Membership;
using InfoLink.Tool.Numbers;
using InfoLink.Tool.Operating;
using InfoLink.Tool.Signing;

namespace InfoLink.Tool;

/// <summary>Everything that the tool can do.</summary>
internal static class Commands
{
    public static RootCommand Root() => new(
        """
        For those who sign, keep and check what InfoLink stands on: the authority's documents, and the logs. Of private keys it reads only the one it is told to sign with; commands with --broker speak to that broker on its own host.
        Exit codes: 0 all is well (notices may be shown), 1 something was found or is refused, 2 something cannot be read.
        """)
    {
        AuthorityCommands.Create(),
        CatalogCommands.Create(),
        MemberCommands.Create(),
        BrokerCommands.Create(),
        BrokerCommands.JoinCode(),
        BrokerCommands.Joined(),
        ActCommands.OfEntries(),
        DoctorCommand.Create(),
        NumberCommands.Create(),
        LogCommands.Create(),
        AuditCommands.Create(),
        AddressCommand.Create(),
        MatchCommand.Create(),
    };

    /// <summary>A command with its one sentence and an example, which its help shows.</summary>
    public static Command New(string name, string sentence, string example) => new(name, $"{sentence}\nExample: infolink {example}");

    internal static Option<bool> Json() => new("--json") { Description = "Print JSON for programs." };
}
