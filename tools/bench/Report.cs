using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace InfoLink.Bench;

/// <summary>The figures of a run, for people and for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Columns = ["figure", "unit", "measured", "floor", "ratio", "aim", "spread"];

    public static void Write(IAnsiConsole console, IReadOnlyList<Figure> figures)
    {
        var table = new Table();
        foreach (var column in Columns)
        {
            var isNumber = column is "measured" or "floor" or "ratio" or "spread";
            table.AddColumn(new TableColumn(column) { NoWrap = isNumber, Alignment = isNumber ? Justify.Right : Justify.Left });
        }

        foreach (var figure in figures)
        {
            table.AddRow([.. Cells(figure).Select(Markup.Escape)]);
        }

        console.Write(table);
        console.WriteLine($"{Figure.Machine}. Callers and parties share one process. Medians of the rounds; spread: largest less smallest round, as a part of the median.");
    }

    /// <summary>{"machine", "scenarios": [{"name","unit","measured","floor","ratio","aim","rounds","spread","met"}]}; what there is not is null.</summary>
    public static string ToJson(IReadOnlyList<Figure> figures) => JsonSerializer.Serialize(new { machine = Figure.Machine, scenarios = figures }, Json);

    /// <summary>A table for README.</summary>
    public static string ToMarkdown(IReadOnlyList<Figure> figures)
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", Columns).Append(" |\n|---|---|---:|---:|---:|---|---:|\n");
        foreach (var figure in figures)
        {
            text.Append("| ").AppendJoin(" | ", Cells(figure)).Append(" |\n");
        }

        return text.ToString();
    }

    private static string[] Cells(Figure figure) =>
    [
        figure.Name,
        figure.Unit,
        figure.Measured is { } measured ? Number(measured) : "–",
        figure.Floor is { } floor ? Number(floor) : "",
        figure.Ratio?.ToString("F2", CultureInfo.InvariantCulture) ?? "",
        figure.Aim is { } aim ? aim + (figure.Met == true ? "" : " (missed)") : "",
        figure.Spread is { } spread ? spread.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal) : "",
    ];

    /// <summary>Three digits that count, or all before the point.</summary>
    private static string Number(double value) =>
        value.ToString(value switch { >= 100 => "N0", >= 10 => "N1", >= 1 => "N2", _ => "0.###" }, CultureInfo.InvariantCulture);
}
