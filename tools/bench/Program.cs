using System.CommandLine;
using InfoLink.Bench;
using Spectre.Console;

// dotnet run -c Release --project tools/bench -- SCENARIO [--json F] [--markdown F] [--seconds N] [--full] [--postgres CONNECTION]
var json = new Option<FileInfo?>("--json") { Description = "Write the figures as JSON to this file.", Recursive = true };
var markdown = new Option<FileInfo?>("--markdown") { Description = "Write the table as Markdown to this file.", Recursive = true };
var seconds = new Option<int>("--seconds") { Description = "How long one comparison measures, floor included; 1 to 300.", DefaultValueFactory = _ => 15, Recursive = true };
var full = new Option<bool>("--full") { Description = "Also what takes long: growth up to ten million records.", Recursive = true };
var postgres = new Option<string?>("--postgres")
{
    Description = "An empty PostgreSQL database (Npgsql connection string); without it one is started on loopback, where PostgreSQL 15 is installed.",
    Recursive = true,
};
var command = new RootCommand("Measures InfoLink on this machine, each scenario by turns with its floor: the same work, bare.") { json, markdown, seconds, full, postgres };
foreach (var scenario in AllScenarios.All)
{
    command.Add(Command(scenario.Name, scenario.Sentence, [scenario]));
}

command.Add(Command("all", "Every scenario, in one table.", AllScenarios.All));
return await command.Parse(args).InvokeAsync();

Command Command(string name, string sentence, IReadOnlyList<Scenario> scenarios)
{
    var run = new Command(name, sentence);
    run.SetAction(async (parsed, _) =>
    {
        var bench = new BenchRun(
            TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(seconds), 1, 300)),
            parsed.GetValue(full),
            parsed.GetValue(postgres),
            Console.Error.WriteLine);
        var figures = new List<Figure>();
        foreach (var scenario in scenarios)
        {
            bench.Say($"{scenario.Name} …");
            try
            {
                figures.AddRange(await scenario.RunAsync(bench));
            }
            catch (Exception fault)
            {
                bench.Say($"{scenario.Name} failed; nothing is measured that does not work. {fault}");
                return 1;
            }
        }

        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 160; // A file has room for each figure on a line.
        }

        Report.Write(AnsiConsole.Console, figures);
        await WriteAsync(parsed.GetValue(json), () => Report.ToJson(figures));
        await WriteAsync(parsed.GetValue(markdown), () => Report.ToMarkdown(figures));
        return 0;
    });
    return run;
}

static async Task WriteAsync(FileInfo? file, Func<string> text)
{
    if (file is not null)
    {
        await File.WriteAllTextAsync(file.FullName, text());
    }
}
