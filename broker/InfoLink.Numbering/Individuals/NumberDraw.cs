using System.Buffers.Binary;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Numbering.Individuals;

/// <summary>Numbers come from chance alone: nothing of the person, the order or the day is in them.</summary>
internal static class NumberDraw
{
    /// <summary>The least number of bits that hold eleven digits.</summary>
    private const ulong Mask = (1UL << 37) - 1;

    /// <summary>Eleven digits, each value as likely as the others.</summary>
    public static ulong Next()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        while (true)
        {
            RandomNumberGenerator.Fill(bytes);
            var drawn = BinaryPrimitives.ReadUInt64BigEndian(bytes) & Mask;
            if (drawn < IndividualNumber.BaseLimit)
            {
                return drawn; // A remainder instead would make the smaller ones likelier.
            }
        }
    }
}
