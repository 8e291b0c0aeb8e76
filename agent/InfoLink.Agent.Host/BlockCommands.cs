using System.CommandLine;
using System.Text.Json;
using InfoLink.Hosting;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent block|unblock|blocks</c>: the agency cuts a peer or an entry off by itself, at once, at its running agent.</summary>
internal static class BlockCommands
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static Command Block() => Act(
        "block", "Answer a peer, or anything under an entry, no more. It is recorded with the reason; the other side reads 'blocked by the provider'.", "infolink-agent block --peer 141003 --reason \"incident 4\" --config agent.json", lift: false);

    public static Command Unblock() => Act("unblock", "Lift a block.", "infolink-agent unblock --peer 141003 --reason \"incident 4 is closed\" --config agent.json", lift: true);

    public static Command Blocks()
    {
        var config = Config();
        var command = new Command("blocks", "Show what this agency has cut off, and why.\nExample: infolink-agent blocks --config agent.json") { config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = Client(parsed.GetValue(config)!);
            var all = await client.GetFromJsonAsync<JsonElement>(new Uri("/v1/blocks", UriKind.Relative), cancellation);
            foreach (var cut in all.EnumerateArray())
            {
                var peer = cut.GetProperty("peer").GetString();
                Console.WriteLine($"{(peer is null ? $"entry {cut.GetProperty("entry").GetString()}" : $"peer {peer}")}: {cut.GetProperty("reason").GetString()}");
            }
        }));
        return command;
    }

    private static Command Act(string name, string sentence, string example, bool lift)
    {
        var config = Config();
        var peer = new Option<string?>("--peer") { Description = "An agency's id." };
        var entry = new Option<string?>("--entry") { Description = "An entry's id." };
        var reason = new Option<string>("--reason") { Description = "Why; it stands in the agency's own log.", Required = true };
        var who = new Option<string>("--operator") { Description = "Who wants it.", DefaultValueFactory = _ => Environment.UserName };
        var command = new Command(name, $"{sentence}\nExample: {example}") { peer, entry, reason, who, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = Client(parsed.GetValue(config)!);
            var wish = new OwnWillApi.Wish(parsed.GetValue(reason)!, parsed.GetValue(who)!, parsed.GetValue(peer), parsed.GetValue(entry), lift);
            using var reply = await client.PostAsJsonAsync(new Uri("/v1/blocks", UriKind.Relative), wish, JsonSerializerOptions.Web, cancellation);
            var answer = await reply.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            if (answer.TryGetProperty("error", out var error))
            {
                throw new InvalidOperationException(error.GetString());
            }

            var about = wish.Peer is { } id ? $"peer {id}" : $"entry {wish.Entry}";
            Console.WriteLine(!lift ? $"{about} is blocked."
                : answer.GetProperty("done").GetBoolean() ? $"{about} is answered again."
                : $"{about} was not blocked here; what agent.json blocks is lifted there.");
        }));
        return command;
    }

    private static Option<string> Config() => new("--config") { Description = "The running agent's agent.json.", Required = true };

    private static HttpClient Client(string config) => LocalSocket.Client(LocalApi.SocketOf(AgentOptions.Read(config)), Deadline);
}
