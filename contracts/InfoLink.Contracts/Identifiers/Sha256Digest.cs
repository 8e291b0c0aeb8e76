using System.Buffers.Binary;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Identifiers;

/// <summary>A SHA-256 digest: 32 bytes, compared in fixed time, printed in base64url without padding.</summary>
public sealed class Sha256Digest : IEquatable<Sha256Digest>
{
    /// <summary>Bytes in a digest.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes;

    private Sha256Digest(byte[] bytes) => _bytes = bytes;

    /// <summary>32 zero bytes: where a record's format wants a digest and its custodian has none.</summary>
    public static Sha256Digest Zero { get; } = new(new byte[Size]);

    public ReadOnlySpan<byte> Span => _bytes;

    public static Sha256Digest Of(ReadOnlySpan<byte> data) => new(SHA256.HashData(data));

    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static Sha256Digest FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out var digest) ? digest : throw new ArgumentException("A SHA-256 digest is 32 bytes.", nameof(bytes));

    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Sha256Digest? digest)
    {
        digest = bytes.Length == Size ? new Sha256Digest(bytes.ToArray()) : null;
        return digest is not null;
    }

    public byte[] ToArray() => [.. _bytes];

    public bool Equals(Sha256Digest? other) => other is not null && CryptographicOperations.FixedTimeEquals(_bytes, other._bytes);

    public override bool Equals(object? obj) => Equals(obj as Sha256Digest);

    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(_bytes);

    public override string ToString() => System.Buffers.Text.Base64Url.EncodeToString(_bytes);

    public static bool operator ==(Sha256Digest? left, Sha256Digest? right) => left?.Equals(right) ?? right is null;

    public static bool operator !=(Sha256Digest? left, Sha256Digest? right) => !(left == right);
}
