using System.CommandLine;

namespace InfoLink.Agent.Host.Remedy;

/// <summary><c>infolink-agent remedy …</c>: what was exchanged through a wrong link, who is told, and what others have told, at the running agent.</summary>
internal static class RemedyCommands
{
    public static Command Create() => new("remedy", "A wrong link was found, or a record corrected: list what was exchanged, tell the receivers, report; and see what other agencies have told.")
    {
        Open(), List(), Show(), Decide("send", "Tell the counterparts of a case. It cannot be taken back.", drop: false), Decide("drop", "Decide that nobody need be told.", drop: true),
        Report(), Notices(), Note(),
    };

    private static Command Open()
    {
        var (config, reason, who) = (LocalClient.ConfigOption(), Reason("The grounds; on record and in the report, so they name nobody."), LocalClient.OperatorOption());
        var person = new Option<string>("--person") { Description = "The agency's own identifier.", Required = true };
        var kind = new Option<string?>("--kind") { Description = "Its kind, where it is not 'person'." };
        var what = new Option<string>("--what") { Description = "wrong-link or corrected-record.", Required = true };
        var from = new Option<string?>("--from") { Description = "Only exchanges since, e.g. 2026-09-15T10:00:00+09:00." };
        var until = new Option<string?>("--until") { Description = "Only exchanges until." };
        var kinds = new Option<string[]>("--information") { Description = "With a corrected record: only exchanges of these kinds of information." };
        return With(
            new Command("open", "Open a case: everything that was exchanged through the person's link. A wrong link is put in quarantine; nobody is told yet.\nExample: infolink-agent remedy open --person Y-12 --what wrong-link --reason \"file 2026-31\" --config agent.json"),
            [person, kind, what, from, until, kinds, reason, who, config],
            async (parsed, client, cancellation) =>
            {
                var opened = await client.PostAsync("/v1/remedies", new RemedyApi.OpenWish(
                    parsed.GetValue(who)!, parsed.GetValue(reason)!, parsed.GetValue(person)!, parsed.GetValue(what)!, parsed.GetValue(kind), parsed.GetValue(from), parsed.GetValue(until), parsed.GetValue(kinds)), cancellation);
                Console.WriteLine($"Case {opened.GetProperty("number")}: {opened.GetProperty("exchanges")} exchanges. Look at them (remedy show), then decide (remedy send, remedy drop).");
            },
            config);
    }

    private static Command List()
    {
        var config = LocalClient.ConfigOption();
        return With(new Command("list", "Show the cases of this agency, the newest first."), [config], async (_, client, cancellation) =>
        {
            foreach (var one in (await client.GetAsync("/v1/remedies", cancellation)).EnumerateArray())
            {
                var counts = string.Join(", ", one.GetProperty("counts").EnumerateObject().Select(count => $"{count.Value} {count.Name}"));
                Console.WriteLine($"{one.GetProperty("number"),5}  {one.GetProperty("found").GetString()}  {one.GetProperty("what").GetString(),-16}  {one.GetProperty("state").GetString(),-9}  {counts}");
            }
        }, config);
    }

    private static Command Show()
    {
        var (config, number) = (LocalClient.ConfigOption(), Number("The case."));
        return With(new Command("show", "Show a case: whose link, and each exchange with the notice about it.") { number }, [config], async (parsed, client, cancellation) =>
        {
            var shown = await client.GetAsync($"/v1/remedies/{parsed.GetValue(number)}", cancellation);
            var about = shown.GetProperty("about");
            Console.WriteLine($"Case {about.GetProperty("number")}: {about.GetProperty("what").GetString()}, {about.GetProperty("state").GetString()}");
            Console.WriteLine($"{about.GetProperty("kind").GetString()} {about.GetProperty("person").GetString()}; found {about.GetProperty("found").GetString()} by {about.GetProperty("operator").GetString()}: {about.GetProperty("grounds").GetString()}");
            if (about.GetProperty("isCut").GetBoolean())
            {
                Console.WriteLine("There are more exchanges than a case lists: open another with --from.");
            }

            foreach (var one in shown.GetProperty("exchanges").EnumerateArray())
            {
                var refusal = one.TryGetProperty("refusal", out var name) ? $" ({name.GetString()})" : "";
                Console.WriteLine(
                    $"{one.GetProperty("exchange").GetString()}  {one.GetProperty("time").GetString()}  {one.GetProperty("role").GetString()} {one.GetProperty("counterpart").GetString()}  {one.GetProperty("entry").GetString()}  "
                    + $"[{string.Join("; ", one.GetProperty("subjects").EnumerateArray().Select(subject => subject.GetString()))}]  {one.GetProperty("notice").GetString()}{refusal} {one.GetProperty("there").GetString()}".TrimEnd());
            }
        }, config);
    }

    private static Command Decide(string name, string sentence, bool drop)
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number("The case."), Reason("Why; on record and in the report, so it names nobody."), LocalClient.OperatorOption());
        var except = new Option<string[]>("--except") { Description = "Exchanges that are not concerned, by their ids." };
        return With(new Command(name, sentence) { number }, drop ? [reason, who, config] : [except, reason, who, config], async (parsed, client, cancellation) =>
        {
            var wish = new RemedyApi.DecideWish(parsed.GetValue(who)!, parsed.GetValue(reason)!, drop, drop ? null : parsed.GetValue(except));
            var decided = await client.PostAsync($"/v1/remedies/{parsed.GetValue(number)}/decision", wish, cancellation);
            Console.WriteLine($"Case {decided.GetProperty("number")} is {decided.GetProperty("state").GetString()}.{(drop ? "" : " The counterparts are told now, and again until they have it; see 'remedy show'.")}");
        }, config);
    }

    private static Command Report()
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number("The case."), Reason("What the report is for; on record, so it names nobody."), LocalClient.OperatorOption());
        var output = new Option<string>("--out") { Description = "Where the report goes; a file that is not there yet.", Required = true };
        return With(new Command("report", "Prepare the report to the oversight body. It holds exchange ids, no person and no code.") { number }, [output, reason, who, config], async (parsed, client, cancellation) =>
        {
            var prepared = await client.PostAsync(
                $"/v1/remedies/{parsed.GetValue(number)}/report", new RemedyApi.ReportWish(parsed.GetValue(who)!, parsed.GetValue(reason)!), cancellation);
            await using var file = new FileStream(parsed.GetValue(output)!, FileMode.CreateNew, FileAccess.Write);
            await file.WriteAsync(prepared.GetProperty("report").GetBytesFromBase64(), cancellation);
            Console.WriteLine($"The report is in {parsed.GetValue(output)}. Its preparation is on record.");
        }, config);
    }

    private static Command Notices()
    {
        var config = LocalClient.ConfigOption();
        var all = new Option<bool>("--all") { Description = "Those that somebody has taken note of, too." };
        var who = new Option<long?>("--whom") { Description = "Show instead whom this notice is about here, by the agency's own identifiers." };
        return With(new Command("notices", "Show what other agencies have told of exchanges with this one."), [all, who, config], async (parsed, client, cancellation) =>
        {
            if (parsed.GetValue(who) is { } number)
            {
                var persons = (await client.GetAsync($"/v1/notices/{number}/persons", cancellation)).EnumerateArray().ToList();
                persons.ForEach(id => Console.WriteLine($"{id.GetProperty("kind").GetString()} {id.GetProperty("person").GetString()}"));
                Console.Write(persons.Count > 0 ? "" : "Nobody who is linked now.\n");
                return;
            }

            foreach (var one in (await client.GetAsync($"/v1/notices?all={(parsed.GetValue(all) ? "true" : "false")}", cancellation)).EnumerateArray())
            {
                var note = one.TryGetProperty("reason", out var reason) ? $" ({one.GetProperty("operator").GetString()}: {reason.GetString()})" : "";
                Console.WriteLine(
                    $"{one.GetProperty("number"),5}  {one.GetProperty("received").GetString()}  {one.GetProperty("from").GetString()}  {one.GetProperty("what").GetString(),-16}  {one.GetProperty("exchange").GetString()} "
                    + $"[{string.Join(", ", one.GetProperty("places").EnumerateArray())}], {one.GetProperty("role").GetString()}  {one.GetProperty("state").GetString()}{note}");
            }
        }, config);
    }

    private static Command Note()
    {
        var (config, number, reason, who) = (LocalClient.ConfigOption(), Number("The notice."), Reason("What was found or done; on record, so it names nobody."), LocalClient.OperatorOption());
        var acted = new Option<bool>("--acted") { Description = "What was to be done here is done; without it: taken note of." };
        return With(new Command("note", "Say what this agency has made of a notice; the agency that told hears it.") { number }, [acted, reason, who, config], async (parsed, client, cancellation) =>
        {
            await client.PostAsync($"/v1/notices/{parsed.GetValue(number)}/note", new RemedyApi.NoteWish(parsed.GetValue(who)!, parsed.GetValue(reason)!, parsed.GetValue(acted)), cancellation);
            Console.WriteLine($"Notice {parsed.GetValue(number)} is {(parsed.GetValue(acted) ? "acted on" : "taken note of")}.");
        }, config);
    }

    private static Command With(Command command, IEnumerable<Option> options, Func<ParseResult, LocalClient, CancellationToken, Task> act, Option<string> config)
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

    private static Argument<long> Number(string about) => new("number") { Description = about };

    private static Option<string> Reason(string about) => new("--reason") { Description = about, Required = true };
}
