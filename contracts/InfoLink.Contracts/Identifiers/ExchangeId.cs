using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Identifiers;

/// <summary>
/// Ties the records of one exchange together (the field's 処理通番; <c>txn</c> in tokens): 16 random bytes,
/// written as 26 characters of Crockford base32. It names no person and may be printed.
/// </summary>
public readonly struct ExchangeId : IEquatable<ExchangeId>
{
    /// <summary>Bytes in an exchange id.</summary>
    public const int Size = 16;

    private readonly UInt128 _value;

    private ExchangeId(UInt128 value) => _value = value;

    public static ExchangeId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return FromBytes(bytes);
    }

    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public static ExchangeId FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size
            ? new ExchangeId(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes))
            : throw new ArgumentException("An exchange id is 16 bytes.", nameof(bytes));

    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out ExchangeId id)
    {
        id = bytes.Length == Size ? FromBytes(bytes) : default;
        return bytes.Length == Size;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out ExchangeId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var good = text is not null && Crockford.TryDecode(text, bytes);
        id = good ? FromBytes(bytes) : default;
        return good;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
        return bytes;
    }

    public override string ToString() => Crockford.Encode(ToArray());

    public bool Equals(ExchangeId other) => _value == other._value;

    public override bool Equals(object? obj) => obj is ExchangeId other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();

    public static bool operator ==(ExchangeId left, ExchangeId right) => left.Equals(right);

    public static bool operator !=(ExchangeId left, ExchangeId right) => !left.Equals(right);
}
