using System.CommandLine;
using System.Text.Json;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;

namespace InfoLink.Agent.Host.Linking;

/// <summary><c>infolink-agent verify</c>: the running agent looks at its links again, now.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var config = LocalClient.ConfigOption();
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
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            await (parsed.GetValue(status)
                ? ShowAsync(client, cancellation)
                : RunAsync(client, new VerificationApi.Wish(parsed.GetValue(all), parsed.GetValue(person)), cancellation));
        }));
        return command;
    }

    private static async Task RunAsync(LocalClient client, VerificationApi.Wish wish, CancellationToken cancellation)
    {
        VerificationApi.Line? line = null;
        await foreach (var step in client.FollowAsync("/v1/verification", wish, cancellation))
        {
            line = step.Deserialize<VerificationApi.Line>(JsonSerializerOptions.Web);
            if (line is { Counts: { } counts })
            {
                Console.WriteLine($"{(line.Standing is null ? "so far" : "in all")}: {Text(counts)}");
            }
        }

        if (line is not { Standing: { } standing })
        {
            throw new InvalidOperationException("The agent ended before it was done; what is done stays done.");
        }

        Console.WriteLine(Text(standing));
    }

    private static async Task ShowAsync(LocalClient client, CancellationToken cancellation)
    {
        var shown = await client.GetAsync("/v1/verification", cancellation);
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
