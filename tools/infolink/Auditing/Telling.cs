using System.Globalization;
using System.Text.Json;
using InfoLink.Audit;
using InfoLink.Audit.Logs;
using InfoLink.Audit.Reconciling;
using Spectre.Console;

namespace InfoLink.Tool.Auditing;

/// <summary>Reports for the terminal: tables for people, JSON for programs.</summary>
internal static class Telling
{
    private const int MostFindings = 20;

    public static void Log(LogReport report, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, AuditJson.Indented));
            return;
        }

        Prepare();
        var about = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        Add("source", report.Source);
        Add("log", report.Custodian is null ? report.Origin : $"{report.Origin} ({report.Custodian})");
        Add("records", Number(report.Records) + (report.Expired > 0 ? $", {Number(report.Expired)} of them expired" : ""));
        var cosigned = report.CosignedBy.Count > 0 ? ", cosigned by " + string.Join(", ", report.CosignedBy) : "";
        Add("checkpoint", report.Checkpoint is { } size ? $"{Number(size)} entries{cosigned}" : "none that holds");
        if (report.Unpublished > 0)
        {
            Add("", $"{Number(report.Unpublished)} records behind it are signed by nothing yet");
        }

        if (report.Compared > 0)
        {
            Add("compared", $"{Number(report.Compared)} checkpoints kept elsewhere");
        }

        AnsiConsole.Write(about);
        if (report.Count > 0)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("finding", "where", "what");
            foreach (var finding in report.Findings.Take(MostFindings))
            {
                table.AddRow(Coloured(finding.Name, finding.Severity), Markup.Escape(finding.Place), Markup.Escape($"{finding.Detail}\n{FindingTable.Of(finding.Name).Ja}"));
            }

            AnsiConsole.Write(table);
            Rest(report.Count - Math.Min(report.Findings.Count, MostFindings));
        }

        AnsiConsole.MarkupLine(report.First is { } first
            ? $"[red]Not what was signed.[/] First: {Markup.Escape(first.Place)} ({first.Name})."
            : "[green]Everything is what was signed.[/]");

        void Add(string name, string value) => about.AddRow($"[dim]{name}[/]", Markup.Escape(value));
    }

    public static void Records(IReadOnlyList<ReadableRecord> records, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(records, AuditJson.Indented));
            return;
        }

        Prepare();
        foreach (var record in records)
        {
            AnsiConsole.Write(new Rule($"[bold]{record.Event}[/] {Markup.Escape(record.Custodian)} {record.Exchange}").LeftJustified());
            var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
            foreach (var item in record.Items)
            {
                table.AddRow(item.Item, $"{item.Ja} [dim]{item.En}[/]", Markup.Escape(item.Value));
            }

            if (record.Refusal is { } refusal)
            {
                table.AddRow("", "拒否・失敗 [dim]refusal[/]", Markup.Escape(refusal));
            }

            foreach (var subject in record.Subjects)
            {
                table.AddRow("", $"対象者 [dim]subject[/] {subject.Index}", Markup.Escape($"{subject.Outcome} {subject.Digest}".Trim()));
            }

            table.AddRow("", "[dim]leaf hash[/]", record.LeafHash);
            AnsiConsole.Write(table);
        }
    }

    public static void Reconciliation(ReconciliationReport report)
    {
        Prepare();
        var bundles = new Table().Border(TableBorder.Rounded).AddColumns("custodian", "log", "records", "checked");
        foreach (var bundle in report.Bundles)
        {
            bundles.AddRow(
                Markup.Escape(bundle.Custodian ?? ""), Markup.Escape(bundle.Origin), Number(bundle.Records),
                bundle.First is { } first ? $"[red]{Markup.Escape($"{first.Name}: {first.Place}")}[/]" : "[green]what was signed[/]");
        }

        AnsiConsole.Write(bundles);
        AnsiConsole.MarkupLine($"  {Number(report.Exchanges)} exchanges in {Number(report.Records)} records");
        if (report.Missing.Count > 0)
        {
            AnsiConsole.MarkupLine($"  [yellow]Without the logs of:[/] {Markup.Escape(string.Join(", ", report.Missing))}");
        }

        foreach (var not in report.NotJudged)
        {
            AnsiConsole.MarkupLine($"  [yellow]Not judged:[/] {not.Class}. {Markup.Escape(not.Why)}");
        }

        if (report.Counts.Count == 0)
        {
            AnsiConsole.MarkupLine("[green]The custodians say the same.[/]");
            return;
        }

        var classes = new Table().Border(TableBorder.Rounded).AddColumns("class", "gravest", "count", "meaning");
        foreach (var count in report.Counts)
        {
            classes.AddRow(Coloured(count.Class, count.Severity), count.Severity.ToString().ToLowerInvariant(), Number(count.Count), Markup.Escape($"{count.En}\n{count.Ja}"));
        }

        AnsiConsole.Write(classes);
        var examples = new Table().Border(TableBorder.Rounded).AddColumns("class", "exchange", "parties", "what");
        foreach (var example in report.Examples)
        {
            examples.AddRow(
                Coloured(example.Class, example.Severity), example.Exchange ?? "", Markup.Escape($"{example.Requester}→{example.Provider}".Trim('→')), Markup.Escape(example.Detail));
        }

        AnsiConsole.Write(examples);
        Rest(report.Counts.Sum(count => count.Count) - report.Examples.Count);
    }

    private static void Prepare()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.Ansi = false;
            AnsiConsole.Profile.Width = 160;
        }
    }

    private static void Rest(long count)
    {
        if (count > 0)
        {
            AnsiConsole.MarkupLine($"  and {Number(count)} more");
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Coloured(string name, Severity severity) =>
        severity switch { Severity.Alarm => $"[red]{name}[/]", Severity.Difference => $"[yellow]{name}[/]", _ => name };
}
