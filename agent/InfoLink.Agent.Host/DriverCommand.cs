using System.CommandLine;
using System.Text.Json;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent driver</c>: what <c>agent.json</c> says of a driver that was put beside the agent.</summary>
internal static class DriverCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The folder that holds the ADO.NET driver and what it needs, and nothing else." };
        var name = new Option<string?>("--name") { Description = "What sources call it; the folder's name where nothing is said." };
        var command = new Command(
            "driver",
            "Look at an ADO.NET driver for a database that the agent does not speak itself (Oracle, SQL Server, MySQL, …), and print what agent.json says of it. Nothing of the driver runs.\nExample: infolink-agent driver drivers/oracle")
        {
            folder, name,
        };
        command.SetAction((parsed, _) => Ending.OfAsync(() =>
        {
            var place = parsed.GetValue(folder)!;
            var found = DriverOptions.Look(place.FullName, parsed.GetValue(name) ?? place.Name);
            Console.WriteLine("Its files will run in the agent's process: take them from the database's maker alone, and compare what the maker says of them.");
            Console.WriteLine("For agent.json, drivers" + (found.Count > 1 ? $" (one of these {found.Count})" : "") + ":");
            foreach (var driver in found)
            {
                Console.WriteLine($"  {JsonSerializer.Serialize(driver, LocalAnswers.Format)}");
            }

            return Task.CompletedTask;
        }));
        return command;
    }
}
