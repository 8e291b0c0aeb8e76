using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using InfoLink.Contracts.Catalog;
using InfoLink.Samples.Network;

var once = new Option<bool>("--once") { Description = "End after the walk; exit code 0 only if everything went as it should." };
var json = new Option<FileInfo?>("--json") { Description = "Write the result as JSON to this file." };
var data = new Option<DirectoryInfo?>("--data") { Description = "Keep the network's folder here (keys, certificates, catalog, databases)." };
var redis = new Option<string>("--redis") { Description = "Keep tokens in this Redis (host:port) instead of the broker's memory.", DefaultValueFactory = _ => "" };
var platform = new Option<bool>("--platform") { Description = "Run everything but the two agencies, whose agents are yours to configure and start (samples/FirstAnswer). Needs --data." };
var command = new RootCommand("A whole InfoLink network in one process: a broker, two agencies, one exchange, and what must fail.") { once, json, data, redis, platform };
command.Validators.Add(parsed =>
{
    if (parsed.GetValue(platform) && (parsed.GetValue(data) is null || parsed.GetValue(once) || parsed.GetValue(json) is not null))
    {
        parsed.AddError("--platform goes with --data DIR, where the agencies' folders are to lie, and walks through nothing: leave --once and --json out.");
    }
});
command.SetAction((parsed, cancellation) => parsed.GetValue(platform)
    ? ServeAsync(parsed.GetValue(data)!, parsed.GetValue(redis)!, cancellation)
    : RunAsync(parsed.GetValue(once), parsed.GetValue(json), parsed.GetValue(data), parsed.GetValue(redis)!, cancellation));
return await command.Parse(args).InvokeAsync();

static async Task<int> RunAsync(bool once, FileInfo? json, DirectoryInfo? data, string redis, CancellationToken cancellation)
{
    var time = TimeProvider.System;
    var temporary = data is null ? Directory.CreateTempSubdirectory("infolink-") : null;
    using var loggers = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(LogLevel.Warning)
        .AddFilter("InfoLink.Agent.Sources", LogLevel.None) // The walk makes a source fail on purpose, and tells of it itself.
        .AddSimpleConsole(console => console.SingleLine = true));
    try
    {
        var folder = NetworkFolder.TryOpen((data ?? temporary)!.FullName, time) ?? NetworkFolder.Create((data ?? temporary)!.FullName, redis, time);
        await using var network = await RunningNetwork.StartAsync(folder, time, loggers);
        await using var people = await People.StartAsync(network, time, loggers);
        var ok = await WalkAsync(network, people, json, time);
        if (!once)
        {
            Console.WriteLine("Serving until Ctrl+C.");
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ok ? 0 : 1;
    }
    finally
    {
        temporary?.Delete(recursive: true);
    }
}

static async Task<int> ServeAsync(DirectoryInfo data, string redis, CancellationToken cancellation)
{
    var time = TimeProvider.System;
    using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole(console => console.SingleLine = true));
    var folder = NetworkFolder.TryOpen(data.FullName, time) ?? NetworkFolder.Create(data.FullName, redis, time, connected: false);
    await using var platform = await RunningPlatform.StartAsync(folder, time, loggers);
    Console.WriteLine($"READY  the platform, in {folder.FullPath}, until Ctrl+C");
    await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    return 0;
}

static async Task<bool> WalkAsync(RunningNetwork network, People people, FileInfo? json, TimeProvider time)
{
    var walk = new Walk(network, time);
    Telling.Opening(network);
    var (numbered, linked) = (await people.NumberAsync(), await people.LinkAsync());
    Telling.People(numbered, linked);
    var wrongLink = await people.MistakeAsync();
    var review = await Review.BeginAsync(network, time);
    var exchange = await walk.ExchangeAsync();
    Telling.Exchange(exchange);
    if (exchange.ExchangeId is { } id)
    {
        Telling.Records(await walk.RecordsAsync(id));
    }

    Telling.WrongLink(wrongLink);
    var refusals = await walk.RefusalsAsync();
    Telling.Refusals(refusals);
    var reconciliation = await review.ReconcileAsync();
    Telling.Reconciliation(reconciliation);
    var tampering = await review.TamperAsync();
    Telling.Tampering(tampering);
    var ok = numbered.AsItShould && linked.AsItShould && wrongLink.AsItShould && exchange.Answered && refusals.All(refusal => refusal.AsItShould) && reconciliation.AsItShould && tampering.AsItShould;
    if (json is not null)
    {
        await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(Report(network, numbered, linked, wrongLink, exchange, refusals, reconciliation, tampering, ok), new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        }));
    }

    return ok;
}

static object Report(
    RunningNetwork network, NumberedResult numbered, LinkedResult linked, WrongLinkResult wrongLink, ExchangeResult exchange, IReadOnlyList<RefusalResult> refusals, ReviewResult reconciliation, TamperingResult tampering, bool ok) => new
    {
        people = new { numbered, linked = new { linked.AsItShould, linked.CodesDiffer }, wrongLink },
        exchange = new
        {
            id = exchange.Id,
            entry = Walk.Entry,
            requester = NetworkFolder.Requester,
            provider = NetworkFolder.Provider,
            items = exchange.Items?.ToDictionary(
            item => item.Key,
            item => item.Value is ItemAnswer.Value value ? (object)value.Text : new { absent = ((ItemAnswer.Absent)item.Value).Reason.Id },
            StringComparer.Ordinal),
            outcome = exchange.Answered ? "answered" : exchange.Refusal,
            elapsedMs = Math.Round(exchange.ElapsedMilliseconds, 1),
        },
        refusals = refusals.Select(refusal => new Dictionary<string, string>(StringComparer.Ordinal) { ["case"] = refusal.Case, ["refused"] = refusal.Refused }),
        reconciliation = new
        {
            bundles = reconciliation.Bundles.Select(bundle => new { custodian = bundle.Custodian, log = bundle.Origin, records = bundle.Records, sound = bundle.Sound }),
            differences = reconciliation.Differences,
            asItShould = reconciliation.AsItShould,
        },
        tampering,
        endpoints = new
        {
            broker = network.Broker.Endpoint,
            agencies = new Dictionary<string, Uri>(StringComparer.Ordinal)
            {
                [NetworkFolder.Requester] = network.Requester.Endpoint,
                [NetworkFolder.Provider] = network.Provider.Endpoint,
            },
        },
        ok,
    };
