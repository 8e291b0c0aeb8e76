using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Agent.Sources.Replicas;
using Spectre.Console;

namespace InfoLink.Agent.Host.Replicas;

/// <summary><c>infolink-agent replica</c>: what existing systems export, imported into the running agent's replicas and taken back where it was wrong.</summary>
internal static class ReplicaCommands
{
    private static readonly JsonSerializerOptions Read = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static Command Create() => new("replica", "Copies (副本) of what existing systems export, which the agent answers from.") { Import(), Status(), Deliveries(), Recall() };

    private static Command Import()
    {
        var file = new Argument<FileInfo>("file") { Description = "What the system exported. The agent reads it itself." };
        var source = SourceOption();
        var manifest = new Option<FileInfo?>("--manifest") { Description = """What the system says of it, as JSON: {"rows": 120345, "sha256": "…", "asOf": "2026-09-01T02:00:00+09:00"}; each may be left out.""" };
        var rows = new Option<long?>("--rows") { Description = "How many records the system says it exported." };
        var sha256 = new Option<string?>("--sha256") { Description = "The file's SHA-256 as the system has it, in hexadecimal." };
        var asOf = new Option<string?>("--as-of") { Description = "When it was exported, with its offset: 2026-09-01T02:00:00+09:00. Without it the file's own time." };
        var shrink = new Option<bool>("--confirm-shrink") { Description = "Import it although it has half the records of the delivery in use, or fewer." };
        var reason = new Option<string?>("--reason") { Description = "Why, where there is something to say; it stands on record." };
        var (who, json, config) = (LocalClient.OperatorOption(), JsonOption(), LocalClient.ConfigOption());
        var command = new Command(
            "import",
            "Import a file as the newest delivery. All of it is checked first, each record mapped and held against the layout; if anything is wrong, nothing is imported. Ctrl-C stops it, and then nothing was imported either.\n"
            + "Example: infolink-agent replica import kazei.csv --source municipal-inhabitant-tax --manifest kazei.json --config agent.json")
        {
            file, source, manifest, rows, sha256, asOf, shrink, reason, who, json, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var said = parsed.GetValue(manifest) is { } path ? await Manifest.ReadAsync(path.FullName, cancellation) : new Manifest();
            var wish = new ReplicaApi.ImportWish(
                parsed.GetValue(who)!,
                parsed.GetValue(source)!,
                parsed.GetValue(file)!.FullName,
                parsed.GetValue(rows) ?? said.Rows,
                parsed.GetValue(sha256) ?? said.Sha256,
                parsed.GetValue(asOf) is { } time ? Time(time) : said.AsOf,
                parsed.GetValue(shrink),
                parsed.GetValue(reason));
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var standing = parsed.GetValue(json) ? await PrintAsync(client, wish, cancellation) : await WatchAsync(client, wish, cancellation);
            if (standing is null)
            {
                throw new InvalidOperationException("The agent stopped before the end. What it answers from has not changed, unless 'infolink-agent replica status' says so.");
            }

            if (!parsed.GetValue(json))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Imported: {standing.Source} is answered from delivery {standing.InUse!.Number}, {standing.InUse.Records:N0} records, exported {Text(standing.InUse.AsOf)}."));
            }
        }));
        return command;
    }

    private static Command Status()
    {
        var (json, config) = (JsonOption(), LocalClient.ConfigOption());
        var command = new Command("status", "How old what is answered from is. Exit code 1 where a replica is late, too old or empty.\nExample: infolink-agent replica status --config agent.json") { json, config };
        command.SetAction(async (parsed, cancellation) =>
        {
            var good = false;
            var code = await Ending.OfAsync(async () =>
            {
                using var client = LocalClient.Of(parsed.GetValue(config)!);
                var answer = await client.GetAsync("/v1/replica", cancellation);
                var all = answer.Deserialize<List<ReplicaStanding>>(Read)!;
                good = all.TrueForAll(replica => replica.State == ReplicaState.Good);
                if (parsed.GetValue(json))
                {
                    Console.WriteLine(JsonSerializer.Serialize(answer, LocalAnswers.Format));
                    return;
                }

                foreach (var replica in all)
                {
                    Console.WriteLine($"{replica.Source}: {Text(replica)}");
                }

                if (all.Count == 0)
                {
                    Console.WriteLine("agent.json has no replica.");
                }
            });
            return code == 0 && !good ? 1 : code;
        });
        return command;
    }

    private static Command Deliveries()
    {
        var (source, json, config) = (SourceOption(), JsonOption(), LocalClient.ConfigOption());
        var command = new Command("deliveries", "What was delivered, the newest first, and what became of it.\nExample: infolink-agent replica deliveries --source municipal-inhabitant-tax --config agent.json") { source, json, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var answer = await client.GetAsync($"/v1/replica/deliveries?source={Uri.EscapeDataString(parsed.GetValue(source)!)}", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(answer, LocalAnswers.Format));
                return;
            }

            foreach (var delivery in answer.Deserialize<List<Delivery>>(Read)!)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{delivery.Number}  {delivery.State}  {delivery.Records:N0} records  exported {Text(delivery.AsOf)}  imported {(delivery.Imported is { } imported ? Text(imported) : "-")}  by {delivery.Operator}  sha256 {delivery.Sha256}"));
            }
        }));
        return command;
    }

    private static Command Recall()
    {
        var (source, reason, who, config) = (SourceOption(), LocalClient.ReasonOption(), LocalClient.OperatorOption(), LocalClient.ConfigOption());
        var command = new Command(
            "recall",
            "Take a wrong delivery back for good: the one before it is answered from again, or, where none is kept, nothing.\nExample: infolink-agent replica recall --source municipal-inhabitant-tax --reason \"export of 2025\" --config agent.json")
        {
            source, reason, who, config,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new ReplicaApi.RecallWish(parsed.GetValue(who)!, parsed.GetValue(reason)!, parsed.GetValue(source)!);
            var standing = (await client.PostAsync("/v1/replica/recall", wish, cancellation)).Deserialize<ReplicaStanding>(Read)!;
            Console.WriteLine($"Recalled. {standing.Source}: {Text(standing)}");
        }));
        return command;
    }

    private static async Task<ReplicaStanding?> PrintAsync(LocalClient client, ReplicaApi.ImportWish wish, CancellationToken cancellation)
    {
        ReplicaApi.ImportTold? last = null;
        await foreach (var step in client.FollowAsync("/v1/replica/import", wish, cancellation))
        {
            Console.WriteLine(JsonSerializer.Serialize(step, LocalAnswers.Format));
            last = step.Deserialize<ReplicaApi.ImportTold>(Read);
        }

        return last?.Standing;
    }

    private static async Task<ReplicaStanding?> WatchAsync(LocalClient client, ReplicaApi.ImportWish wish, CancellationToken cancellation)
    {
        ReplicaApi.ImportTold? last = null;
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask("checked");
            await foreach (var step in client.FollowAsync("/v1/replica/import", wish, cancellation))
            {
                last = step.Deserialize<ReplicaApi.ImportTold>(Read)!;
                bar.MaxValue = Math.Max(1, last.Progress.AllBytes);
                bar.Value = last.Progress.Bytes;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"checked {last.Progress.Records:N0} records");
            }
        });
        return last?.Standing;
    }

    private static string Text(ReplicaStanding replica) => replica.InUse is not { } delivery
        ? "NOTHING: nothing has been delivered, or it was recalled; nothing is answered from it."
        : string.Create(CultureInfo.InvariantCulture, $"delivery {delivery.Number}, {delivery.Records:N0} records, exported {Text(delivery.AsOf)}, {(replica.AgeSeconds ?? 0) / 3600} h {(replica.AgeSeconds ?? 0) / 60 % 60} min old, {replica.Kept} kept behind it")
            + replica.State switch
            {
                ReplicaState.Late => string.Create(CultureInfo.InvariantCulture, $". LATE: more than {replica.MaxAgeHours} hours."),
                ReplicaState.TooOld => string.Create(CultureInfo.InvariantCulture, $". TOO OLD: more than {replica.RefuseAfterHours} hours; nothing is answered from it."),
                _ => ".",
            };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(string text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-ddTHH:mmzzz", "yyyy-MM-ddTHH:mm:sszzz", "yyyy-MM-ddTHH:mm:ssZ"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time
        : throw new FormatException("--as-of is written as 2026-09-01T02:00:00+09:00.");

    private static Option<string> SourceOption() => new("--source") { Description = "The replica: its kind, or kind@yyyy-MM-dd where sources of a kind stand side by side.", Required = true };

    private static Option<bool> JsonOption() => new("--json") { Description = "JSON for scripts." };

    /// <summary>What the source says of a file.</summary>
    private sealed record Manifest(long? Rows = null, string? Sha256 = null, DateTimeOffset? AsOf = null)
    {
        private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

        /// <exception cref="FormatException">It is not such a file.</exception>
        public static async Task<Manifest> ReadAsync(string path, CancellationToken cancellation)
        {
            try
            {
                await using var file = File.OpenRead(path);
                return await JsonSerializer.DeserializeAsync<Manifest>(file, Format, cancellation) ?? throw new FormatException($"'{path}' is empty.");
            }
            catch (JsonException wrong)
            {
                throw new FormatException($"'{path}' is not a manifest of rows, sha256 and asOf: {wrong.Message}", wrong);
            }
        }
    }
}
