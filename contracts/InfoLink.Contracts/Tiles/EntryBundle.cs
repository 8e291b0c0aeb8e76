using System.Buffers.Binary;

namespace InfoLink.Contracts.Tiles;

/// <summary>Entries beside one another (C2SP tlog-tiles): for each its length in two bytes, big-endian, and the entry.</summary>
public static class EntryBundle
{
    /// <summary>Longest entry in bytes.</summary>
    public const int MaxEntry = ushort.MaxValue;

    private const int LengthSize = sizeof(ushort);

    /// <summary>Most bytes that so many entries may have.</summary>
    public static int MaxBytes(int width) => width * (LengthSize + MaxEntry);

    /// <exception cref="ArgumentException">No entry, more than 256, or one that is too long, which is named by its place.</exception>
    public static byte[] Write(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (entries.Count is 0 or > TileId.FullWidth)
        {
            throw new ArgumentException($"A bundle has 1 to {TileId.FullWidth} entries, not {entries.Count}.", nameof(entries));
        }

        var bytes = new byte[entries.Sum(entry => LengthSize + entry.Length)];
        var rest = bytes.AsSpan();
        for (var place = 0; place < entries.Count; place++)
        {
            var entry = entries[place].Span;
            if (entry.Length > MaxEntry)
            {
                throw new ArgumentException($"Entry {place} of the bundle has {entry.Length} bytes; at most {MaxEntry} fit.", nameof(entries));
            }

            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)entry.Length);
            entry.CopyTo(rest[LengthSize..]);
            rest = rest[(LengthSize + entry.Length)..];
        }

        return bytes;
    }

    /// <summary>Exactly so many entries, which lie in the bytes that are given.</summary>
    /// <exception cref="EntryBundleException">The bytes end before the last entry, or go on behind it.</exception>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> bytes, int width)
    {
        var entries = ReadFirst(bytes, width, out var rest);
        return rest == 0 ? entries : throw new EntryBundleException(TileFault.TooLong, width);
    }

    /// <summary>The first so many entries of a bundle that may have more.</summary>
    /// <exception cref="EntryBundleException">The bytes end before the last of them.</exception>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> ReadFirst(ReadOnlyMemory<byte> bytes, int width, out int rest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, TileId.FullWidth);
        var entries = new List<ReadOnlyMemory<byte>>(width);
        while (entries.Count < width)
        {
            if (bytes.Length < LengthSize
                || BinaryPrimitives.ReadUInt16BigEndian(bytes.Span) is var length && bytes.Length < LengthSize + length)
            {
                throw new EntryBundleException(TileFault.Truncated, entries.Count);
            }

            entries.Add(bytes.Slice(LengthSize, length));
            bytes = bytes[(LengthSize + length)..];
        }

        rest = bytes.Length;
        return entries;
    }
}

/// <summary>Bytes that are not a bundle of so many entries.</summary>
/// <param name="fault">Truncated or too long.</param>
/// <param name="entry">From 0 within the bundle: the first that is not whole, or where the bytes should have ended.</param>
public sealed class EntryBundleException(TileFault fault, int entry)
    : Exception(fault == TileFault.Truncated ? $"The bundle ends within entry {entry}." : $"The bundle goes on behind its {entry} entries.")
{
    public TileFault Fault { get; } = fault;

    public int Entry { get; } = entry;
}
