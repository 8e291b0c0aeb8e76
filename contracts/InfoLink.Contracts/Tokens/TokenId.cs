using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Tokens;

/// <summary>
/// A token's <c>jti</c>: 16 random bytes, base64url in the token. It opens the broker's sealed grant, so it is a secret
/// and never prints; stores know it only by <see cref="StoreKey"/>.
/// </summary>
[DebuggerDisplay("TokenId(redacted)")]
public readonly struct TokenId : IEquatable<TokenId>
{
    /// <summary>Bytes in a token id.</summary>
    public const int Size = 16;

    private readonly UInt128 _value;

    private TokenId(UInt128 value) => _value = value;

    public static TokenId New()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return new TokenId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public static bool TryParse(string? text, out TokenId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var good = Base64UrlText.TryDecode(text, bytes);
        id = good ? new TokenId(BinaryPrimitives.ReadUInt128BigEndian(bytes)) : default;
        return good;
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] Reveal()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _value);
        return bytes;
    }

    /// <summary>What stores and ledgers know of the token: SHA-256 of "infolink/token-id/v1" and the id.</summary>
    public byte[] StoreKey()
    {
        var label = "infolink/token-id/v1"u8;
        Span<byte> message = stackalloc byte[label.Length + Size];
        label.CopyTo(message);
        BinaryPrimitives.WriteUInt128BigEndian(message[label.Length..], _value);
        var key = SHA256.HashData(message);
        CryptographicOperations.ZeroMemory(message);
        return key;
    }

    public override string ToString() => "TokenId(redacted)";

    public bool Equals(TokenId other) => CryptographicOperations.FixedTimeEquals(Reveal(), other.Reveal());

    public override bool Equals(object? obj) => obj is TokenId other && Equals(other);

    public override int GetHashCode() => _value.GetHashCode();

    public static bool operator ==(TokenId left, TokenId right) => left.Equals(right);

    public static bool operator !=(TokenId left, TokenId right) => !left.Equals(right);
}

/// <summary>
/// The provider's name for its one try at redeeming a token: 16 random bytes. The same attempt may be repeated, another may not.
/// </summary>
public readonly record struct AttemptId
{
    /// <summary>Bytes in an attempt id.</summary>
    public const int Size = 16;

    private AttemptId(UInt128 value) => Value = value;

    private UInt128 Value { get; }

    public static AttemptId New() => FromBytes(RandomNumberGenerator.GetBytes(Size));

    /// <exception cref="ArgumentException">Not 16 bytes.</exception>
    public static AttemptId FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out var id) ? id : throw new ArgumentException("An attempt id is 16 bytes.", nameof(bytes));

    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out AttemptId id)
    {
        id = bytes.Length == Size ? new AttemptId(BinaryPrimitives.ReadUInt128BigEndian(bytes)) : default;
        return bytes.Length == Size;
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
