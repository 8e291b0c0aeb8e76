using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using InfoLink.Broker.Limits;
using InfoLink.Contracts.Identifiers;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Limits;

public sealed class RefusedCodesTests : IDisposable
{
    private static readonly AgencyId Forger = AgencyId.Parse("141003");
    private static readonly AgencyId Honest = AgencyId.Parse("131121");
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly Journal _journal = new();
    private readonly LimitMeter _meter = new();
    private readonly RefusedCodes _codes;

    public RefusedCodesTests() => _codes = new RefusedCodes(
        new LimitOptions { RefusedCodes = 20, RefusedCodesWithinMinutes = 10, LongestPauseSeconds = 60 }, _meter, _clock, _journal.Loggers.CreateLogger<RefusedCodes>());

    private IEnumerable<JournalLine> Alarms => _journal.Lines.Where(line => line.Level == LogLevel.Critical);

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Up_to_the_threshold_nobody_is_slowed_or_told_of()
    {
        _codes.Count(Forger, 20);
        Assert.Null(_codes.WhyPaused(Forger));
        Assert.Empty(Alarms);
        var seen = Assert.Single(_codes.View());
        Assert.Equal((Forger, 20, null, null), (seen.Agency, seen.Codes, seen.SlowedUntil, seen.ToldAt));
    }

    [Fact]
    public void Beyond_it_the_pause_doubles_with_each_further_code_up_to_its_bound()
    {
        _codes.Count(Forger, 20);
        var pauses = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            _codes.Count(Forger, 1);
            var paused = Assert.IsType<Refusal>(_codes.WhyPaused(Forger));
            Assert.Equal((RefusalName.Overloaded, "refused codes"), (paused.Name, paused.Detail));
            pauses.Add(paused.RetryAfter.TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
        Assert.Null(_codes.WhyPaused(Honest));
    }

    [Fact]
    public void A_slowed_agency_may_begin_one_call_in_each_pause()
    {
        _codes.Count(Forger, 23);
        _clock.Leap(TimeSpan.FromSeconds(4));
        Assert.Null(_codes.WhyPaused(Forger));
        Assert.Equal(TimeSpan.FromSeconds(4), _codes.WhyPaused(Forger)?.RetryAfter);
        _clock.Leap(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(3), _codes.WhyPaused(Forger)?.RetryAfter);
    }

    [Fact]
    public void A_clock_that_is_set_back_makes_no_pause_longer_than_its_bound()
    {
        _codes.Count(Forger, 100);
        _clock.Shift(TimeSpan.FromMinutes(-5));
        Assert.Equal(TimeSpan.FromSeconds(60), _codes.WhyPaused(Forger)?.RetryAfter);
        _clock.Leap(TimeSpan.FromSeconds(60));
        Assert.Null(_codes.WhyPaused(Forger));
    }

    [Fact]
    public void The_operator_is_told_once_in_a_window_and_again_in_the_next()
    {
        for (var i = 0; i < 50; i++)
        {
            _codes.Count(Forger, 1);
        }

        var alarm = Assert.Single(Alarms);
        Assert.Contains("141003", alarm.Text, StringComparison.Ordinal);
        _clock.Leap(TimeSpan.FromMinutes(5));
        _codes.Count(Forger, 30);
        Assert.Single(Alarms);
        _clock.Leap(TimeSpan.FromMinutes(6));
        _codes.Count(Forger, 1);
        Assert.Equal(2, Alarms.Count());
    }

    [Fact]
    public void What_has_left_the_window_is_forgotten()
    {
        _codes.Count(Forger, 15);
        _clock.Leap(TimeSpan.FromMinutes(6));
        _codes.Count(Forger, 15);
        Assert.NotNull(_codes.WhyPaused(Forger));

        _clock.Leap(TimeSpan.FromMinutes(4));
        Assert.Null(_codes.WhyPaused(Forger));
        Assert.Equal(15, Assert.Single(_codes.View()).Codes);

        _clock.Leap(TimeSpan.FromMinutes(6));
        Assert.Empty(_codes.View());
    }

    [Fact]
    public void The_meters_know_agencies_and_nothing_else()
    {
        var measured = new ConcurrentQueue<(string Instrument, long Value, string Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (ReferenceEquals(instrument.Meter, _meter.Meter))
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")))));
        listener.Start();

        _codes.Count(Forger, 30);
        _codes.Count(Forger, 2);

        Assert.Equal(
            [
                ("infolink.broker.codes.refused", 30, "agency=141003"), ("infolink.broker.codes.alarms", 1, "agency=141003"),
                ("infolink.broker.codes.refused", 2, "agency=141003"),
            ],
            measured);
    }
}
