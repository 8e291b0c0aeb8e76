using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Agent.Linking;

/// <summary>
/// When links are looked at again: by itself a page at a time and at a pace that leaves room for exchanges, or all that is due at once when an operator wants it. While registry, broker or the
/// agency's own system are away it pauses, says so once, and goes on.
/// </summary>
internal sealed partial class VerificationSchedule(Verification verification, LinkTable links, VerificationPace pace, TimeProvider time, ILogger<VerificationSchedule> logger) : IAsyncDisposable
{
    private const int Attempts = 5;
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private readonly CancellationTokenSource _ended = new();
    private Task _running = Task.CompletedTask;

    /// <summary>How the links stand.</summary>
    public Task<VerificationStanding> StandingAsync(CancellationToken cancellation) => links.VerificationAsync(pace.Every, cancellation);

    /// <summary>Begins, where the configuration wants it.</summary>
    public void Start()
    {
        if (pace.IsScheduled && verification.HasSource)
        {
            _running = Task.Run(FollowAsync);
        }
    }

    /// <summary>Everybody who is due, page after page.</summary>
    /// <param name="everybody">All persons become due first.</param>
    /// <param name="progress">After each page.</param>
    /// <param name="cancellation">Stops between two pages; nothing is lost.</param>
    /// <exception cref="RefusedException">It cannot go on now; what is done stays done.</exception>
    public async Task<VerificationCounts> RunAsync(bool everybody, IProgress<VerificationCounts>? progress, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ended.Token);
        if (verification.WhyNot() is { } not)
        {
            throw new RefusedException(not);
        }

        if (everybody)
        {
            await links.VerifyEverybodyAsync(stop.Token);
        }

        for (var sum = VerificationCounts.None; ;)
        {
            var page = await PageAsync(stop.Token);
            if (page.Looked == 0)
            {
                return sum;
            }

            sum = sum.And(page);
            progress?.Report(sum);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _running;
        _ended.Dispose();
    }

    /// <summary>A page that is told to come later comes later; one that meets what is away is for the operator to know.</summary>
    private async Task<VerificationCounts> PageAsync(CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await verification.PageAsync(pace.Every, Verification.Page, cancellation);
            }
            catch (RefusedException refused) when (attempt < Attempts && refused.Refusal.Name is RefusalName.Overloaded or RefusalName.TicketExpired or RefusalName.TicketSpent)
            {
                await Task.Delay(refused.Refusal.RetryAfter > TimeSpan.Zero ? refused.Refusal.RetryAfter : TimeSpan.FromSeconds(1), time, cancellation);
            }
        }
    }

    private async Task FollowAsync()
    {
        var (failures, sum) = (0, VerificationCounts.None);
        while (!_ended.IsCancellationRequested)
        {
            var pause = Look;
            try
            {
                if (verification.WhyNot() is { Name: RefusalName.MemberNotEntitled })
                {
                    pause = LongestPause; // A member that may not ask; the next list may let it.
                }
                else
                {
                    var page = await verification.PageAsync(pace.Every, pace.PersonsPerMinute, _ended.Token);
                    (failures, sum) = (0, sum.And(page));
                    if (page.Contradicted > 0)
                    {
                        Log.Contradicted(logger, page.Contradicted);
                    }

                    if (page.Looked < pace.PersonsPerMinute && sum.Looked > 0)
                    {
                        Log.Looked(logger, sum.Looked, sum.Confirmed, sum.Contradicted, sum.Unconfirmed);
                        sum = VerificationCounts.None;
                    }
                }
            }
            catch (Exception) when (_ended.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                var refusal = (fault as RefusedException)?.Refusal;
                pause = Look * Math.Pow(2, Math.Min(failures++, 6));
                pause = refusal?.RetryAfter > pause ? refusal.RetryAfter : pause < LongestPause ? pause : LongestPause;
                if (failures == 1)
                {
                    Log.Paused(logger, refusal?.ToString() ?? fault.GetType().Name);
                }
            }

            await Task.Delay(pause, time, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Links were looked at again: {Looked} persons, {Confirmed} confirmed, {Contradicted} quarantined, {Unconfirmed} unconfirmed")]
        public static partial void Looked(ILogger logger, long looked, long confirmed, long contradicted, long unconfirmed);

        [LoggerMessage(2, LogLevel.Warning, "The registry contradicts {Count} links; they are quarantined until somebody decides")]
        public static partial void Contradicted(ILogger logger, long count);

        [LoggerMessage(3, LogLevel.Warning, "Verification of links pauses ({Why}) and goes on by itself; what is done stays done")]
        public static partial void Paused(ILogger logger, string why);
    }
}

/// <summary>How often, and how fast.</summary>
/// <param name="Days">How long a verification is good for; 0: only when somebody asks.</param>
/// <param name="PersonsPerMinute">By itself, at most so many.</param>
internal sealed record VerificationPace(int Days, int PersonsPerMinute)
{
    public static VerificationPace Of(SqlPersonOptions? options) =>
        new(options?.VerifyEveryDays ?? SqlPersonOptions.DefaultVerifyEveryDays, options?.VerifyPerMinute ?? Verification.Page);

    public bool IsScheduled => Days > 0;

    public TimeSpan Every => Days > 0 ? TimeSpan.FromDays(Days) : TimeSpan.FromDays(SqlPersonOptions.DefaultVerifyEveryDays);
}
