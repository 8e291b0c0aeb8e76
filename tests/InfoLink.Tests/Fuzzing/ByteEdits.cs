using System.Buffers.Binary;

namespace InfoLink.Tests.Fuzzing;

/// <summary>Changes that know nothing of what the bytes are, but know where parsers stumble.</summary>
internal static class ByteEdits
{
    private static readonly ulong[] Interesting =
    [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 253_402_300_799, 253_402_300_800, 1000, 1001, 4096, 4097,
    ];

    /// <summary>UTF-8 that is none, or that is read in two ways: overlong, half a surrogate, beyond Unicode, marks, NUL.</summary>
    private static readonly byte[][] Damaged =
    [
        [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xB0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xFE], [0x80], [0xE2, 0x80], [0xEF, 0xBB, 0xBF],
        [0xE2, 0x80, 0xAE], [0xE2, 0x80, 0xA8], [0xC2, 0x85], [0x00], [0x7F], [0x0D, 0x0A], [0xEF, 0xBC, 0x91], [0xF0, 0x9F, 0x92, 0xA9],
    ];

    public static byte[] Once(byte[] bytes, IReadOnlyList<byte[]> corpus, Chance chance)
    {
        var at = chance.Below(bytes.Length);
        switch (chance.Below(14))
        {
            case 0 or 1 when bytes.Length > 0:
                byte[] flipped = [.. bytes];
                flipped[at] ^= (byte)(1 << chance.Below(8));
                return flipped;
            case 2 when bytes.Length > 0:
                byte[] set = [.. bytes];
                set[at] = (byte)chance.Next();
                return set;
            case 3:
                return [.. bytes[..at], .. bytes[(at + Some(bytes, at, chance))..]];
            case 4:
                return [.. bytes[..at], .. chance.Bytes(chance.Length(64)), .. bytes[at..]];
            case 5:
                return [.. bytes[..at], .. bytes[at..(at + Some(bytes, at, chance))], .. bytes[at..]];
            case 6:
                var length = Some(bytes, at, chance);
                byte[] without = [.. bytes[..at], .. bytes[(at + length)..]];
                var to = chance.Below(without.Length);
                return [.. without[..to], .. bytes[at..(at + length)], .. without[to..]];
            case 7:
                var other = chance.Of(corpus);
                return [.. bytes[..at], .. other[chance.Below(other.Length)..]];
            case 8:
                return bytes[..at];
            case 9:
                return WithInteger(bytes, at, chance);
            case 10:
                return WithVarint(bytes, at, chance);
            case 11:
                return [.. bytes[..at], .. chance.Of(Damaged), .. bytes[at..]];
            case 12 when chance.OneIn(4):
                var piece = bytes[at..(at + Math.Min(Some(bytes, at, chance), 64))];
                return [.. bytes[..at], .. Enumerable.Repeat(piece, chance.Length(2000)).SelectMany(one => one), .. bytes[at..]];
            default:
                return [.. bytes, .. chance.Of(Damaged)];
        }
    }

    public static ulong Integer(Chance chance) => chance.OneIn(3) ? chance.Next() : chance.Of(Interesting) + (ulong)chance.Below(3) - 1;

    private static int Some(byte[] bytes, int at, Chance chance) => Math.Min(bytes.Length - at, chance.Length(4096));

    /// <summary>A number of 1, 2, 4 or 8 bytes, in either order: a length, most likely.</summary>
    private static byte[] WithInteger(byte[] bytes, int at, Chance chance)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        var width = 1 << chance.Below(4);
        var value = Integer(chance);
        if (chance.OneIn(2))
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, value);
            number = number[^width..];
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
            number = number[..width];
        }

        byte[] changed = [.. bytes];
        number[..Math.Min(width, bytes.Length - at)].CopyTo(changed.AsSpan(at));
        return changed;
    }

    private static byte[] WithVarint(byte[] bytes, int at, Chance chance) =>
        [.. bytes[..at], .. ProtoEdits.Varint(Integer(chance)), .. bytes[Math.Min(bytes.Length, at + 1)..]];
}
