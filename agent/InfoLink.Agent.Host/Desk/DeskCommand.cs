using System.CommandLine;

namespace InfoLink.Agent.Host.Desk;

/// <summary><c>infolink-agent desk</c>: opens the back-office page for one operator.</summary>
internal static class DeskCommand
{
    public static Command Create()
    {
        var (who, config) = (LocalClient.OperatorOption(), LocalClient.ConfigOption());
        var command = new Command(
            "desk",
            "Give the address of the back-office page for one operator, good once within a minute, in a browser on this host: questions that wait, links in doubt, replicas, recent exchanges, a person's flags. The page needs local.listen.\n"
            + "Example: infolink-agent desk --operator k-0417 --config agent.json")
        {
            who, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var options = AgentOptions.Read(parsed.GetValue(config)!);
            if (options.Local.Listen.Length == 0)
            {
                throw new InvalidOperationException("The page is on the local API's port, and there is none. Set local.listen in agent.json, such as 127.0.0.1:8480, and start the agent again.");
            }

            using var client = new LocalClient(options);
            var told = await client.PostAsync("/v1/desk/tickets", new DeskApi.TicketWish(parsed.GetValue(who)!), cancellation);

            // Behind '#', it is sent to no server and stands in no log.
            Console.WriteLine($"http://{options.Local.Listen}{Callers.Gate.Desk}#{told.GetProperty("ticket").GetString()}");
        }));
        return command;
    }
}
