using System.CommandLine;
using System.Text.Json;

namespace InfoLink.Agent.Host.Releasing;

/// <summary><c>infolink-agent release …</c>: questions of this agency that a second person releases, at the running agent.</summary>
internal static class ReleaseCommands
{
    public static Command Create() => new("release", "Questions of our own that a second person releases before they are asked (people.fourEyes in agent.json).")
    {
        List(),
        Show(),
        Decide("release", "Let a question be asked. Who asked then asks the same again."),
        Decide("refuse", "Do not let a question be asked."),
    };

    private static Command List()
    {
        var (config, json) = (LocalClient.ConfigOption(), new Option<bool>("--json") { Description = "JSON for scripts." });
        var all = new Option<bool>("--all") { Description = "Those that are decided or lapsed, too." };
        var command = new Command("list", "Show what waits, the soonest deadline first.") { all, json, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var lines = await client.GetAsync($"/v1/releases?all={(parsed.GetValue(all) ? "true" : "false")}", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(lines, LocalAnswers.Format));
                return;
            }

            foreach (var line in lines.Deserialize<List<ReleaseApi.TicketLine>>(JsonSerializerOptions.Web)!)
            {
                Console.WriteLine($"{line.Ticket}  {line.State}  {line.Entry}  {line.Persons} persons  until {line.Deadline:yyyy-MM-dd HH:mm 'UTC'}{(line.Question is { } question ? $"  by {question.Operator}" : "")}");
            }
        }));
        return command;
    }

    private static Command Show()
    {
        var (number, config) = (NumberArgument(), LocalClient.ConfigOption());
        var command = new Command("show", "Show what is asked, by whom, about whom: JSON.") { number, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            Console.WriteLine(JsonSerializer.Serialize(await client.GetAsync($"/v1/releases/{parsed.GetValue(number)}", cancellation), LocalAnswers.Format));
        }));
        return command;
    }

    private static Command Decide(string what, string description)
    {
        var (number, who, reason, config) = (NumberArgument(), LocalClient.OperatorOption(), LocalClient.ReasonOption(), LocalClient.ConfigOption());
        var command = new Command(what, $"{description}\nExample: infolink-agent release {what} 12 --operator k-0099 --reason 確認済み --config agent.json") { number, who, reason, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var line = (await client.PostAsync($"/v1/releases/{parsed.GetValue(number)}/{what}", new ReleaseApi.DecideWish(parsed.GetValue(who)!, parsed.GetValue(reason)!), cancellation))
                .Deserialize<ReleaseApi.TicketLine>(JsonSerializerOptions.Web)!;
            Console.WriteLine($"{line.Ticket}  {line.State}");
        }));
        return command;
    }

    private static Argument<long> NumberArgument() => new("ticket") { Description = "The ticket's number." };
}
