using System.Globalization;
using InfoLink.Agent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;

namespace InfoLink.Tests.Service;

/// <summary>Planned stops as an operator writes them, and what has become of them.</summary>
internal static class Stops
{
    public static readonly AgencyId Provider = AgencyId.Parse(NetworkFolder.Provider);

    /// <summary>So long from now, to the minute, as configurations say it.</summary>
    public static DateTimeOffset In(TimeSpan time)
    {
        var then = (TimeProvider.System.GetUtcNow() + time).ToOffset(TimeSpan.FromHours(9));
        return new DateTimeOffset(then.Year, then.Month, then.Day, then.Hour, then.Minute, 0, then.Offset);
    }

    public static Action<AgentOptions> Of(DateTimeOffset from, DateTimeOffset until, string reason = "") =>
        options => options.Service.Stops.Add(new PlannedStopOptions { From = Text(from), Until = Text(until), Reason = reason });

    /// <summary>Waits until the requester's directory says when the provider is closed.</summary>
    public static Task UntilKnownAsync(AgentNetwork network) => Until.TrueAsync(() => network.Requester.Trust.Directory.ClosedOf(Provider).Length > 0);

    /// <summary>Time passes for everybody, last for the requester, which may be waiting.</summary>
    public static void Pass(AgentNetwork network, TimeSpan time)
    {
        network.Network.Clock.Ahead += time;
        network.ProviderClock.Leap(time);
        network.RequesterClock.Leap(time);
    }

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
}
