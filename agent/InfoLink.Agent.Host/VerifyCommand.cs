using System.CommandLine;
using System.Text.Json;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Hosting;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent verify</c>: the running agent looks at its links again, now.</summary>
internal static class VerifyCommand
{
    /// <summary>A nation's largest city, at the registry's pace.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromDays(3);

    public static Command Create()
    {
        var config = new Option<string>("--config") { Description = "The running agent's agent.json.", Required = true };
        var all = new Option<bool>("--all") { Description = "Everybody, due or not." };
        var person = new Option<string[]>("--person") { Description = "This person alone; may be given several times.", DefaultValueFactory = _ => [] };
        var status = new Option<bool>("--status") { Description = "Look at nobody; say how the links stand, and which could not be confirmed." };
        var command = new Command(
            "verify",
            "Compare links with the resident registry, now. A link that it contradicts is quarantined; one that it cannot confirm is listed, and looked at again later. Ctrl-C stops it, and nothing is lost.\nExample: infolink-agent verify --config agent.json")
        {
            config, all, person, status,
        };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalSocket.Client(LocalApi.SocketOf(AgentOptions.Read(parsed.GetValue(config)!)), Deadline);
            await (parsed.GetValue(status)
                ? ShowAsync(client, cancellation)
                : RunAsync(client, new VerificationApi.Wish(parsed.GetValue(all), parsed.GetValue(person)), cancellation));
        }));
        return command;
    }

    private static async Task RunAsync(HttpClient client, VerificationApi.Wish wish, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/verification", UriKind.Relative)) { Content = JsonContent.Create(wish) };
        using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync(cancellation));
        VerificationApi.Line? line = null;
        while (await lines.ReadLineAsync(cancellation) is { } text)
        {
            line = JsonSerializer.Deserialize<VerificationApi.Line>(text, JsonSerializerOptions.Web);
            if (line is { Counts: { } counts })
            {
                Console.WriteLine($"{(line.Standing is null ? "so far" : "in all")}: {Text(counts)}");
            }
        }

        if (line is not { Standing: { } standing, Error: null })
        {
            throw new InvalidOperationException(line?.Error ?? "The agent ended before it was done; what is done stays done.");
        }

        Console.WriteLine(Text(standing));
    }

    private static async Task ShowAsync(HttpClient client, CancellationToken cancellation)
    {
        var shown = await client.GetFromJsonAsync<JsonElement>(new Uri("/v1/verification", UriKind.Relative), cancellation);
        Console.WriteLine(Text(shown.GetProperty("standing").Deserialize<VerificationStanding>(JsonSerializerOptions.Web)!));
        foreach (var link in shown.GetProperty("unconfirmed").EnumerateArray())
        {
            var reasons = string.Join(", ", link.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
            Console.WriteLine($"unconfirmed: {link.GetProperty("kind").GetString()} {link.GetProperty("id").GetString()}: {reasons}; again after {link.GetProperty("next").GetDateTimeOffset():yyyy-MM-dd}");
        }
    }

    private static string Text(VerificationCounts counts) =>
        $"{counts.Looked} looked at, {counts.Confirmed} confirmed, {counts.Contradicted} quarantined, {counts.Unconfirmed} unconfirmed";

    private static string Text(VerificationStanding standing) =>
        $"links: {standing.Persons} persons, {standing.Fresh} verified, {standing.Due} due{(standing.Oldest is { } oldest ? $" (the oldest since {oldest:yyyy-MM-dd})" : "")}, "
        + $"{standing.Unconfirmed} unconfirmed, {standing.Quarantined} quarantined{(standing.Unconverted > 0 ? $", {standing.Unconverted} without a code of the current epoch" : "")}";
}
