using Xunit;

namespace InfoLink.Tests.Audit;

/// <summary>Chance that can be repeated: its seed is printed with the test.</summary>
internal sealed class Dice
{
#pragma warning disable RS0030 // Not a secret: places to tamper with, from a seed that is printed.
    private readonly Random _random;

    public Dice(int seed)
    {
        _random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
    }

    public int Below(int end) => _random.Next(end);

    /// <summary>The same bytes but for one bit.</summary>
    public byte[] Flip(byte[] bytes)
    {
        byte[] flipped = [.. bytes];
        flipped[Below(flipped.Length)] ^= (byte)(1 << Below(8));
        return flipped;
    }
}
#pragma warning restore RS0030
