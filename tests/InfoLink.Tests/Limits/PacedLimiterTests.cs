using System.Threading.RateLimiting;
using InfoLink.Hosting.Limits;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Limits;

public sealed class PacedLimiterTests : IDisposable
{
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly PacedLimiter _limiter;

    public PacedLimiterTests() => _limiter = new PacedLimiter(perSecond: 10, burst: 5, _clock);

    public void Dispose() => _limiter.Dispose();

    [Fact]
    public void A_burst_passes_and_the_next_is_told_exactly_when_to_come()
    {
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Null(Wait(1)));
        var wait = Assert.NotNull(Wait(1));
        Assert.Equal(TimeSpan.FromMilliseconds(100), wait);

        _clock.Leap(wait - TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), Wait(1));
        _clock.Leap(TimeSpan.FromMilliseconds(1));
        Assert.Null(Wait(1));
        Assert.NotNull(Wait(1));
    }

    [Fact]
    public void A_lease_of_several_takes_as_many_and_waits_as_long()
    {
        Assert.Null(Wait(3));
        Assert.Equal(TimeSpan.FromMilliseconds(100), Wait(3));
        Assert.Null(Wait(2)); // What was refused took nothing.
        Assert.Throws<ArgumentOutOfRangeException>(() => Wait(6));
    }

    [Fact]
    public void A_clock_that_is_set_back_locks_nobody_out_and_the_pace_holds_again()
    {
        Assert.Null(Wait(5));
        _clock.Shift(TimeSpan.FromDays(-1));
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Null(Wait(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(100), Wait(1));
    }

    [Fact]
    public void One_that_rests_says_so_and_one_in_use_does_not()
    {
        Assert.Null(Wait(1));
        Assert.Null(_limiter.IdleDuration);
        _clock.Leap(TimeSpan.FromSeconds(20));
        Assert.True(_limiter.IdleDuration > TimeSpan.FromSeconds(19));
        Assert.Equal(5, _limiter.GetStatistics()!.CurrentAvailablePermits);
    }

    /// <summary>Null where it was granted.</summary>
    private TimeSpan? Wait(int permits)
    {
        using var lease = _limiter.AttemptAcquire(permits);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.MaxValue;
    }
}
