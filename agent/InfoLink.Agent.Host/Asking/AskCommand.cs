using System.CommandLine;
using System.Text.Json;
using InfoLink.Contracts.Catalog;
using Spectre.Console;

namespace InfoLink.Agent.Host.Asking;

/// <summary><c>infolink-agent ask</c>: one question about one person, at the running agent.</summary>
internal static class AskCommand
{
    private const int Answered = 0;
    private const int Refused = 1;
    private const int Pending = 2;

    public static Command Create()
    {
        var person = new Option<string>("--person") { Description = "The agency's own identifier of the person.", Required = true };
        var collect = new Option<bool>("--collect") { Description = "Where people there answer later: the agent asks again by itself; see 'pending list'." };
        var sheet = new SheetOptions();
        var options = new QuestionOptions();
        var command = options.AddTo(new Command(
            "ask",
            "Ask another agency about one person. Ends with 0: answered, 2: a human there answers later, 1: refused or not asked.\n"
            + "Example: infolink-agent ask --person Y-2026-0417 --entry 106.municipality.108-1-ro --provider 131121 --tax-year 2026 --use 児童手当の認定 --case 2026-KJ-1 --config agent.json")
        {
            person,
            collect,
            sheet.File,
            sheet.Force,
        });
        command.SetAction((parsed, cancellation) => Ending.CodeOfAsync(async () =>
        {
            var question = options.Read(parsed, parsed.GetValue(person)!) with { Collect = parsed.GetValue(collect), Sheet = sheet.IsWanted(parsed) };
            using var client = LocalClient.Of(parsed.GetValue(options.Config)!);
            var answer = await client.PostAsync("/v1/fetch", question, cancellation);
            (answer, var trouble) = sheet.Keep(parsed, answer);
            if (parsed.GetValue(options.Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(answer, LocalAnswers.Format));
            }
            else if (answer.TryGetProperty("refused", out _))
            {
                await Console.Error.WriteLineAsync(RefusalText(answer.Deserialize<LocalRefusal>(JsonSerializerOptions.Web)!));
            }
            else
            {
                await ShowAsync(client, question.Entry, answer.Deserialize<LocalAnswer>(JsonSerializerOptions.Web)!, cancellation);
            }

            if (trouble is not null)
            {
                await Console.Error.WriteLineAsync(trouble);
                return Refused;
            }

            return answer.TryGetProperty("outcome", out var outcome) ? outcome.ValueEquals("answered") ? Answered : Pending : Refused;
        }));
        return command;
    }

    private static async Task ShowAsync(LocalClient client, string entry, LocalAnswer answer, CancellationToken cancellation)
    {
        Console.WriteLine($"exchange {answer.ExchangeId}, provider {answer.Provider}{(answer.Department is { } department ? $", department {department}" : "")}");
        if (answer.PendingUntil is { } until)
        {
            Console.WriteLine($"回答待ち。相手の担当者が {until:yyyy-MM-dd HH:mm zzz} までに回答します。");
            Console.WriteLine($"Pending: a human there answers until {until:yyyy-MM-dd HH:mm zzz}. Collect it: infolink-agent pending collect {answer.ExchangeId}");
            return;
        }

        var labels = (await client.GetAsync($"/v1/labels?entry={Uri.EscapeDataString(entry)}", cancellation)).Deserialize<List<LabelsApi.KindLabels>>(JsonSerializerOptions.Web)!;
        foreach (var (kind, items) in answer.Kinds ?? [])
        {
            var named = labels.Find(known => string.Equals(known.Kind, kind, StringComparison.Ordinal));
            var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(named is null ? kind : $"{named.Name.Ja}  {kind}")).AddColumns("項目", "item", "value");
            var order = named?.Items.Select((item, at) => (item, at)).ToDictionary(pair => pair.item.Item, pair => (pair.item, pair.at), StringComparer.Ordinal) ?? [];
            foreach (var (item, value) in items.OrderBy(item => order.TryGetValue(item.Key, out var known) ? known.at : int.MaxValue))
            {
                var label = order.GetValueOrDefault(item).item;
                table.AddRow(Markup.Escape(label?.Name.Ja ?? ""), Markup.Escape(item), Markup.Escape(Text(value, label)));
            }

            AnsiConsole.Write(table);
        }
    }

    /// <summary>A code with its meaning; where there is no value, why.</summary>
    private static string Text(LocalItem item, LabelsApi.ItemLabels? label) => item switch
    {
        { Value: { } value } => label?.Codes?.GetValueOrDefault(value) is { } meaning ? $"{value} {meaning.Ja} ({meaning.En})" : value,
        _ => AbsenceReason.TryParse(item.Absent, out var reason) ? $"— {reason.Name.Ja} ({reason.Name.En})" : $"— {item.Absent}",
    };

    private static string RefusalText(LocalRefusal refusal) => string.Join('\n', [
        refusal.Detail.Length > 0 ? $"{refusal.Refused} ({refusal.Detail})" : refusal.Refused,
        $"{refusal.CauseJa} {refusal.WayOutJa}",
        $"{refusal.CauseEn} {refusal.WayOutEn}",
        .. refusal.RetryAfterSeconds is { } seconds ? new[] { $"Again after {seconds} s." } : [],
        .. refusal.ExchangeId is { } exchange ? new[] { $"exchange {exchange}" } : [],
    ]);
}
