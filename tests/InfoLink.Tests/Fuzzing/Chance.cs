using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Chance that is the same on every machine and runtime for one seed (SplitMix64). Not for secrets.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The chance of one input: it can be made again without those before it.</summary>
    public static Chance Of(int seed, string target, long number)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {target} {number}"));
        return new Chance(BinaryPrimitives.ReadUInt64LittleEndian(digest));
    }

    public ulong Next()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>From 0 up to and without <paramref name="end"/>; 0 where there is nothing to choose from.</summary>
    public int Below(int end) => end <= 1 ? 0 : (int)(Next() % (ulong)end);

    public bool OneIn(int times) => Below(times) == 0;

    /// <summary>Mostly small, now and then large, at most <paramref name="most"/>.</summary>
    public int Length(int most) => Math.Min(most, 1 + Below(1 << (1 + Below(12))));

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    public byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)Next();
        }

        return bytes;
    }
}
