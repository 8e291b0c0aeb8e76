namespace InfoLink.Transparency.Witnessing;

/// <summary>So many requests for one log in each second, and no more. Only logs that are looked after are counted, so the table stays small.</summary>
internal sealed class RequestRate(int perWindow, TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Began, int Count)> _counts = new(StringComparer.Ordinal);

    public bool Admits(string origin)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var (began, count) = _counts.GetValueOrDefault(origin, (now, 0));
            if (time.GetElapsedTime(began, now) >= Window)
            {
                (began, count) = (now, 0);
            }

            _counts[origin] = (began, count + 1);
            return count < perWindow;
        }
    }
}
