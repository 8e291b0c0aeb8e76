using System.Threading.RateLimiting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Hosting.Limits;

/// <summary>
/// The places for one sort of calls: each agency has its own pace and its own places with a short queue, and all together have so many. Taken
/// right after the caller is known, before anything that costs; a call that finds none is OVERLOADED with a time to come again.
/// </summary>
/// <remarks>Limiters of agencies that rest are forgotten by <see cref="PartitionedRateLimiter{TResource}"/>, so the table is as large as the load.</remarks>
public sealed class CallPlaces : IAsyncDisposable
{
    /// <summary>The hint where a limiter has none: places come back as calls end, and nobody knows when.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<AgencyId>? _pace;
    private readonly PartitionedRateLimiter<AgencyId> _own;
    private readonly ConcurrencyLimiter _whole;

    /// <param name="each">For one agency.</param>
    /// <param name="whole">For all together.</param>
    /// <param name="time">The clock of the pace.</param>
    public CallPlaces(CallLimit each, WholeLimit whole, TimeProvider time)
    {
        _pace = each.PerSecond > 0
            ? PartitionedRateLimiter.Create<AgencyId, AgencyId>(agency => RateLimitPartition.Get(agency, _ => new PacedLimiter(each.PerSecond, each.Burst, time)))
            : null;
        _own = PartitionedRateLimiter.Create<AgencyId, AgencyId>(agency => RateLimitPartition.GetConcurrencyLimiter(agency, _ => Places(each.AtOnce, each.Waiting)));
        _whole = new ConcurrencyLimiter(Places(whole.AtOnce, whole.Waiting));
    }

    /// <summary>A place for as long as the call runs; the caller gives it back by disposing it.</summary>
    /// <returns>The place, or OVERLOADED naming what is full.</returns>
    /// <exception cref="OperationCanceledException">The caller left, or its deadline passed, while it waited.</exception>
    public async ValueTask<Outcome<CallPlace>> EnterAsync(AgencyId caller, CancellationToken cancellation)
    {
        using var pace = _pace?.AttemptAcquire(caller);
        if (pace is { IsAcquired: false })
        {
            return Overloaded(pace, "calls a second");
        }

        var own = await OwnAsync(caller, cancellation);
        if (!own.IsAcquired)
        {
            return Overloaded(own, "calls at once");
        }

        // Own first: who waits here holds one of its own few places, so nobody fills the queue that all share.
        RateLimitLease? whole = null;
        try
        {
            whole = await _whole.AcquireAsync(1, cancellation);
            if (whole.IsAcquired)
            {
                return new CallPlace(own, whole);
            }
        }
        finally
        {
            if (whole is not { IsAcquired: true })
            {
                own.Dispose();
            }
        }

        return Overloaded(whole, "calls of all");
    }

    public async ValueTask DisposeAsync()
    {
        if (_pace is not null)
        {
            await _pace.DisposeAsync();
        }

        await _own.DisposeAsync();
        await _whole.DisposeAsync();
    }

    private async ValueTask<RateLimitLease> OwnAsync(AgencyId caller, CancellationToken cancellation)
    {
        try
        {
            return await _own.AcquireAsync(caller, 1, cancellation);
        }
        catch (ObjectDisposedException)
        {
            // A resting agency's limiter may be let go in the very moment in which it comes back; it then gets a new one.
            return await _own.AcquireAsync(caller, 1, cancellation);
        }
    }

    /// <summary>OVERLOADED, with the lease's hint.</summary>
    /// <param name="lease">That was not granted.</param>
    /// <param name="what">Which limit it was, in words of the options.</param>
    public static Refusal Overloaded(RateLimitLease lease, string what) =>
        new(RefusalName.Overloaded, what, lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Soon);

    private static ConcurrencyLimiterOptions Places(int atOnce, int waiting) =>
        new() { PermitLimit = atOnce, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst };
}

/// <summary>A call's place, given back once, when the call has ended.</summary>
public sealed class CallPlace : IDisposable
{
    private readonly RateLimitLease _own;
    private readonly RateLimitLease _whole;

    internal CallPlace(RateLimitLease own, RateLimitLease whole) => (_own, _whole) = (own, whole);

    public void Dispose()
    {
        _whole.Dispose();
        _own.Dispose();
    }
}
