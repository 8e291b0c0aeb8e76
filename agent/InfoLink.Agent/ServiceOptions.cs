using System.Globalization;

namespace InfoLink.Agent;

/// <summary>
/// When this agency answers, in Japan time (SPEC §23). It tells the broker of it, and others do not ask while it is closed; asked all the same, it refuses (PROVIDER-CLOSED). What it asks itself,
/// and answers that people give, go on. Without anything said here it is always open.
/// </summary>
public sealed class ServiceOptions
{
    private const int MostHolidays = 400;
    private const int MostStops = 50;

    /// <summary>Weekly hours; outside of them it is closed. None: open around the clock.</summary>
    public IList<ServiceHoursOptions> Hours { get; set; } = [];

    /// <summary>Days on which it is closed all day, whatever the hours say: <c>yyyy-MM-dd</c>; at most 400.</summary>
    public IList<string> Holidays { get; set; } = [];

    /// <summary>Planned stops, at most 50; those that are over change nothing.</summary>
    public IList<PlannedStopOptions> Stops { get; set; } = [];

    internal bool IsAlwaysOpen => Hours.Count + Holidays.Count + Stops.Count == 0;

    internal IEnumerable<string> Errors()
    {
        List<ServiceHoursOptions> hours = [.. Hours.Where(span => span is not null)];
        List<PlannedStopOptions> stops = [.. Stops.Where(stop => stop is not null)];
        List<string> nulls = [.. hours.Count < Hours.Count ? (string[])["hours"] : [], .. stops.Count < Stops.Count ? (string[])["stops"] : []];
        return
        [
            .. nulls.Select(name => $"service.{name}: null is none; take it out."),
            .. hours.SelectMany(span => span.Errors()),
            .. ServiceHoursOptions.OverlapsOf(hours),
            .. Holidays.Count > MostHolidays ? (string[])[$"service.holidays: at most {MostHolidays}; take out those that are over."] : [],
            .. Holidays.Where(day => DayOf(day) is null).Select(day => $"service.holidays: '{day}' is no day such as 2026-12-29."),
            .. stops.Count > MostStops ? (string[])[$"service.stops: at most {MostStops}; take out those that are over."] : [],
            .. stops.SelectMany(stop => stop.Errors()),
        ];
    }

    internal static DateOnly? DayOf(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 9990 ? day : null;
}

/// <summary>A span of hours on some days of the week.</summary>
public sealed class ServiceHoursOptions
{
    internal const int MinutesOfDay = 24 * 60;

    /// <summary>Spans of one day, at most: more of them would not fit what is announced for two weeks.</summary>
    private const int MostOfOneDay = 4;

    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>mon, tue, wed, thu, fri, sat, sun.</summary>
    public IList<string> Days { get; set; } = [];

    /// <summary>Open from, <c>HH:mm</c>, Japan.</summary>
    public string From { get; set; } = "";

    /// <summary>Until, <c>HH:mm</c>, Japan; <c>24:00</c> is the end of the day. Hours over midnight are two spans.</summary>
    public string Until { get; set; } = "";

    internal bool IsOn(DayOfWeek day) => Days.Contains(Names[(int)day], StringComparer.Ordinal);

    /// <summary>In minutes of the day; null where they are none.</summary>
    internal (int From, int Until)? Span => MinuteOf(From) is { } from && MinuteOf(Until) is { } until && from < until ? (from, until) : null;

    internal IEnumerable<string> Errors()
    {
        foreach (var day in Days.Where(day => !Names.Contains(day, StringComparer.Ordinal)))
        {
            yield return $"service.hours: '{day}' is no day; give mon, tue, wed, thu, fri, sat, sun.";
        }

        if (Days.Count == 0)
        {
            yield return $"service.hours: {From}-{Until} is on no day; name its days.";
        }

        if (Span is null)
        {
            yield return $"service.hours: '{From}' to '{Until}' are no hours such as 08:00 to 21:00; 24:00 is the end of a day, and hours over midnight are two spans.";
        }
    }

    internal static IEnumerable<string> OverlapsOf(IReadOnlyList<ServiceHoursOptions> hours)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            List<(int From, int Until)> spans = [.. hours.Where(span => span.IsOn(day)).Select(span => span.Span).OfType<(int From, int Until)>().OrderBy(span => span.From)];
            if (spans.Count > MostOfOneDay)
            {
                yield return $"service.hours: {Names[(int)day]} has {spans.Count} spans; at most {MostOfOneDay}.";
            }

            if (spans.Zip(spans.Skip(1)).Any(pair => pair.Second.From < pair.First.Until))
            {
                yield return $"service.hours: spans of {Names[(int)day]} overlap; keep one of them.";
            }
        }
    }

    private static int? MinuteOf(string? text) =>
        string.Equals(text, "24:00", StringComparison.Ordinal) ? MinutesOfDay
        : TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? (time.Hour * 60) + time.Minute
        : null;
}

/// <summary>A stop that is known beforehand.</summary>
public sealed class PlannedStopOptions
{
    private const int LongestReason = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>From, <c>yyyy-MM-ddTHH:mm</c>, Japan.</summary>
    public string From { get; set; } = "";

    /// <summary>Open again, <c>yyyy-MM-ddTHH:mm</c>, Japan.</summary>
    public string Until { get; set; } = "";

    /// <summary>For the agency's own operators, at most 200 characters; <c>infolink-agent doctor</c> shows it. It is never sent.</summary>
    public string Reason { get; set; } = "";

    /// <summary>As instants; null where they are none.</summary>
    internal (DateTimeOffset From, DateTimeOffset Until)? Span => MomentOf(From) is { } from && MomentOf(Until) is { } until && from < until && until - from <= Longest ? (from, until) : null;

    internal IEnumerable<string> Errors()
    {
        if (Span is null)
        {
            yield return $"service.stops: '{From}' to '{Until}' is no stop such as 2026-12-05T22:00 to 2026-12-06T06:00, of 366 days at most.";
        }

        if (Reason is null || Reason.Length > LongestReason || Reason.Any(char.IsControl))
        {
            yield return $"service.stops: the reason of the stop from '{From}' has at most {LongestReason} characters, on one line.";
        }
    }

    private static DateTimeOffset? MomentOf(string? text) =>
        DateTime.TryParseExact(text, "yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var civil) && civil.Year is >= 2000 and <= 9990
            ? Contracts.Catalog.JapanTime.At(civil)
            : null;
}
