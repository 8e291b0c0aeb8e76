using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// A link code (リンクコード・符号): one agency's only handle on one person towards the broker. 17 bytes: the epoch of the master it
/// was made under, and one AES block that only the broker can read.
/// </summary>
/// <remarks>
/// <para>Only the agency it was made for may keep it. The broker computes it and lets go of it; no other agency, citizen or clerk ever
/// sees it. It therefore never prints: <see cref="ToString"/>, debuggers and JSON show nothing, and the text form has to be asked
/// for by name with <see cref="Reveal"/>.</para>
/// <para>Any 17 bytes make a value of this type: whether a code is genuine is known to the broker alone, after deciphering.
/// The default value is 17 zero bytes, which no broker accepts except by a chance of 2⁻⁷².</para>
/// </remarks>
[DebuggerDisplay("LinkCode(redacted)")]
[JsonConverter(typeof(NeverInJson))]
[StructLayout(LayoutKind.Sequential, Pack = 1)] // 17 bytes in arrays too: a thousand codes stay in the processor's first cache
public readonly struct LinkCode : IEquatable<LinkCode>
{
    /// <summary>Bytes of a link code.</summary>
    public const int ByteLength = 1 + BlockLength;

    /// <summary>Characters of its text form.</summary>
    public const int TextLength = 28;

    /// <summary>Bytes of the enciphered block behind the epoch.</summary>
    public const int BlockLength = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly byte _epoch;
    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly Block _block;

    /// <summary>Joins an epoch and the 16 enciphered bytes.</summary>
    /// <exception cref="ArgumentException">The block is not 16 bytes.</exception>
    public LinkCode(byte epoch, ReadOnlySpan<byte> block)
    {
        if (block.Length != BlockLength)
            throw new ArgumentException("The block of a link code is 16 bytes.", nameof(block));
        _epoch = epoch;
        _block = MemoryMarshal.Read<Block>(block);
    }

    private LinkCode(byte epoch, Block block) => (_epoch, _block) = (epoch, block);

    /// <summary>Number of the platform-wide master the code was made under; the one part that is not secret.</summary>
    public byte Epoch => _epoch;

    /// <summary>The code whose 17 bytes are given.</summary>
    /// <exception cref="FormatException">Not 17 bytes. The message does not repeat them.</exception>
    public static LinkCode FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out var code) ? code : throw new FormatException("A link code is 17 bytes.");

    /// <summary>The code whose 17 bytes are given; false for any other length.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out LinkCode code)
    {
        code = bytes.Length == ByteLength ? new LinkCode(bytes[0], bytes[1..]) : default;
        return bytes.Length == ByteLength;
    }

    /// <summary>Joins an epoch and many blocks that lie side by side, 16 bytes each.</summary>
    /// <exception cref="ArgumentException">Not as many blocks as places.</exception>
    public static void FromBlocks(byte epoch, ReadOnlySpan<byte> blocks, Span<LinkCode> codes)
    {
        var given = MemoryMarshal.Cast<byte, Block>(blocks);
        if (given.Length != codes.Length)
            throw new ArgumentException("Blocks and their places differ in number.", nameof(blocks));
        for (var i = 0; i < codes.Length && i < given.Length; i++)
            codes[i] = new LinkCode(epoch, given[i]);
    }

    /// <summary>Writes the enciphered bytes of many codes side by side, 16 bytes each.</summary>
    /// <exception cref="ArgumentException">Not as many places as codes.</exception>
    public static void CopyBlocksTo(ReadOnlySpan<LinkCode> codes, Span<byte> blocks)
    {
        var room = MemoryMarshal.Cast<byte, Block>(blocks);
        if (room.Length != codes.Length)
            throw new ArgumentException("Codes and their places differ in number.", nameof(blocks));
        for (var i = 0; i < room.Length && i < codes.Length; i++)
            room[i] = codes[i]._block;
    }

    /// <summary>Reads the text form: 28 Crockford characters, see <see cref="Crockford.TryDecode"/> for what is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out LinkCode code)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        var read = Crockford.TryDecode(text, bytes);
        code = read ? FromBytes(bytes) : default;
        CryptographicOperations.ZeroMemory(bytes);
        return read;
    }

    /// <summary>
    /// The text form, 28 Crockford characters, for the agency's own database. Not for logs, screens or messages to people.
    /// </summary>
    public string Reveal()
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        CopyTo(bytes);
        string text = Crockford.Encode(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return text;
    }

    /// <summary>Writes the 17 bytes: epoch, then block.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        bytes[0] = _epoch;
        CopyBlockTo(bytes[1..]);
    }

    /// <summary>Writes the 16 enciphered bytes alone.</summary>
    public void CopyBlockTo(Span<byte> block) => MemoryMarshal.Write(block, in _block);

    /// <summary>Equal bytes; the time taken does not depend on where they differ.</summary>
    public bool Equals(LinkCode other) =>
        ((ulong)(uint)(_epoch ^ other._epoch) | (_block.First ^ other._block.First) | (_block.Second ^ other._block.Second)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LinkCode other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_epoch, _block.First, _block.Second);

    public static bool operator ==(LinkCode left, LinkCode right) => left.Equals(right);

    public static bool operator !=(LinkCode left, LinkCode right) => !left.Equals(right);

    /// <summary>Always "LinkCode(redacted)".</summary>
    public override string ToString() => "LinkCode(redacted)";

    // The sixteen bytes as they lie in memory: nobody but the broker reads anything in them. No record, which would print them.
    private readonly struct Block(ulong first, ulong second)
    {
        public readonly ulong First = first;
        public readonly ulong Second = second;
    }

    // A serializer that meets a link code has met a mistake: it says so instead of writing it, or an empty object in its place.
    internal sealed class NeverInJson : JsonConverter<LinkCode>
    {
        public override LinkCode Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw Refusal();

        public override void Write(Utf8JsonWriter writer, LinkCode value, JsonSerializerOptions options) => throw Refusal();

        private static NotSupportedException Refusal() => new("A link code does not travel as JSON.");
    }
}
