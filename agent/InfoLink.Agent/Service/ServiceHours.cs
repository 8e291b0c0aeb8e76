using System.Collections.Immutable;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;

namespace InfoLink.Agent.Service;

/// <summary>When this agency is closed, by its own configuration: weekly hours, holidays and planned stops as moments. It decides by its own clock, without asking anybody.</summary>
internal sealed class ServiceHours(ServiceOptions options)
{
    /// <summary>How far a closure is followed to its end.</summary>
    private const int FollowedDays = 415;

    private volatile Known? _known;

    public static ServiceHours AlwaysOpen { get; } = new(new ServiceOptions());

    /// <summary>Closures that last or are to come, in order: those that begin within <see cref="Closure.Ahead"/>, each to its end, at most <see cref="Closure.Most"/>.</summary>
    public ImmutableArray<Closure> Closed(DateTimeOffset now) => [.. OfDay(now).Where(closure => closure.Until > now).Take(Closure.Most)];

    /// <summary>Why nothing is answered now; null: it is open.</summary>
    public Refusal? WhyClosed(DateTimeOffset now) => options.IsAlwaysOpen ? null : Closure.WhyClosed(OfDay(now), now);

    /// <summary>The planned stop that lasts, or begins next, with its reason; null: none.</summary>
    public PlannedStopOptions? NextStop(DateTimeOffset now) => options.Stops.Where(stop => stop.Span is { } span && span.Until > now).MinBy(stop => stop.Span!.Value.From);

    /// <summary>The same all day long.</summary>
    private ImmutableArray<Closure> OfDay(DateTimeOffset now)
    {
        var today = JapanTime.CivilDate(now);
        if (_known is { } known && known.Day == today)
        {
            return known.Closed;
        }

        var closed = Expand(today);
        _known = new Known(today, closed);
        return closed;
    }

    private ImmutableArray<Closure> Expand(DateOnly today)
    {
        if (options.IsAlwaysOpen)
        {
            return [];
        }

        // What is not open is closed, from yesterday on: hours that went over midnight have their beginning.
        var (first, last) = (today.AddDays(-1), today.AddDays(FollowedDays));
        var (begin, end) = (JapanTime.StartOf(first), JapanTime.StartOf(last));
        var holidays = options.Holidays.Select(ServiceOptions.DayOf).OfType<DateOnly>().ToHashSet();
        var closed = new List<Closure>();
        var since = begin;
        for (var day = first; day < last; day = day.AddDays(1))
        {
            if (holidays.Contains(day))
            {
                continue;
            }

            foreach (var (from, until) in SpansOf(day.DayOfWeek))
            {
                closed.Add(new Closure(since, JapanTime.StartOf(day).AddMinutes(from)));
                since = JapanTime.StartOf(day).AddMinutes(until);
            }
        }

        closed.Add(new Closure(since, end));
        closed.AddRange(options.Stops.Select(stop => stop.Span).OfType<(DateTimeOffset From, DateTimeOffset Until)>()
            .Select(stop => new Closure(stop.From > begin ? stop.From : begin, stop.Until < end ? stop.Until : end)));
        var horizon = JapanTime.StartOf(today) + Closure.Ahead;
        return
        [
            .. Closure.Merge(closed).Where(closure => closure.From < horizon)
                .Select(closure => closure.Until - closure.From > Closure.Longest ? closure with { Until = closure.From + Closure.Longest } : closure)
                .Select(closure => new Closure(closure.From.ToUniversalTime(), closure.Until.ToUniversalTime())),
        ];
    }

    private IEnumerable<(int From, int Until)> SpansOf(DayOfWeek day) => options.Hours.Count == 0
        ? [(0, ServiceHoursOptions.MinutesOfDay)]
        : options.Hours.Where(span => span.IsOn(day)).Select(span => span.Span).OfType<(int From, int Until)>().OrderBy(span => span.From);

    private sealed record Known(DateOnly Day, ImmutableArray<Closure> Closed);
}
