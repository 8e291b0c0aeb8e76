using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace InfoLink.Agent.Host.Asking;

/// <summary><c>infolink-agent bulk|status</c>: questions about a file of persons, at the running agent, and how far they are.</summary>
internal static class BulkCommands
{
    public static Command Bulk()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV with a heading: id, and what there is of provider, role, tax_year, case. The agent reads it itself." };
        var result = new Option<FileInfo>("--out") { Description = "Where the agent writes the results: .csv, or .jsonl for a JSON object a line. Its owner alone can read it.", Required = true };
        var job = new Option<string>("--job") { Description = "A name for it; the same name goes on where it stopped.", Required = true };
        var encoding = new Option<string>("--encoding") { Description = "utf-8 or shift_jis.", DefaultValueFactory = _ => "utf-8" };
        var columns = new Option<string[]>("--column") { Description = "What has another heading: --column id=宛名番号. As often as needed.", DefaultValueFactory = _ => [] };
        var patience = new Option<int?>("--patience") { Description = "How many minutes a broker or provider that is away is waited for; 10 where nothing is said." };
        var options = new QuestionOptions();
        var command = options.AddTo(new Command(
            "bulk",
            "Ask about every line of a file, up to 1,000 persons in an exchange. Each line gets one result, with the reason where there is no answer. Ctrl-C stops it; the same command goes on.\n"
            + "Example: infolink-agent bulk persons.csv --out results.csv --job kj-2026 --entry 106.municipality.108-1-ro --provider 131121 --tax-year 2026 --use 児童手当の現況届 --config agent.json")
        {
            file, result, job, encoding, columns, patience,
        });
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var named = parsed.GetValue(columns)!.Select(pair => pair.Split('=', 2)).ToList();
            if (named.Find(pair => pair.Length != 2) is not null)
            {
                throw new FormatException("--column is what=heading.");
            }

            var question = options.Read(parsed, person: "");
            var wish = new BulkApi.JobWish(
                parsed.GetValue(job)!,
                parsed.GetValue(file)!.FullName,
                parsed.GetValue(result)!.FullName,
                question.Entry,
                question.Operator!,
                question.Terminal,
                question.Use,
                question.CaseReference,
                question.Provider,
                question.Role,
                question.Conditions,
                parsed.GetValue(encoding)!,
                named.ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal),
                parsed.GetValue(patience));
            using var client = LocalClient.Of(parsed.GetValue(options.Config)!);
            var told = parsed.GetValue(options.Json) ? await PrintAsync(client, wish, cancellation) : await WatchAsync(client, wish, cancellation);
            if (told is not { Ended: true })
            {
                throw new InvalidOperationException("The agent stopped before the end. Nothing is lost; run the same command again to go on.");
            }

            if (!parsed.GetValue(options.Json))
            {
                Show([told]);
            }

            if (!told.Agrees)
            {
                throw new InvalidOperationException("The counts do not agree with the lines of the file. Keep asking.db and the results, and say so to whoever maintains the agent.");
            }
        }));
        return command;
    }

    public static Command Status()
    {
        var (config, json) = (LocalClient.ConfigOption(), new Option<bool>("--json") { Description = "JSON for scripts, in place of tables." });
        var job = new Option<string?>("--job") { Description = "One job, with its refusals." };
        var command = new Command("status", "Bulk questions: how far they are, what came of their lines, who began them.\nExample: infolink-agent status --job kj-2026 --config agent.json") { job, json, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var jobs = await client.GetAsync(parsed.GetValue(job) is { } name ? $"/v1/bulk?job={Uri.EscapeDataString(name)}" : "/v1/bulk", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(jobs, LocalAnswers.Format));
                return;
            }

            Show(jobs.Deserialize<List<BulkApi.JobTold>>(JsonSerializerOptions.Web)!);
        }));
        return command;
    }

    private static async Task<BulkApi.JobTold?> PrintAsync(LocalClient client, BulkApi.JobWish wish, CancellationToken cancellation)
    {
        BulkApi.JobTold? last = null;
        await foreach (var step in client.FollowAsync("/v1/bulk", wish, cancellation))
        {
            Console.WriteLine(JsonSerializer.Serialize(step, LocalAnswers.Format));
            last = step.Deserialize<BulkApi.JobTold>(JsonSerializerOptions.Web);
        }

        return last;
    }

    private static async Task<BulkApi.JobTold?> WatchAsync(LocalClient client, BulkApi.JobWish wish, CancellationToken cancellation)
    {
        BulkApi.JobTold? last = null;
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask("asked");
            await foreach (var step in client.FollowAsync("/v1/bulk", wish, cancellation))
            {
                last = step.Deserialize<BulkApi.JobTold>(JsonSerializerOptions.Web)!;
                bar.MaxValue = Math.Max(1, last.Lines ?? last.Done);
                bar.Value = last.Done;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"asked {last.Done:N0}{(last.Trouble is { } trouble ? $", waiting: {trouble}" : "")}");
            }
        });
        return last;
    }

    private static void Show(IReadOnlyList<BulkApi.JobTold> jobs)
    {
        if (jobs is not [var one])
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("job", "lines", "done", "answered", "pending", "refused", "broken", "begun", "ended", "by");
            foreach (var job in jobs)
            {
                table.AddRow(
                    Markup.Escape(job.Job), Number(job.Lines), Number(job.Done), Number(job.Counts["answered"]), Number(job.Counts["pending"]), Number(job.Counts["refused"]), Number(job.Counts["broken"]), Time(job.Begun), EndOf(job), Markup.Escape(job.Operator));
            }

            AnsiConsole.Write(table);
            return;
        }

        var sheet = new Table().Border(TableBorder.Rounded).Title(Markup.Escape(one.Job)).HideHeaders().AddColumn("").AddColumn(new TableColumn("").RightAligned());
        sheet.AddRow("lines", Number(one.Lines)).AddRow("done", Number(one.Done));
        foreach (var (outcome, count) in one.Counts)
        {
            sheet.AddRow(outcome, Number(count));
        }

        foreach (var (refusal, count) in one.Refusals)
        {
            sheet.AddRow($"  {refusal}", Number(count));
        }

        sheet.AddRow("begun", Time(one.Begun)).AddRow("ended", EndOf(one)).AddRow("by", Markup.Escape($"{one.Operator}, {one.Terminal}"));
        AnsiConsole.Write(sheet);
        Console.WriteLine($"results: {one.ResultFile}");
    }

    private static string EndOf(BulkApi.JobTold job) => job.EndedAt is { } ended ? Time(ended) : job.Trouble is { } trouble ? $"not yet: {trouble}" : "not yet";

    private static string Number(long? count) => count?.ToString("N0", CultureInfo.InvariantCulture) ?? "";

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
