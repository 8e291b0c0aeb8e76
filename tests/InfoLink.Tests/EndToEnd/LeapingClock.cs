namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// A clock that runs as the machine's does, or stands still. It leaps when the test says so, and timers leap with it; shifting it shows
/// another time of day and moves no timer, as a clock that is set wrong.
/// </summary>
internal sealed class LeapingClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly HashSet<LeapingTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private readonly long _began = System.GetTimestamp();
    private readonly bool _running;
    private TimeSpan _leapt;
    private TimeSpan _shifted;

    private LeapingClock(DateTimeOffset start, bool running)
    {
        _start = start;
        _running = running;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private TimeSpan Elapsed => (_running ? System.GetElapsedTime(_began) : TimeSpan.Zero) + _leapt;

    public static LeapingClock Running() => new(System.GetUtcNow(), running: true);

    public static LeapingClock Standing() => new(new DateTimeOffset(2026, 9, 15, 1, 0, 0, TimeSpan.Zero), running: false);

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _start + Elapsed + _shifted;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return Elapsed.Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new LeapingTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Time passes at once; what is due fires.</summary>
    public void Leap(TimeSpan by)
    {
        List<LeapingTimer> timers;
        lock (_gate)
        {
            _leapt += by;
            timers = [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.Rearm();
        }
    }

    /// <summary>The clock is set wrong by this much from now on.</summary>
    public void Shift(TimeSpan by)
    {
        lock (_gate)
        {
            _shifted = by;
        }
    }

    private sealed class LeapingTimer(LeapingClock clock, Action fire) : ITimer
    {
        private TimeSpan _due = Timeout.InfiniteTimeSpan;
        private TimeSpan _period = Timeout.InfiniteTimeSpan;
        private ITimer? _real;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _due = dueTime == Timeout.InfiniteTimeSpan ? dueTime : clock.Elapsed + dueTime;
                _period = period;
                clock._timers.Add(this);
            }

            Rearm();
            return true;
        }

        public void Rearm()
        {
            lock (clock._gate)
            {
                _real?.Dispose();
                _real = null;
                if (_due == Timeout.InfiniteTimeSpan || !clock._timers.Contains(this))
                {
                    return;
                }

                var left = _due - clock.Elapsed;
                if (left <= TimeSpan.Zero || clock._running)
                {
                    _real = System.CreateTimer(_ => Fire(), state: null, left < TimeSpan.Zero ? TimeSpan.Zero : left, Timeout.InfiniteTimeSpan);
                }
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                _real?.Dispose();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            lock (clock._gate)
            {
                if (!clock._timers.Contains(this) || _due == Timeout.InfiniteTimeSpan)
                {
                    return;
                }

                _due = _period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : clock.Elapsed + _period;
            }

            fire();
            Rearm();
        }
    }
}
