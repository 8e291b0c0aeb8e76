using System.Security.Cryptography;

namespace InfoLink.Agent.Sources;

/// <summary>How long the latest reads of one source took, and whether it answers at all.</summary>
internal sealed class LatestReads(TimeProvider time)
{
    private const int Kept = 64;

    /// <summary>So long a failure stands for how the system is: beyond it, it may have been one record's.</summary>
    private static readonly TimeSpan FailureLasts = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly TimeSpan[] _durations = new TimeSpan[Kept];
    private int _count;
    private (DateTimeOffset At, TimeSpan Took)? _failure;

    public void Add(TimeSpan duration)
    {
        lock (_gate)
        {
            _durations[_count++ % Kept] = duration;
            _failure = null;
        }
    }

    /// <summary>The source did not answer.</summary>
    public void Fail(TimeSpan duration)
    {
        lock (_gate)
        {
            _failure = (time.GetUtcNow(), duration);
        }
    }

    /// <summary>One of them, at random, nothing before the first; where the source has just failed, that.</summary>
    public (TimeSpan Took, bool Failed) Draw()
    {
        lock (_gate)
        {
            return _failure is { } failure && time.GetUtcNow() - failure.At < FailureLasts ? (failure.Took, true)
                : (_count == 0 ? TimeSpan.Zero : _durations[RandomNumberGenerator.GetInt32(Math.Min(_count, Kept))], false);
        }
    }
}
