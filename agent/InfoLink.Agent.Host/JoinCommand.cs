using System.CommandLine;
using InfoLink.Agent.Joining;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent join CODE</c>: from a join code to an agent that is ready.</summary>
internal static class JoinCommand
{
    public static Command Create()
    {
        var code = new Argument<string>("code") { Description = "The join code from the broker's operator; '-' reads it from standard input, so that it stands in no history." };
        var folder = new Option<string>("--dir") { Description = "The agent's folder; new, or one in which joining was begun.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port to serve other agents on.", DefaultValueFactory = _ => "127.0.0.1:8443" };
        var endpoint = new Option<string>("--endpoint") { Description = "https://host:port under which other agents reach this one; without it where it listens.", DefaultValueFactory = _ => "" };
        var command = new Command("join", "Join a platform: makes the agency's keys, which never leave this host, waits for the signed member list, and tests itself.\nExample: infolink-agent join - --dir /srv/agent --listen 0.0.0.0:8443 --endpoint https://agent.city.example:8443")
        {
            code, folder, listen, endpoint,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(() =>
        {
            var text = parsed.GetValue(code) is "-" ? Console.In.ReadToEnd() : parsed.GetValue(code)!;
            var address = parsed.GetValue(endpoint) is { Length: > 0 } given ? given : $"https://{parsed.GetValue(listen)}";
            if (!Endpoints.TryParse(address, out var uri))
            {
                throw new FormatException($"'{address}' is not https://host:port.");
            }

            return AgentJoin.RunAsync(
                text, parsed.GetValue(folder)!, parsed.GetValue(listen)!, uri, TimeProvider.System, LoggerFactory.Create(_ => { }), Console.WriteLine, cancellation);
        }));
        return command;
    }
}
