using System.CommandLine;
using System.Text.Json;
using InfoLink.Agent.Manual;

namespace InfoLink.Agent.Host.Manual;

/// <summary><c>infolink-agent queue …</c>: the questions that wait for this agency's people, at the running agent.</summary>
internal static class QueueCommands
{
    public static Command Create() => new("queue", "Questions of other agencies that people here answer: look, approve, answer in part or by hand, refuse, confirm.")
    {
        List(),
        Show(),
        Decide("approve", "Answer with what the agency's own system has now.\nExample: infolink-agent queue approve 12 --reason 確認済み --config agent.json"),
        Answer(),
        Refuse(),
        Decide("confirm", "Confirm what somebody else has decided, where the entry needs two (manual.fourEyes in agent.json)."),
    };

    private static Command List()
    {
        var (config, all, json) = (LocalClient.ConfigOption(), new Option<bool>("--all") { Description = "Those that are decided, collected or lapsed, too." }, Json());
        return With(new Command("list", "Show what waits, the soonest deadline first."), [all, json, config], config, async (parsed, client, cancellation) =>
        {
            var lines = await client.GetAsync($"/v1/queue?all={(parsed.GetValue(all) ? "true" : "false")}", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(lines, LocalAnswers.Format));
                return;
            }

            foreach (var line in lines.Deserialize<List<QueueApi.QuestionLine>>(JsonSerializerOptions.Web)!)
            {
                Console.WriteLine($"{line.Number,6}  {line.State,-9}  {line.Deadline:yyyy-MM-dd HH:mm}  {line.Requester}  {line.Entry}  {Persons(line)}");
            }
        });
    }

    private static Command Show()
    {
        var (config, number, json) = (LocalClient.ConfigOption(), Number(), Json());
        return With(new Command("show", "Show a question: who asks, on what basis, what, about whom, and what was decided.") { number }, [json, config], config, async (parsed, client, cancellation) =>
        {
            var shown = await client.GetAsync($"/v1/queue/{parsed.GetValue(number)}", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(shown, LocalAnswers.Format));
                return;
            }

            Tell(shown.Deserialize<QueueApi.QuestionLine>(JsonSerializerOptions.Web)!);
        });
    }

    private static Command Decide(string name, string sentence)
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number(), LocalClient.ReasonOption(), LocalClient.OperatorOption());
        return With(new Command(name, sentence) { number }, [reason, who, config], config, async (parsed, client, cancellation) => Told(await client.PostAsync(
            $"/v1/queue/{parsed.GetValue(number)}/{name}", new QueueApi.DecideWish(parsed.GetValue(who)!, parsed.GetValue(reason)!), cancellation)));
    }

    private static Command Answer()
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number(), LocalClient.ReasonOption(), LocalClient.OperatorOption());
        var source = new Option<bool>("--from-source") { Description = "Begin with what the agency's own system has now; without it, with nothing." };
        var absent = new Option<string[]>("--absent") { Description = "Leave out an item or a whole kind: kind/item=reason or kind=reason, with a reason that the layout allows." };
        var values = new Option<FileInfo?>("--values") { Description = "A JSON file of values by hand: {\"kind\": {\"item\": \"text\"}}. Values never stand on the command line." };
        return With(
            new Command("answer", "Answer in part, or by hand. The layout must hold for all of it.\nExample: infolink-agent queue answer 12 --from-source --absent municipal-inhabitant-tax/total-income=not-yet-determined --reason 更正中 --config agent.json") { number },
            [source, absent, values, reason, who, config],
            config,
            async (parsed, client, cancellation) =>
            {
                var byHand = parsed.GetValue(values) is { } file
                    ? JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, string>>>(await File.ReadAllTextAsync(file.FullName, cancellation))
                    : null;
                var without = (parsed.GetValue(absent) ?? []).Select(text => text.Split('=', 2)).ToList();
                if (without.Exists(parts => parts.Length < 2))
                {
                    throw new FormatException("--absent is kind/item=reason or kind=reason.");
                }

                Told(await client.PostAsync($"/v1/queue/{parsed.GetValue(number)}/answer", new QueueApi.AnswerWish(
                    parsed.GetValue(who)!,
                    parsed.GetValue(reason)!,
                    parsed.GetValue(source),
                    byHand,
                    without.DistinctBy(parts => parts[0], StringComparer.Ordinal).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal)), cancellation));
            });
    }

    private static Command Refuse()
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number(), LocalClient.ReasonOption(), LocalClient.OperatorOption());
        var why = new Option<string>("--why") { Description = $"What the requester reads: {string.Join(", ", DenialReasons.All)}.", Required = true };
        return With(new Command("refuse", "Do not answer. Where nobody here may be answered for, not-available is the only reason.") { number }, [why, reason, who, config], config, async (parsed, client, cancellation) =>
            Told(await client.PostAsync(
                $"/v1/queue/{parsed.GetValue(number)}/refuse", new QueueApi.RefuseWish(parsed.GetValue(who)!, parsed.GetValue(reason)!, parsed.GetValue(why)!), cancellation)));
    }

    private static void Told(JsonElement answer)
    {
        var question = answer.Deserialize<QueueApi.QuestionLine>(JsonSerializerOptions.Web)!;
        Console.WriteLine(string.Equals(question.State, "proposed", StringComparison.Ordinal)
            ? $"Question {question.Number}: {question.Decision!.What}, to be confirmed by a second person (queue confirm {question.Number})."
            : $"Question {question.Number}: {question.Decision!.What}. The requester has it when it asks again, until {question.Deadline:yyyy-MM-dd HH:mm zzz}.");
    }

    private static void Tell(QueueApi.QuestionLine line)
    {
        Console.WriteLine($"Question {line.Number}: {line.State}, until {line.Deadline:yyyy-MM-dd HH:mm zzz}{(line.NeedsTwo ? "; two people decide" : "")}");
        Console.WriteLine($"exchange {line.Exchange}, place {line.Place}; asked {line.Asked:yyyy-MM-dd HH:mm} by {line.Requester}, entry {line.Entry}");
        if (line.Task is { } task)
        {
            Console.WriteLine($"事務 {task.Ja}\n目的 {line.Purpose?.Ja}\ntask {task.En}; purpose {line.Purpose?.En}");
        }

        if (line.About is { } about)
        {
            Console.WriteLine($"{about.Role}: {string.Join(", ", about.Kinds.Select(kind => $"{kind.Name?.Ja} {kind.Kind}"))}, {about.Conditions}");
            Console.WriteLine(about.Cause switch
            {
                "doubtful-identity" => "本人同一性に疑いがあります。The identity check left a doubt: see whether both agencies mean this person.",
                "other-identity" => "別人の可能性があります。The identity check found somebody else: no value leaves unless the link is released first.",
                _ => "担当者が回答する項目です。People answer under this entry.",
            });
            Console.WriteLine(about.Persons.Count > 0
                ? Persons(line)
                : "回答できる対象者はいません（該当なし・不開示・紐付け確認中のいずれか）。Nobody may be answered for (not here, withheld, or in quarantine): refuse it with --why not-available.");
        }

        if (line.Decision is { } decision)
        {
            Console.WriteLine($"{decision.What} {decision.At:yyyy-MM-dd HH:mm} by {decision.Operator}: {decision.Reason}{(decision.ConfirmedBy is { } second ? $"; confirmed by {second}" : "")}");
        }
    }

    private static string Persons(QueueApi.QuestionLine line) => line.About is not { } about ? ""
        : about.Persons.Count == 0 ? "–" : string.Join(", ", about.Persons.Select(id => $"{id.Kind} {id.Person}"));

    private static Command With(Command command, IEnumerable<Option> options, Option<string> config, Func<ParseResult, LocalClient, CancellationToken, Task> act)
    {
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            await act(parsed, client, cancellation);
        }));
        return command;
    }

    private static Argument<long> Number() => new("number") { Description = "The question's number in the queue." };

    private static Option<bool> Json() => new("--json") { Description = "JSON for scripts." };
}
