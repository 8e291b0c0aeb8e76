using System.Threading.RateLimiting;

namespace InfoLink.Hosting.Limits;

/// <summary>
/// So many permits a second, and a burst beyond: the generic cell rate algorithm (ITU-T I.371), which knows one moment and no timer. It runs on
/// the party's own clock, so that it can be tested without waiting, and says exactly when to come again (<see cref="MetadataName.RetryAfter"/>).
/// </summary>
/// <param name="perSecond">Permits that come back each second.</param>
/// <param name="burst">Permits that may be taken at once after a rest; no single lease is larger.</param>
/// <param name="time">The clock.</param>
public sealed class PacedLimiter(int perSecond, int burst, TimeProvider time) : RateLimiter
{
    private static readonly RateLimitLease Granted = new Lease(granted: true, default);
    private readonly Lock _gate = new();
    private readonly double _interval = (double)TimeSpan.TicksPerSecond / perSecond;
    private readonly DateTimeOffset _origin = time.GetUtcNow(); // Near, so that parts of a tick are not lost.
    private double _fullAt; // When the whole burst is there again, in ticks from there.
    private long _granted;
    private long _refused;

    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_gate)
            {
                var rest = Now() - _fullAt;
                return rest > 0 ? TimeSpan.FromTicks((long)Math.Min(rest, TimeSpan.TicksPerDay)) : null;
            }
        }
    }

    public override RateLimiterStatistics GetStatistics()
    {
        lock (_gate)
        {
            var taken = Math.Max(0, _fullAt - Now()) / _interval;
            return new RateLimiterStatistics
            {
                CurrentAvailablePermits = (long)(burst - taken),
                TotalSuccessfulLeases = _granted,
                TotalFailedLeases = _refused,
            };
        }
    }

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(permitCount, burst);
        lock (_gate)
        {
            // Further ahead than a burst reaches it can only be when the clock was set back: that locks nobody out, it begins anew.
            var now = Now();
            var from = _fullAt > now + (burst * _interval) ? now : Math.Max(_fullAt, now);
            var until = from + (permitCount * _interval);
            var wait = until - now - (burst * _interval);
            if (wait > 0)
            {
                _refused++;
                return new Lease(granted: false, TimeSpan.FromTicks((long)Math.Ceiling(wait)));
            }

            _fullAt = until;
            _granted++;
            return Granted;
        }
    }

    /// <summary>Nobody waits here: the answer is there at once.</summary>
    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AttemptAcquireCore(permitCount));

    private double Now() => (time.GetUtcNow() - _origin).Ticks;

    private sealed class Lease(bool granted, TimeSpan retryAfter) : RateLimitLease
    {
        public override bool IsAcquired => granted;

        public override IEnumerable<string> MetadataNames => granted ? [] : [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            var known = !granted && string.Equals(metadataName, MetadataName.RetryAfter.Name, StringComparison.Ordinal);
            metadata = known ? retryAfter : null;
            return known;
        }
    }
}
