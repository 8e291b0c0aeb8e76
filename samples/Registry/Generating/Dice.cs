using System.Numerics;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>
/// Chance that is the same on every machine: xoshiro256** (Blackman and Vigna), its state filled by SplitMix64 from a seed and a stream's number. Integers only,
/// so that no rounding of a processor comes in. Made-up people are made with it; no secret is.
/// </summary>
public sealed class Dice
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong Second = 0x3C6EF372FE94F82A; // Twice that, as 64 bits hold it.
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <param name="seed">The same seed and stream, the same throws.</param>
    /// <param name="stream">Streams of one seed have nothing to do with one another, e.g. one for each household.</param>
    public Dice(ulong seed, ulong stream)
    {
        var state = Mix(seed + Golden) ^ Mix(stream + Second);
        (_a, _b, _c, _d) = (Fill(ref state), Fill(ref state), Fill(ref state), Fill(ref state));
    }

    /// <summary>64 bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="count"/> − 1, as good as evenly.</summary>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <summary>Both ends included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True so many times of a thousand.</summary>
    public bool Chance(int perThousand) => Below(1000) < perThousand;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>A day in [from, to).</summary>
    public DateOnly Day(DateOnly from, DateOnly to) => from.AddDays(Below(Math.Max(1, to.DayNumber - from.DayNumber)));

    private static ulong Fill(ref ulong state) => Mix(state += Golden);

    /// <summary>SplitMix64's output function.</summary>
    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>A choice in which some come more often than others.</summary>
internal sealed class Weighted<T>
{
    private readonly T[] _choices;
    private readonly int[] _ends;

    public Weighted(IEnumerable<(T Choice, int Weight)> choices)
    {
        var all = choices.ToList();
        _choices = [.. all.Select(each => each.Choice)];
        _ends = new int[all.Count];
        var end = 0;
        for (var i = 0; i < all.Count; i++)
        {
            _ends[i] = end += all[i].Weight;
        }
    }

    public IReadOnlyList<T> Choices => _choices;

    public T Draw(Dice dice)
    {
        var place = Array.BinarySearch(_ends, dice.Below(_ends[^1]) + 1);
        return _choices[place >= 0 ? place : ~place];
    }
}
