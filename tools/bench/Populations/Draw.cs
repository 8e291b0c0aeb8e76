namespace InfoLink.Bench.Populations;

/// <summary>Numbers from a seed, the same on every machine and in every version (splitmix64). For made-up people, never for secrets.</summary>
internal sealed class Draw(ulong seed)
{
    private ulong _state = seed;

    /// <summary>From 0 to one less than <paramref name="below"/>.</summary>
    public int Below(int below) => (int)(Next() % (ulong)below);

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>True in so many of a thousand.</summary>
    public bool In(int thousand) => Below(1000) < thousand;

    private ulong Next()
    {
        var next = _state += 0x9E3779B97F4A7C15;
        next = (next ^ (next >> 30)) * 0xBF58476D1CE4E5B9;
        next = (next ^ (next >> 27)) * 0x94D049BB133111EB;
        return next ^ (next >> 31);
    }
}
