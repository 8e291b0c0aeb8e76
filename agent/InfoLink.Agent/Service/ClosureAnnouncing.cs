using InfoLink.Agent.Calls;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Trust;
using InfoLink.V1;

namespace InfoLink.Agent.Service;

/// <summary>
/// Tells the broker when this agency is closed, until the signed directory says so (SPEC §23). That is looked at each minute: at the start all of what is announced, from then on the coming week, so that a
/// week passes between two announcements where nothing changes. A broker that is away, or does not know the call, is asked again ever more rarely, and holds nothing up.
/// </summary>
internal sealed partial class ClosureAnnouncing(ServiceHours hours, TrustBase trust, TrustCalls calls, LeafCertificates certificates, TimeProvider time, ILogger<ClosureAnnouncing> logger)
{
    private const int MostDoublings = 6;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    /// <summary>The directory has it by then: the broker tells it within ten minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan OlderBroker = TimeSpan.FromDays(1);
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private bool _wasSaid;
    private int _failures;

    public Rounds Rounds() => new(LookAsync, LookEvery, time, fault => Log.LookFailed(logger, fault));

    /// <summary>What must agree for nothing to be announced.</summary>
    public static bool IsSaid(ServiceHours hours, IEnumerable<Closure> said, DateTimeOffset now, bool all) =>
        Closure.AreSame(hours.Closed(now), said, now, all ? DateTimeOffset.MaxValue : now + (Closure.Ahead / 2));

    private async Task LookAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        if (IsSaid(hours, trust.Directory.ClosedOf(trust.Self), now, all: !_wasSaid))
        {
            (_wasSaid, _failures, _notBefore) = (true, 0, DateTimeOffset.MinValue);
            return;
        }

        if (now < _notBefore)
        {
            return;
        }

        var closed = hours.Closed(now);
        switch (await calls.AnnounceAsync(certificates.Current, closed, cancellation))
        {
            case Outcome<AnnounceReply>.Done:
                (_failures, _notBefore) = (0, now + Patience);
                Log.Announced(logger, closed.Length);
                break;
            case Outcome<AnnounceReply>.Refused { Refusal: var refusal } when TrustCalls.IsUnknownCall(refusal):
                (_failures, _notBefore) = (0, now + OlderBroker);
                Log.OlderBroker(logger);
                break;
            case Outcome<AnnounceReply>.Refused { Refusal: var refusal }:
                var pause = LookEvery * (1 << Math.Min(_failures, MostDoublings));
                pause = pause < LongestPause ? pause : LongestPause;
                _notBefore = now + (refusal.RetryAfter > pause ? refusal.RetryAfter : pause);
                if (_failures++ == 0)
                {
                    Log.NotAnnounced(logger, refusal.ToString());
                }

                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The broker was told when this agency is closed: {Closures} times in the coming days")]
        public static partial void Announced(ILogger logger, int closures);

        [LoggerMessage(2, LogLevel.Warning, "The broker could not be told when this agency is closed ({Why}); it is told again, ever more rarely. Until then others ask, and are refused here")]
        public static partial void NotAnnounced(ILogger logger, string why);

        [LoggerMessage(3, LogLevel.Warning, "This broker is of a version that takes no service hours; it is asked again tomorrow. Until then others ask, and are refused here")]
        public static partial void OlderBroker(ILogger logger);

        [LoggerMessage(4, LogLevel.Error, "Service hours could not be looked after; the next look is in a minute")]
        public static partial void LookFailed(ILogger logger, Exception fault);
    }
}
