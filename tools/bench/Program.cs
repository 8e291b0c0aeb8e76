using System.CommandLine;
using System.Text.Json;
using InfoLink.Bench;
using Spectre.Console;

// dotnet run -c Release --project tools/bench -- SCENARIO [--json F] [--seconds N]
var scenario = new Argument<string>("scenario") { Description = "exchange: whole exchanges, two agents and a broker, everything on; all: every scenario." };
scenario.AcceptOnlyFromAmong("exchange", "all");
var json = new Option<FileInfo?>("--json") { Description = "Write the figures as JSON to this file." };
var seconds = new Option<int>("--seconds") { Description = "How long each scenario measures.", DefaultValueFactory = _ => 10 };
var command = new RootCommand("Measures InfoLink on this machine. Ratios to a floor in the same run come with the scenarios that have one.") { scenario, json, seconds };
command.SetAction(async (parsed, _) =>
{
    var figures = await ExchangeScenario.RunAsync(TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(seconds), 1, 300)));
    var table = new Table().AddColumns("figure", "unit", "measured");
    foreach (var figure in figures)
    {
        table.AddRow(figure.Name, figure.Unit, figure.Measured.ToString("F1"));
    }

    AnsiConsole.Write(table);
    if (parsed.GetValue(json) is { } file)
    {
        var report = new { machine = Figure.Machine, scenarios = figures };
        await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(report, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
    }

    return 0;
});
return await command.Parse(args).InvokeAsync();
