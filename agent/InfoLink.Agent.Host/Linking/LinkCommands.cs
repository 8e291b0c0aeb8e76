using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace InfoLink.Agent.Host.Linking;

/// <summary><c>infolink-agent link|links|rotate|absorb</c>: the agency's links, at its running agent.</summary>
internal static class LinkCommands
{
    private static readonly string[] JobCounts = ["Linked", "Verified", "Renewed", "Ambiguous", "NotFound", "Refused", "Duplicate", "Contradicted"];

    public static Command Link()
    {
        var file = new Argument<FileInfo>("file") { Description = "CSV with a heading: id, name and what there is of kana, address, birth_date, sex. The agent reads it itself." };
        var job = new Option<string>("--job") { Description = "A name for it; the same name goes on where it stopped.", Required = true };
        var encoding = new Option<string>("--encoding") { Description = "utf-8 or shift_jis.", DefaultValueFactory = _ => "utf-8" };
        var kind = new Option<string>("--kind") { Description = "What kind of identifier the id is, where a person has several.", DefaultValueFactory = _ => Agent.Links.LocalId.DefaultKind };
        var columns = new Option<string[]>("--column") { Description = "An attribute that has another heading: --column name=氏名. As often as needed." };
        var (who, why, config) = Wanted();
        var command = new Command(
            "link",
            "Come by link codes for the agency's persons: the resident registry says who they are, the broker gives the codes. Persons who are linked are confirmed.\n"
            + "Example: infolink-agent link persons.csv --job first --reason \"first linking\" --config agent.json")
        {
            file, job, encoding, kind, columns, who, why, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var named = (parsed.GetValue(columns) ?? []).Select(pair => pair.Split('=', 2)).ToList();
            if (named.Find(pair => pair.Length != 2) is not null)
            {
                throw new FormatException("--column is attribute=heading.");
            }

            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new LinkApi.JobWish(
                parsed.GetValue(who)!,
                parsed.GetValue(why)!,
                parsed.GetValue(job)!,
                parsed.GetValue(file)!.FullName,
                parsed.GetValue(encoding)!,
                parsed.GetValue(kind)!,
                named.ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal));
            var last = await FollowAsync(client, "/v1/links/jobs", wish, "linked", step => (step.GetProperty("done").GetInt64(), step.GetProperty("persons").GetInt64()), cancellation);
            var counts = last.GetProperty("counts");
            Table([("asked", last.GetProperty("done").GetInt64()), .. JobCounts.Where(name => counts.TryGetProperty(name, out _)).Select(name => (name, counts.GetProperty(name).GetInt64()))]);
            await TroublesAsync(client, wish.Job, cancellation);
            if (!last.GetProperty("agrees").GetBoolean())
            {
                throw new InvalidOperationException("The counts do not agree with the persons that were asked for. Keep links.db and say so to whoever maintains the agent.");
            }
        }));
        return command;
    }

    public static Command Links()
    {
        var command = new Command("links", "Look at links and decide about them.");
        var (config, id, kind) = (LocalClient.ConfigOption(), IdArgument(), KindOption());
        var quarantine = new Command("quarantine", "Links that are in doubt, and why; they are used in neither direction.\nExample: infolink-agent links quarantine --config agent.json") { config };
        quarantine.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var table = new Table().Border(TableBorder.Rounded).AddColumns("kind", "id", "why");
            foreach (var link in (await client.GetAsync("/v1/links/quarantine", cancellation)).EnumerateArray())
            {
                table.AddRow(Text(link, "kind"), Text(link, "id"), Text(link, "why"));
            }

            AnsiConsole.Write(table);
        }));
        var history = new Command("history", "What became of a person's link; never a code.\nExample: infolink-agent links history 000123 --config agent.json") { id, kind, config };
        history.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var table = new Table().Border(TableBorder.Rounded).AddColumns("time", "what", "operator", "reason");
            var path = $"/v1/links/history?id={Uri.EscapeDataString(parsed.GetValue(id)!)}&kind={Uri.EscapeDataString(parsed.GetValue(kind)!)}";
            foreach (var change in (await client.GetAsync(path, cancellation)).EnumerateArray())
            {
                table.AddRow(Text(change, "time"), Text(change, "what"), Text(change, "operator"), Text(change, "reason"));
            }

            AnsiConsole.Write(table);
        }));
        command.Add(quarantine);
        command.Add(history);
        command.Add(Mark("stop", "Put a link in doubt: it is used in neither direction until it is released.", LinkApi.MarkAct.Quarantine));
        command.Add(Mark("release", "A person has decided that the link is right.", LinkApi.MarkAct.Release));
        command.Add(Mark("unlink", "A person has decided that the link is wrong: it is taken away. Marks stay with the identifier.", LinkApi.MarkAct.Unlink));
        command.Add(Mark("withhold", "不開示: to other agencies the person is as one who is not here.", LinkApi.MarkAct.Withhold));
        command.Add(Mark("disclose", "The person is not withheld any more.", LinkApi.MarkAct.Disclose));
        command.Add(Mark("manual", "自動応答不可: a human answers for this person.", LinkApi.MarkAct.Manual));
        command.Add(Mark("automatic", "The person is answered automatically again.", LinkApi.MarkAct.Automatic));
        return command;
    }

    public static Command Rotate()
    {
        var (who, why, config) = Wanted();
        var command = new Command(
            "rotate", "Bring the agency's codes to where the member list wants them. The agent does it by itself; this shows how far it is, and asks once more for those that were refused.\nExample: infolink-agent rotate --reason \"epoch 2\" --config agent.json")
        {
            who, why, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new LinkApi.RotateWish(parsed.GetValue(who)!, parsed.GetValue(why)!);
            var last = await FollowAsync(client, "/v1/links/rotation", wish, "converted", step => (Number(step, "had") - Number(step, "left"), Number(step, "had")), cancellation);
            Table([.. new[] { "epoch", "had", "converted", "refused", "left", "switched", "destroyed" }.Select(name => (name, Number(last, name)))]);

            static long Number(JsonElement step, string name) => step.GetProperty("rotation").GetProperty(name).GetInt64();
        }));
        return command;
    }

    public static Command Absorb()
    {
        var from = new Option<string>("--from") { Description = "The agency that was merged into this one, as the member list says.", Required = true };
        var table = new Option<FileInfo>("--table") { Description = "Its links.db, stopped. The agent reads it itself.", Required = true };
        var kind = new Option<string>("--kind") { Description = "A kind for its identifiers, so that none is taken for one of this agency's.", Required = true };
        var (who, why, config) = Wanted();
        var command = new Command(
            "absorb", "Take over the persons of an agency that was merged into this one, with their marks.\nExample: infolink-agent absorb --from 141305 --table old/links.db --kind kawasaki --reason merger --config agent.json")
        {
            from, table, kind, who, why, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new LinkApi.AbsorbWish(parsed.GetValue(who)!, parsed.GetValue(why)!, parsed.GetValue(from)!, parsed.GetValue(table)!.FullName, parsed.GetValue(kind)!);
            var last = await FollowAsync(client, "/v1/links/absorption", wish, "taken over", step => (step.GetProperty("had").GetInt64(), 0), cancellation);
            Table([.. new[] { "had", "linked", "joined", "already", "refused", "contradicted" }.Select(name => (name, last.GetProperty(name).GetInt64()))]);
        }));
        return command;
    }

    private static Command Mark(string name, string sentence, LinkApi.MarkAct act)
    {
        var (id, kind) = (IdArgument(), KindOption());
        var (who, why, config) = Wanted();
        var command = new Command(name, $"{sentence}\nExample: infolink-agent links {name} 000123 --reason \"case 7\" --config agent.json") { id, kind, who, why, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new LinkApi.MarkWish(parsed.GetValue(who)!, parsed.GetValue(why)!, parsed.GetValue(id)!, act, parsed.GetValue(kind)!);
            var done = await client.PostAsync("/v1/links/marks", wish, cancellation);
            Console.WriteLine(!done.GetProperty("done").GetBoolean()
                ? throw new InvalidOperationException("Nobody is linked under this identifier. Check it and its kind: infolink-agent links history.")
                : done.TryGetProperty("remedy", out var remedy)
                    ? $"Done. {done.GetProperty("exchanges")} exchanges were made through the link: decide who is told (infolink-agent remedy show {remedy})."
                    : "Done.");
        }));
        return command;
    }

    /// <summary>Shows how far it is; where nobody looks, only the end is told.</summary>
    private static async Task<JsonElement> FollowAsync<T>(
        LocalClient client, string path, T wish, string what, Func<JsonElement, (long Done, long Of)> far, CancellationToken cancellation)
    {
        var last = default(JsonElement);
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask(what);
            await foreach (var step in client.FollowAsync(path, wish, cancellation))
            {
                last = step;
                var (done, of) = far(step);
                bar.MaxValue = Math.Max(1, of > 0 ? of : done);
                bar.Value = done;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{what} {done:N0}");
            }
        });
        return last.ValueKind == JsonValueKind.Object && last.GetProperty("ended").GetBoolean()
            ? last
            : throw new InvalidOperationException("The agent stopped before the end. Nothing is lost; run the same command again to go on.");
    }

    private static async Task TroublesAsync(LocalClient client, string job, CancellationToken cancellation)
    {
        var troubles = (await client.GetAsync($"/v1/links/troubles?job={Uri.EscapeDataString(job)}", cancellation)).EnumerateArray().ToList();
        if (troubles.Count == 0)
        {
            return;
        }

        var table = new Table().Border(TableBorder.Rounded).Title("not linked").AddColumns("place", "id", "result", "reasons");
        foreach (var trouble in troubles)
        {
            table.AddRow(
                trouble.GetProperty("at").GetInt64().ToString(CultureInfo.InvariantCulture), Text(trouble, "id"), Text(trouble, "result"), string.Join(", ", trouble.GetProperty("reasons").EnumerateArray()));
        }

        AnsiConsole.Write(table);
    }

    private static void Table(IEnumerable<(string Name, long Count)> counts)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("").AddColumn(new TableColumn("count").RightAligned());
        foreach (var (name, count) in counts)
        {
            table.AddRow(name.ToLowerInvariant(), count.ToString("N0", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    private static string Text(JsonElement element, string name) => Markup.Escape(element.GetProperty(name).ToString());

    private static Argument<string> IdArgument() => new("id") { Description = "The agency's own identifier of the person." };

    private static Option<string> KindOption() => new("--kind") { Description = "The identifier's kind.", DefaultValueFactory = _ => Agent.Links.LocalId.DefaultKind };

    private static (Option<string> Who, Option<string> Why, Option<string> Config) Wanted() => (LocalClient.OperatorOption(), LocalClient.ReasonOption(), LocalClient.ConfigOption());
}
