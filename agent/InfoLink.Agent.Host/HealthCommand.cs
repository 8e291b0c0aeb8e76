using System.CommandLine;

namespace InfoLink.Agent.Host;

/// <summary><c>infolink-agent health</c>: a probe for whoever runs the agent; 0 and nothing else is well.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var config = LocalClient.ConfigOption();
        var live = new Option<bool>("--live") { Description = "Only whether it answers, not whether it can take part in exchanges." };
        var command = new Command(
            "health",
            "Ask the running agent over its local socket whether it can take part in exchanges; exit code 0, or 1 with the reasons: log, directory, certificate, ledger. For probes; it calls nobody else. More, and what to do: doctor.\n"
            + "Example: infolink-agent health --config agent.json")
        {
            config, live,
        };
        command.SetAction((parsed, cancellation) => Ending.CodeOfAsync(async () =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            using var client = LocalClient.Of(parsed.GetValue(config)!);
            if (parsed.GetValue(live))
            {
                await client.GetAsync("health/live", patience.Token);
                Console.WriteLine("live");
                return 0;
            }

            var answer = await client.GetAsync("health/ready", patience.Token);
            var isReady = answer.GetProperty("ready").GetBoolean();
            Console.WriteLine(isReady ? "ready" : $"not ready: {string.Join(", ", answer.GetProperty("why").EnumerateArray().Select(word => word.GetString()))}");
            return isReady ? 0 : 1;
        }));
        return command;
    }
}
