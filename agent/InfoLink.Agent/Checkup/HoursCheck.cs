using InfoLink.Agent.Service;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Hosting.Checkup;

namespace InfoLink.Agent.Checkup;

/// <summary>Whether the agency is closed by its own word, and whether others know it (SPEC §23).</summary>
internal static class HoursCheck
{
    private const string Name = "service hours";

    /// <param name="options">Its word.</param>
    /// <param name="directory">As the agent keeps it; null: none that is used, which is another check's.</param>
    /// <param name="self">The agency.</param>
    /// <param name="now">By this host's clock.</param>
    public static Check Of(ServiceOptions options, BrokerDirectory? directory, AgencyId self, DateTimeOffset now)
    {
        var hours = new ServiceHours(options);
        var told = hours.Closed(now) switch
        {
            [] => "open, and no closure in sight",
            [var first, ..] when first.Holds(now) => $"closed now, until {JapanTime.Text(first.Until)}",
            [var next, ..] => $"open, and closed next from {JapanTime.Text(next.From)} until {JapanTime.Text(next.Until)}",
        };
        if (hours.NextStop(now) is { } stop)
        {
            told += $"; planned stop from {stop.From} until {stop.Until} (Japan){(stop.Reason.Length > 0 ? $": {stop.Reason}" : "")}";
        }

        return directory is null || ClosureAnnouncing.IsSaid(hours, directory.ClosedOf(self), now, all: false)
            ? new Check(Name, CheckState.Ok, told)
            : new Check(
                Name,
                CheckState.Attention,
                $"{told}. The directory says something else: others ask although it is closed, or do not ask although it is open.",
                "A running agent tells the broker by itself, and the directory has it within ten minutes. If it stays so: does the log say that the broker's version takes no service hours; do agents of the agency side by side have the same 'service'?");
    }
}
