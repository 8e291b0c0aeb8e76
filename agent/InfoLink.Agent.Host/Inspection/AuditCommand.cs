using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using InfoLink.Agent.Inspection;
using Spectre.Console;

namespace InfoLink.Agent.Host.Inspection;

/// <summary><c>infolink-agent audit</c>: the agency looks at its own log.</summary>
internal static class AuditCommand
{
    public static Command Create()
    {
        var from = new Option<DateOnly>("--from") { Description = "The first day, yyyy-MM-dd (Japan).", Required = true };
        var until = new Option<DateOnly>("--until") { Description = "The last day.", Required = true };
        var of = new Option<string?>("--of") { Description = "This operator's accesses alone, as she stands on record." };
        var entry = new Option<string?>("--entry") { Description = "Under this entry alone." };
        var hours = new Option<string>("--hours") { Description = "The agency's hours (Japan); accesses outside, and at weekends, are unusual.", DefaultValueFactory = _ => "7-20" };
        var day = new Option<int>("--day") { Description = "More persons than these on a day, one by one, are unusual.", DefaultValueFactory = _ => 100 };
        var same = new Option<int>("--same") { Description = "One person asked about so often by one operator is unusual.", DefaultValueFactory = _ => 5 };
        var list = new Option<bool>("--list") { Description = "Each access, with terminal, use and case." };
        var json = new Option<bool>("--json") { Description = "JSON for scripts, in place of tables." };
        var (reason, who, config) = (LocalClient.ReasonOption(), LocalClient.OperatorOption(), LocalClient.ConfigOption());
        var command = new Command(
            "audit",
            "What the agency's own people asked, what they were refused, and what is unusual. No content is opened. That you look is on record first.\n"
            + "Example: infolink-agent audit --from 2026-10-01 --until 2026-10-31 --reason \"monthly inspection\" --operator inspector --config agent.json")
        {
            from, until, of, entry, hours, day, same, list, json, reason, who, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var (begin, end) = parsed.GetValue(hours)!.Split('-') is [var first, var last]
                && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var a) && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var b)
                ? (a, b) : throw new FormatException("--hours is from-until, such as 7-20.");
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new AuditApi.Wish(
                parsed.GetValue(who)!,
                parsed.GetValue(reason)!,
                parsed.GetValue(from),
                parsed.GetValue(until),
                parsed.GetValue(of),
                parsed.GetValue(entry),
                begin,
                end,
                parsed.GetValue(day),
                parsed.GetValue(same),
                parsed.GetValue(list));
            var told = await client.PostAsync("/v1/audit", wish, cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(told, LocalAnswers.Format));
                return;
            }

            Show(told.Deserialize<AuditApi.Told>(JsonSerializerOptions.Web)!);
        }));
        return command;
    }

    private static void Show(AuditApi.Told told)
    {
        foreach (var (title, sums) in new[] { ("operator", told.Operators), ("entry", told.Entries) })
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns(title, "questions", "persons", "refused here");
            foreach (var sum in sums)
            {
                table.AddRow(Markup.Escape(sum.Name), Number(sum.Questions), Number(sum.Persons), Number(sum.Refused));
            }

            AnsiConsole.Write(table);
        }

        var unusual = new Table().Border(TableBorder.Rounded).AddColumns("unusual", "operator", "times", "records");
        foreach (var finding in told.Unusual)
        {
            unusual.AddRow(Said(finding), Markup.Escape(finding.Operator), Number(finding.Times), string.Join(' ', finding.Serials));
        }

        AnsiConsole.Write(unusual);
        if (told.Accesses is { } accesses)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("time (Japan)", "record", "event", "exchange", "entry", "operator", "terminal", "use", "persons", "refusal");
            foreach (var one in accesses)
            {
                var time = one.Time.ToOffset(TimeSpan.FromHours(9)).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
                table.AddRow([.. new[] { time, Number(one.Serial), one.Event, one.Exchange ?? "", one.Entry, one.Operator, one.Terminal, one.CaseReference.Length > 0 ? $"{one.Use}, {one.CaseReference}" : one.Use, Number(one.Persons), one.Refusal }.Select(Markup.Escape)]);
            }

            AnsiConsole.Write(table);
        }

        if (told.IsCut)
        {
            Console.WriteLine("There is more than is shown; take fewer days, one operator or one entry.");
        }
    }

    private static string Said(AuditFinding finding) => finding.What switch
    {
        "outside-hours" => "outside the agency's hours",
        "many-persons" => "many persons on one day, one by one",
        "same-person" => "one person again and again",
        "refused" => "refused by the agency itself",
        _ => Markup.Escape(finding.What),
    };

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
