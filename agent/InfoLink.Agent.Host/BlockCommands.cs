using System.CommandLine;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent block|unblock|blocks</c>: the agency cuts a peer or an entry off by itself, at once, at its running agent.</summary>
internal static class BlockCommands
{
    public static Command Block() => Act(
        "block", "Answer a peer, or anything under an entry, no more. It is recorded with the reason; the other side reads 'blocked by the provider'.", "infolink-agent block --peer 141003 --reason \"incident 4\" --config agent.json", lift: false);

    public static Command Unblock() => Act("unblock", "Lift a block.", "infolink-agent unblock --peer 141003 --reason \"incident 4 is closed\" --config agent.json", lift: true);

    public static Command Blocks()
    {
        var config = LocalClient.ConfigOption();
        var command = new Command("blocks", "Show what this agency has cut off, and why.\nExample: infolink-agent blocks --config agent.json") { config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            foreach (var cut in (await client.GetAsync("/v1/blocks", cancellation)).EnumerateArray())
            {
                var about = cut.TryGetProperty("peer", out var peer) ? $"peer {peer.GetString()}" : $"entry {cut.GetProperty("entry").GetString()}";
                Console.WriteLine($"{about}: {cut.GetProperty("reason").GetString()}");
            }
        }));
        return command;
    }

    private static Command Act(string name, string sentence, string example, bool lift)
    {
        var config = LocalClient.ConfigOption();
        var peer = new Option<string?>("--peer") { Description = "An agency's id." };
        var entry = new Option<string?>("--entry") { Description = "An entry's id." };
        var (reason, who) = (LocalClient.ReasonOption(), LocalClient.OperatorOption());
        var command = new Command(name, $"{sentence}\nExample: {example}") { peer, entry, reason, who, config };
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            var wish = new OwnWillApi.Wish(parsed.GetValue(who)!, parsed.GetValue(reason)!, parsed.GetValue(peer), parsed.GetValue(entry), lift);
            var answer = await client.PostAsync("/v1/blocks", wish, cancellation);
            var about = wish.Peer is { } id ? $"peer {id}" : $"entry {wish.Entry}";
            Console.WriteLine(!lift ? $"{about} is blocked."
                : answer.GetProperty("done").GetBoolean() ? $"{about} is answered again."
                : $"{about} was not blocked here; what agent.json blocks is lifted there.");
        }));
        return command;
    }
}
