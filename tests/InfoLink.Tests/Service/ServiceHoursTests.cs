using InfoLink.Agent;
using InfoLink.Agent.Service;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Service;

/// <summary>Hours, holidays and stops as moments, and what a configuration of them may not say.</summary>
public sealed class ServiceHoursTests
{
    private static readonly string[] Workdays = ["mon", "tue", "wed", "thu", "fri"];

    /// <summary>A Monday, 12:00 in Japan.</summary>
    private static readonly DateTimeOffset Monday = JapanTime.At(new DateTime(2026, 11, 23, 12, 0, 0));

    [Fact]
    public void Without_anything_said_it_is_always_open()
    {
        Assert.Empty(ServiceHours.AlwaysOpen.Closed(Monday));
        Assert.Null(ServiceHours.AlwaysOpen.WhyClosed(Monday));
        Assert.Empty(new ServiceOptions().Errors());
    }

    [Fact]
    public void Outside_of_weekly_hours_it_is_closed_and_the_weekend_is_one_closure()
    {
        var hours = Of(new ServiceOptions { Hours = [Span(Workdays, "08:30", "21:00")] });
        var closed = hours.Closed(Monday);

        Assert.Equal(["23T21:00/24T08:30", "24T21:00/25T08:30", "25T21:00/26T08:30", "26T21:00/27T08:30", "27T21:00/30T08:30"], closed.Take(5).Select(Short), StringComparer.Ordinal);
        Assert.Equal(10, closed.Length); // Two weeks, to the end of the last.
        Assert.All(closed, closure => Assert.True(closure.From < Monday + Closure.Ahead));
        Assert.Null(Closure.WhyNot(closed));
        Assert.Null(hours.WhyClosed(Monday));
        var night = hours.WhyClosed(Monday.AddHours(9.75))!;
        Assert.Equal((RefusalName.ProviderClosed, "until 2026-11-24T08:30:00+09:00", TimeSpan.FromHours(1)), (night.Name, night.Detail, night.RetryAfter));
        Assert.Equal(TimeSpan.FromSeconds(90), hours.WhyClosed(JapanTime.At(new DateTime(2026, 11, 24, 8, 28, 30)))!.RetryAfter);
    }

    [Fact]
    public void It_opens_at_the_very_moment_and_closes_at_the_very_moment()
    {
        var hours = Of(new ServiceOptions { Hours = [Span(Workdays, "08:30", "21:00")] });
        var (opens, closes) = (JapanTime.At(new DateTime(2026, 11, 24, 8, 30, 0)), JapanTime.At(new DateTime(2026, 11, 24, 21, 0, 0)));
        Assert.Equal(
            [true, false, false, true],
            new[] { opens.AddTicks(-1), opens, closes.AddTicks(-1), closes }.Select(moment => hours.WhyClosed(moment) is not null));
    }

    [Fact]
    public void Hours_over_midnight_are_two_spans_without_a_gap_and_a_holiday_takes_its_day_out()
    {
        string[] all = [.. Workdays, "sat", "sun"];
        var hours = Of(new ServiceOptions { Hours = [Span(all, "20:00", "24:00"), Span(all, "00:00", "04:00")], Holidays = ["2026-11-25"] });
        Assert.Equal(["23T04:00/23T20:00", "24T04:00/24T20:00", "25T00:00/26T00:00", "26T04:00/26T20:00"], hours.Closed(Monday).Take(4).Select(Short), StringComparer.Ordinal);

        // A holiday without hours closes the day alone.
        Assert.Equal(["25T00:00/26T00:00"], Of(new ServiceOptions { Holidays = ["2026-11-25"] }).Closed(Monday).Select(Short), StringComparer.Ordinal);
    }

    [Fact]
    public void A_stop_joins_the_closures_that_it_touches_and_is_told_to_its_end()
    {
        var hours = Of(new ServiceOptions
        {
            Hours = [Span(Workdays, "08:30", "21:00")],
            Stops = [Stop("2026-11-24T08:30", "2026-11-24T10:00"), Stop("2026-12-06T00:00", "2027-01-10T00:00"), Stop("2026-01-01T00:00", "2026-01-02T00:00"), Stop("2027-06-01T00:00", "2027-06-02T00:00")],
        });
        var closed = hours.Closed(Monday);
        Assert.Equal("23T21:00/24T10:00", Short(closed[0]));
        Assert.Equal((JapanTime.At(new DateTime(2026, 12, 4, 21, 0, 0)), JapanTime.At(new DateTime(2027, 1, 11, 8, 30, 0))), (closed[^1].From, closed[^1].Until)); // Through the weekend behind it.
        Assert.Equal("2026-11-24T08:30", hours.NextStop(Monday)!.From);
        Assert.Null(Closure.WhyNot(closed));
    }

    [Fact]
    public void As_many_closures_as_may_be_configured_are_announced_at_most_sixty_four_at_a_time()
    {
        string[] all = [.. Workdays, "sat", "sun"];
        var options = new ServiceOptions
        {
            Hours = [Span(all, "01:00", "05:00"), Span(all, "06:00", "10:00"), Span(all, "11:00", "15:00"), Span(all, "16:00", "20:00")],
            Stops = [.. Enumerable.Range(0, 50).Select(i => Stop($"2026-11-{24 + (i / 12):00}T{2 * (i % 12):00}:10", $"2026-11-{24 + (i / 12):00}T{2 * (i % 12):00}:20"))],
        };
        Assert.Empty(options.Errors());
        var closed = Of(options).Closed(Monday);
        Assert.Equal(Closure.Most, closed.Length);
        Assert.Null(Closure.WhyNot(closed));
    }

    [Fact]
    public void What_was_announced_is_announced_again_after_a_week_or_at_once_where_something_has_changed()
    {
        var hours = Of(new ServiceOptions { Hours = [Span(Workdays, "08:30", "21:00")] });
        var announced = hours.Closed(Monday);
        Assert.True(ClosureAnnouncing.IsSaid(hours, announced, Monday, all: true));
        Assert.True(ClosureAnnouncing.IsSaid(hours, announced, Monday.AddDays(6), all: false));
        Assert.False(ClosureAnnouncing.IsSaid(hours, announced, Monday.AddDays(6), all: true));
        Assert.False(ClosureAnnouncing.IsSaid(hours, announced, Monday.AddDays(9), all: false));

        // A stop in ten days is told at the start; one that begins earlier within the week.
        var stopped = Of(new ServiceOptions { Hours = [Span(Workdays, "08:30", "21:00")], Stops = [Stop("2026-12-03T09:00", "2026-12-03T10:00")] });
        Assert.False(ClosureAnnouncing.IsSaid(stopped, announced, Monday, all: true));
        Assert.True(ClosureAnnouncing.IsSaid(stopped, announced, Monday, all: false));
        Assert.False(ClosureAnnouncing.IsSaid(stopped, announced, Monday.AddDays(4), all: false));

        // Hours that are taken back: nothing is what must be said.
        Assert.False(ClosureAnnouncing.IsSaid(ServiceHours.AlwaysOpen, announced, Monday, all: false));
        Assert.True(ClosureAnnouncing.IsSaid(ServiceHours.AlwaysOpen, announced, Monday.AddDays(30), all: true));
    }

    [Fact]
    public void Every_day_says_the_days_that_come()
    {
        var hours = Of(new ServiceOptions { Hours = [Span(["mon"], "08:00", "09:00")] });
        Assert.Equal("23T09:00/30T08:00", Short(hours.Closed(Monday)[0]));
        Assert.Equal("30T09:00/07T08:00", Short(hours.Closed(Monday.AddDays(8))[0]));
        Assert.Equal("until 2026-12-07T08:00:00+09:00", hours.WhyClosed(Monday.AddDays(8))!.Detail);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var agent = new AgentOptions();
        foreach (var span in (ServiceHoursOptions[])[Span(["mon", "Tue"], "8:00", "21:00"), Span([], "08:00", "21:00"), Span(["wed"], "21:00", "08:00"), Span(["thu"], "08:00", "12:00"), Span(["thu"], "11:59", "24:00"), Span(["fri"], "24:00", "24:00")])
        {
            agent.Service.Hours.Add(span);
        }

        agent.Service.Hours.Add(null!);
        agent.Service.Holidays.Add("2026-02-30");
        agent.Service.Holidays.Add(null!);
        agent.Service.Stops.Add(Stop("2026-12-06T06:00", "2026-12-05T22:00"));
        agent.Service.Stops.Add(Stop("2026-12-06", "2026-12-07"));
        agent.Service.Stops.Add(Stop("2026-12-06T00:00", "2028-12-06T00:00"));
        agent.Service.Stops.Add(Stop("2026-12-06T00:00", "2026-12-07T00:00", new string('あ', 201)));
        agent.Service.Stops.Add(null!);
        string[] said = [.. agent.Errors().Where(error => error.StartsWith("service.", StringComparison.Ordinal))];
        string[] expected =
        [
            "service.hours: null is none", "service.stops: null is none",
            "service.hours: 'Tue' is no day", "service.hours: '8:00' to '21:00'",
            "service.hours: 08:00-21:00 is on no day",
            "service.hours: '21:00' to '08:00'", "service.hours: '24:00' to '24:00'",
            "service.hours: spans of thu overlap",
            "service.holidays: '2026-02-30'", "service.holidays: ''",
            "service.stops: '2026-12-06T06:00' to '2026-12-05T22:00'", "service.stops: '2026-12-06' to '2026-12-07'", "service.stops: '2026-12-06T00:00' to '2028-12-06T00:00'",
            "service.stops: the reason of the stop",
        ];
        Assert.Equal(expected.Length, said.Length);
        Assert.All(expected.Zip(said), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.DoesNotContain(said, error => error.Contains("ああ", StringComparison.Ordinal));
    }

    [Fact]
    public void Too_many_of_anything_is_said()
    {
        string[] day = ["mon"];
        var options = new ServiceOptions
        {
            Hours = [.. Enumerable.Range(0, 5).Select(i => Span(day, $"{2 * i:00}:00", $"{(2 * i) + 1:00}:00"))],
            Holidays = [.. Enumerable.Range(0, 401).Select(i => $"{new DateOnly(2026, 1, 1).AddDays(i):yyyy-MM-dd}")],
            Stops = [.. Enumerable.Range(0, 51).Select(_ => Stop("2026-12-06T00:00", "2026-12-07T00:00"))],
        };
        Assert.Equal(["service.hours: mon has 5 spans", "service.holidays: at most 400", "service.stops: at most 50"], options.Errors().Select(error => error.Split(';')[0]), StringComparer.Ordinal);
    }

    private static ServiceHours Of(ServiceOptions options)
    {
        Assert.Empty(options.Errors());
        return new ServiceHours(options);
    }

    private static ServiceHoursOptions Span(string[] days, string from, string until) => new() { Days = days, From = from, Until = until };

    private static PlannedStopOptions Stop(string from, string until, string reason = "") => new() { From = from, Until = until, Reason = reason };

    private static string Short(Closure closure) => $"{closure.From.ToOffset(TimeSpan.FromHours(9)):dd'T'HH:mm}/{closure.Until.ToOffset(TimeSpan.FromHours(9)):dd'T'HH:mm}";
}
