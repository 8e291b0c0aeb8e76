using System.CommandLine;
using System.Text.Json;
using InfoLink.Agent.Host.Asking;

namespace InfoLink.Agent.Host.Manual;

/// <summary><c>infolink-agent pending …</c>: what other agencies' people answer later, at the running agent.</summary>
internal static class PendingCommands
{
    private const int Waiting = 2;

    public static Command Create() => new("pending", "Answers that other agencies' people give later: see what is waited for, and collect it.") { List(), Collect() };

    private static Command List()
    {
        var (config, json) = (LocalClient.ConfigOption(), new Option<bool>("--json") { Description = "JSON for scripts." });
        var all = new Option<bool>("--all") { Description = "Those that are done or lapsed, too." };
        var command = new Command("list", "Show what is waited for, and what waits to be taken, the soonest deadline first.") { all, json, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var lines = await client.GetAsync($"/v1/pending?all={(parsed.GetValue(all) ? "true" : "false")}", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(lines, LocalAnswers.Format));
                return;
            }

            foreach (var line in lines.Deserialize<List<PendingApi.PendingLine>>(JsonSerializerOptions.Web)!)
            {
                var states = string.Join(", ", line.Persons.GroupBy(person => person.IsKept ? "to take" : person.State, StringComparer.Ordinal).Select(state => $"{state.Count()} {state.Key}"));
                var next = line.Next is { } at ? $"  asks again {at:MM-dd HH:mm}" : "";
                Console.WriteLine($"{line.Exchange}  {line.Provider}  {line.Entry}  until {line.Deadline:yyyy-MM-dd HH:mm}  {states}{next}{(line.Trouble is { } trouble ? $" ({trouble})" : "")}");
            }
        }));
        return command;
    }

    private static Command Collect()
    {
        var (config, exchange) = (LocalClient.ConfigOption(), new Argument<string>("exchange") { Description = "The pending exchange's id." });
        var who = new Option<string?>("--operator") { Description = "Who collects; left out: who asked first. With --terminal and --use." };
        var (terminal, use) = (new Option<string?>("--terminal") { Description = "The terminal." }, new Option<string?>("--use") { Description = "What it is used for (用途)." });
        var sheet = new SheetOptions();
        var command = new Command(
            "collect", "Collect a pending answer: JSON, one result a person. Ends with 0: nothing is waited for any more, 2: something still is, 1: not asked.\nExample: infolink-agent pending collect 0123456789ABCDEFGHJKMNPQRS --config agent.json")
        {
            exchange, who, terminal, use, sheet.File, sheet.Force, config,
        };
        command.SetAction((parsed, cancellation) => Ending.CodeOfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var collected = await client.PostAsync(
                $"/v1/pending/{Uri.EscapeDataString(parsed.GetValue(exchange)!)}/collect",
                new PendingApi.CollectWish(parsed.GetValue(who), parsed.GetValue(terminal), parsed.GetValue(use), Sheet: sheet.IsWanted(parsed)),
                cancellation);
            (collected, var trouble) = sheet.Keep(parsed, collected);
            Console.WriteLine(JsonSerializer.Serialize(collected, LocalAnswers.Format));
            if (trouble is not null)
            {
                await Console.Error.WriteLineAsync(trouble);
                return 1;
            }

            return collected.GetProperty("persons").EnumerateArray().Any(person => person.GetProperty("outcome").ValueEquals("pending")) ? Waiting : 0;
        }));
        return command;
    }
}
