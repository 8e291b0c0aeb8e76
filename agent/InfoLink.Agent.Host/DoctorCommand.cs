using System.CommandLine;
using InfoLink.Agent.Checkup;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent doctor</c>: what is wrong with an agent, why, and what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "The agent's agent.json. Run it on the agent's host, as its user.", Required = true };
        var json = new Option<bool>("--json") { Description = "As JSON." };
        var command = new Command(
            "doctor",
            "Look at the agent, running or not: keys, certificates, clock, documents, directory, stores, the broker and every peer; say what is wrong, why, and what to do. Changes nothing.\nExample: infolink-agent doctor --config agent.json")
        {
            config, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var sound = false;
            var code = await Ending.OfAsync(async () =>
            {
                var options = AgentOptions.Read(parsed.GetValue(config)!);
                var sheet = await AgentDoctor.LookAsync(options, LocalApi.SocketOf(options), TimeProvider.System);
                sound = sheet.IsSound;
                if (parsed.GetValue(json))
                {
                    Console.WriteLine(sheet.ToJson());
                }
                else
                {
                    sheet.Write(Console.Out);
                }
            });
            return code == 0 && !sound ? 1 : code;
        });
        return command;
    }
}
