using InfoLink.Codes;

namespace InfoLink.Samples.Registry.Generating;

/// <summary>
/// Which resident record code the i-th resident gets: all 10¹⁰ codes in an order that the seed shuffles, so that none comes twice and nothing has to be remembered.
/// A Feistel network of eight rounds over two halves of five digits; it scatters made-up codes and keeps nothing secret.
/// </summary>
internal sealed class CodeOrder(ulong seed)
{
    private const uint Half = 100_000;
    private const int Rounds = 8;

    /// <param name="place">0 to 10¹⁰ − 1.</param>
    public ResidentRecordCode At(ulong place)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, (ulong)Half * Half);
        var (left, right) = ((uint)(place / Half), (uint)(place % Half));
        for (uint round = 0; round < Rounds; round++)
        {
            var turn = Dice.Mix(seed ^ Dice.Mix(((ulong)round << 32) | right)) % Half;
            (left, right) = (right, (uint)((left + turn) % Half));
        }

        return ResidentRecordCode.FromBase(((ulong)left * Half) + right);
    }
}
