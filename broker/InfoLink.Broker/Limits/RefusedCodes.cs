using InfoLink.Contracts.Identifiers;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Limits;

/// <summary>
/// Counts the link codes of each agency that were refused within a sliding window. Beyond a threshold the agency is slowed: one Authorize, then a
/// pause that doubles with each further refused code up to a bound; and the operator is told, once in a window. Guessing a code is hopeless (2⁻⁷²);
/// what this finds is somebody who tries, or a link table that has gone wrong. Other agencies notice nothing.
/// </summary>
/// <remarks>In memory: a restarted broker begins anew, and brokers side by side count each for itself.</remarks>
internal sealed partial class RefusedCodes(LimitOptions options, LimitMeter meter, TimeProvider time, ILogger<RefusedCodes> logger)
{
    /// <summary>The window slides by steps of a hundredth, so an agency takes no more memory than so many numbers.</summary>
    private const int Steps = 100;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<AgencyId, Attempts> _agencies = [];

    /// <summary>An Authorize begins: null where it may, and OVERLOADED with the rest of the pause where the agency is slowed.</summary>
    public Refusal? WhyPaused(AgencyId agency)
    {
        lock (_gate)
        {
            if (Current(agency) is not { } attempts || attempts.Count <= options.RefusedCodes)
            {
                return null;
            }

            var now = time.GetUtcNow();
            attempts.NextAt = attempts.NextAt < now + options.LongestPause ? attempts.NextAt : now + options.LongestPause; // A clock set back.
            if (now < attempts.NextAt)
            {
                return new Refusal(RefusalName.Overloaded, "refused codes", attempts.NextAt - now);
            }

            attempts.NextAt = now + PauseOf(attempts.Count);
            return null;
        }
    }

    /// <summary>So many codes of one call were refused.</summary>
    public void Count(AgencyId agency, int codes)
    {
        meter.RefusedCodes(agency, codes);
        int inWindow;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var attempts = Current(agency) ?? (_agencies[agency] = new Attempts());
            attempts.Add(now, codes, options.RefusedCodesWithin / Steps);
            if (attempts.Count <= options.RefusedCodes)
            {
                return;
            }

            attempts.NextAt = now + PauseOf(attempts.Count);
            if (attempts.ToldAt is { } told && now - told < options.RefusedCodesWithin)
            {
                return;
            }

            attempts.ToldAt = now;
            inWindow = attempts.Count;
        }

        meter.Alarm(agency);
        Log.Slowed(logger, agency.Value, inWindow, options.RefusedCodesWithinMinutes);
    }

    /// <summary>Agencies with refused codes in the window, for the operator's view.</summary>
    public IReadOnlyList<RefusedCodesOf> View()
    {
        lock (_gate)
        {
            return
            [
                .. _agencies.Keys.ToList()
                    .Select(agency => (Agency: agency, Attempts: Current(agency)))
                    .Where(found => found.Attempts is not null)
                    .Select(found => new RefusedCodesOf(
                        found.Agency,
                        found.Attempts!.Count,
                        found.Attempts.Count > options.RefusedCodes ? found.Attempts.NextAt : null,
                        found.Attempts.ToldAt)),
            ];
        }
    }

    private TimeSpan PauseOf(int count)
    {
        var doublings = Math.Min(count - options.RefusedCodes - 1, 20); // Twelve days: beyond every bound.
        var pause = FirstPause * Math.Pow(2, doublings);
        return pause < options.LongestPause ? pause : options.LongestPause;
    }

    /// <summary>What the window still holds of an agency; one with nothing in it is forgotten.</summary>
    private Attempts? Current(AgencyId agency)
    {
        if (!_agencies.TryGetValue(agency, out var attempts))
        {
            return null;
        }

        attempts.Forget(time.GetUtcNow() - options.RefusedCodesWithin);
        if (attempts.Count > 0)
        {
            return attempts;
        }

        _agencies.Remove(agency);
        return null;
    }

    private sealed class Attempts
    {
        private readonly Queue<(DateTimeOffset At, int Codes)> _steps = new();
        private DateTimeOffset _lastStep;
        private int _open; // Of the step that runs, which is not in the queue yet.

        public int Count { get; private set; }

        public DateTimeOffset NextAt { get; set; }

        public DateTimeOffset? ToldAt { get; set; }

        public void Add(DateTimeOffset now, int codes, TimeSpan step)
        {
            if (now - _lastStep >= step || now < _lastStep)
            {
                Close();
                _lastStep = now;
            }

            _open += codes;
            Count += codes;
        }

        public void Forget(DateTimeOffset before)
        {
            while (_steps.TryPeek(out var oldest) && oldest.At <= before)
            {
                Count -= _steps.Dequeue().Codes;
            }

            if (_open > 0 && _lastStep <= before)
            {
                Count -= _open;
                _open = 0;
            }
        }

        private void Close()
        {
            if (_open > 0)
            {
                _steps.Enqueue((_lastStep, _open));
                _open = 0;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Critical, "ALARM: {Agency} presented {Codes} link codes within {Minutes} min that are not its own or not in use; its calls are slowed until that ends")]
        public static partial void Slowed(ILogger logger, string agency, int codes, int minutes);
    }
}

/// <summary>What the window holds of one agency.</summary>
/// <param name="Agency">Whose.</param>
/// <param name="Codes">Refused codes in the window.</param>
/// <param name="SlowedUntil">When its next Authorize is taken; null where it is not slowed.</param>
/// <param name="ToldAt">When the operator was told.</param>
internal sealed record RefusedCodesOf(AgencyId Agency, int Codes, DateTimeOffset? SlowedUntil, DateTimeOffset? ToldAt);
