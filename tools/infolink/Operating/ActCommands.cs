using System.CommandLine;

namespace InfoLink.Tool.Operating;

/// <summary>What the broker's operator does by itself and at once, each act on record: narrowing, and nothing else.</summary>
internal static class ActCommands
{
    public static IEnumerable<Command> OfMembers() =>
    [
        Act("suspend", "Keep a member out at once, everywhere: no new token, no new connection. Only the directory changes.", "member suspend 141003 --reason \"stolen laptop, ticket 812\" --broker /srv/broker", "agency", withReason: true),
        Act("resume", "Let a suspended member take part again.", "member resume 141003 --reason \"keys changed\" --broker /srv/broker", "agency", withReason: true),
        Endpoint(),
    ];

    public static Command OfEntries() => new("entry", "Switch an entry of the catalog off at once, or on again as far as the catalog allows it.")
    {
        Act("off", "Switch an entry off at broker and agents.", "entry off 106.municipality.108-1-ro --reason \"wrong layout at three providers\" --broker /srv/broker", "entry", withReason: true, "switch-off"),
        Act("on", "Lift that.", "entry on 106.municipality.108-1-ro --reason mended --broker /srv/broker", "entry", withReason: true, "switch-on"),
    };

    private static Command Act(string name, string sentence, string example, string about, bool withReason, string? what = null)
    {
        var broker = new BrokerOption();
        var subject = new Argument<string>(about);
        var reason = new Option<string>("--reason") { Description = "Why; it stands in the log.", Required = withReason };
        var command = Commands.New(name, sentence, example);
        command.Add(subject);
        command.Add(reason);
        broker.AddTo(command);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(() =>
            broker.ActAsync(parsed, what ?? name, parsed.GetValue(subject)!, parsed.GetValue(reason), endpoint: null, cancellation)));
        return command;
    }

    private static Command Endpoint()
    {
        var broker = new BrokerOption();
        var agency = new Argument<string>("agency");
        var endpoint = new Argument<string>("endpoint") { Description = "https://host:port, or 'none'." };
        var command = Commands.New("endpoint", "Say where a member's agent is reached.", "member endpoint 141003 https://agent.city.example:8443 --broker /srv/broker");
        command.Add(agency);
        command.Add(endpoint);
        broker.AddTo(command);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(() => broker.ActAsync(
            parsed, "endpoint", parsed.GetValue(agency)!, reason: null, parsed.GetValue(endpoint) is "none" ? null : parsed.GetValue(endpoint), cancellation)));
        return command;
    }
}
