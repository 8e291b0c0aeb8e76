using System.CommandLine;
using System.Text.Json;
using InfoLink.Bench;
using Spectre.Console;

// dotnet run -c Release --project tools/bench -- SCENARIO [--json F] [--seconds N] [--postgres CONNECTION]
var scenario = new Argument<string>("scenario")
{
    Description = "exchange: whole exchanges, two agents and a broker, everything on; log: appends with receipts against bare inserts; all: every scenario.",
};
scenario.AcceptOnlyFromAmong("exchange", "log", "all");
var json = new Option<FileInfo?>("--json") { Description = "Write the figures as JSON to this file." };
var seconds = new Option<int>("--seconds") { Description = "How long each scenario measures.", DefaultValueFactory = _ => 10 };
var postgres = new Option<string?>("--postgres") { Description = "An empty PostgreSQL database (Npgsql connection string), for the log; without it SQLite alone." };
var command = new RootCommand("Measures InfoLink on this machine. Ratios to a floor in the same run come with the scenarios that have one.") { scenario, json, seconds, postgres };
command.SetAction(async (parsed, _) =>
{
    var duration = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(seconds), 1, 300));
    var chosen = parsed.GetValue(scenario);
    var figures = new List<Figure>();
    if (chosen is "exchange" or "all")
    {
        figures.AddRange(await ExchangeScenario.RunAsync(duration));
    }

    if (chosen is "log" or "all")
    {
        figures.AddRange(await LogScenario.RunAsync(duration, parsed.GetValue(postgres)));
    }

    var table = new Table().AddColumns("figure", "unit", "measured", "floor", "ratio", "aim");
    foreach (var figure in figures)
    {
        table.AddRow(
            figure.Name, figure.Unit, figure.Measured.ToString("F1"), figure.Floor?.ToString("F1") ?? "", figure.Ratio?.ToString("F2") ?? "", figure.Aim ?? "");
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
