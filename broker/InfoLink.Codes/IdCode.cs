using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace InfoLink.Codes;

/// <summary>What an ID code stands for. Values are part of the code's bytes.</summary>
public enum IdCodeKind : byte
{
    /// <summary>No code: the kind of <c>default(IdCode)</c>. Never written.</summary>
    None = 0,

    /// <summary>A person in the resident register; the serial is derived from the resident record code.</summary>
    Resident = 1,

    /// <summary>A person not (yet) found in the register, after a disaster for instance; the serial is drawn at random.</summary>
    Provisional = 2,

    /// <summary>A made-up person for rehearsals. Never joined with a real one: the kind is part of every code and tag.</summary>
    Test = 15,
}

/// <summary>
/// An ID code (ＩＤコード): one per person, known only to the broker (in memory, while it converts) and the code authority.
/// Seven bytes: kind(1) ‖ serial(5, big-endian, ten decimal digits) ‖ generation(1).
/// </summary>
/// <remarks>
/// Raising the generation changes the person's link codes at every agency. Never prints, and has no text form.
/// <c>default</c> is no code (<see cref="IsNone"/>), which is how refused places are marked in bulk work.
/// </remarks>
[DebuggerDisplay("IdCode(redacted)")]
[JsonConverter(typeof(NeverInJson<IdCode>))]
public readonly struct IdCode : IEquatable<IdCode>
{
    /// <summary>Bytes of an ID code.</summary>
    public const int ByteLength = PersonLength + 1;

    /// <summary>Bytes of kind ‖ serial, the part that stays with the person when the generation is raised.</summary>
    public const int PersonLength = 6;

    /// <summary>Serials are below this: ten decimal digits.</summary>
    public const ulong SerialLimit = 10_000_000_000;

    private const ulong Kinds = (1UL << (int)IdCodeKind.Resident) | (1UL << (int)IdCodeKind.Provisional) | (1UL << (int)IdCodeKind.Test);

    [DebuggerBrowsable(DebuggerBrowsableState.Never)] private readonly ulong _packed;

    private IdCode(ulong packed) => _packed = packed;

    /// <summary>True for <c>default(IdCode)</c>, which stands for nobody.</summary>
    public bool IsNone => _packed == 0;

    /// <summary>What the code stands for.</summary>
    public IdCodeKind Kind => (IdCodeKind)(_packed >> 48);

    /// <summary>How often this person's codes have been replaced, from 0.</summary>
    public byte Generation => (byte)_packed;

    /// <summary>Puts a code together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Unknown kind, or a serial of more than ten digits.</exception>
    public static IdCode Create(IdCodeKind kind, ulong serial, byte generation)
    {
        if (NotAKind((ulong)kind) != 0)
            throw new ArgumentOutOfRangeException(nameof(kind), "Kinds are resident, provisional and test.");
        if (serial >= SerialLimit)
            throw new ArgumentOutOfRangeException(nameof(serial), "A serial has ten digits at most.");
        return new IdCode(((ulong)kind << 48) | (serial << 8) | generation);
    }

    /// <summary>
    /// Reads the seven bytes; false (and none) for another length, an unknown kind or a serial out of range.
    /// All conditions are evaluated before any is acted on.
    /// </summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out IdCode code)
    {
        code = default;
        if (bytes.Length != ByteLength)
            return false;
        var packed = ((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 24)
            | ((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) << 8)
            | bytes[6];
        return TryUnpack(packed, out code);
    }

    /// <summary>As <see cref="TryFromBytes"/>, the seven bytes given as one number, for bulk work.</summary>
    public static bool TryUnpack(ulong packed, out IdCode code)
    {
        var serialBeyondLimit = (SerialLimit - 1 - ((packed >> 8) & 0xFF_FFFF_FFFF)) >> 63;
        var genuine = (NotAKind(packed >> 48) | serialBeyondLimit) == 0;
        code = genuine ? new IdCode(packed) : default;
        return genuine;
    }

    /// <summary>The seven bytes as one number, kind in the highest.</summary>
    public ulong Pack() => _packed;

    /// <summary>The same person's code of another generation.</summary>
    public IdCode WithGeneration(byte generation) => new((_packed & ~0xFFUL) | generation);

    /// <summary>Writes the seven bytes: kind ‖ serial ‖ generation.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        bytes[6] = (byte)_packed;
        CopyPersonTo(bytes);
    }

    /// <summary>Writes kind ‖ serial (6 bytes): what tags of the person are computed over, whatever the generation.</summary>
    public void CopyPersonTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(_packed >> 8));
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(_packed >> 24));
    }

    /// <summary>Equal bytes; the time taken does not depend on where they differ.</summary>
    public bool Equals(IdCode other) => (_packed ^ other._packed) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IdCode other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_packed);

    public static bool operator ==(IdCode left, IdCode right) => left.Equals(right);

    public static bool operator !=(IdCode left, IdCode right) => !left.Equals(right);

    /// <summary>Always "IdCode(redacted)".</summary>
    public override string ToString() => "IdCode(redacted)";

    // 0 or 1 without a branch: one bit of Kinds for each kind, none beyond 63.
    private static ulong NotAKind(ulong kind) => (~(Kinds >> (int)kind) & 1) | (kind >> 6);
}
