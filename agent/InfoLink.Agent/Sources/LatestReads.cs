using System.Security.Cryptography;

namespace InfoLink.Agent.Sources;

/// <summary>How long the latest reads of one kind took.</summary>
internal sealed class LatestReads
{
    private const int Kept = 64;
    private readonly Lock _gate = new();
    private readonly TimeSpan[] _durations = new TimeSpan[Kept];
    private int _count;

    public void Add(TimeSpan duration)
    {
        lock (_gate)
        {
            _durations[_count++ % Kept] = duration;
        }
    }

    /// <summary>One of them, at random; nothing before the first.</summary>
    public TimeSpan Draw()
    {
        lock (_gate)
        {
            return _count == 0 ? TimeSpan.Zero : _durations[RandomNumberGenerator.GetInt32(Math.Min(_count, Kept))];
        }
    }
}
