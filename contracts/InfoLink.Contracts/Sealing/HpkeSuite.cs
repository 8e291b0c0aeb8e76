using System.Buffers.Binary;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// An HPKE ciphersuite on DHKEM(P-256, HKDF-SHA256), with the labeled derivations of RFC 9180 §4 bound to it.
/// InfoLink speaks one; the others are here because RFC 9180 has vectors for them, and the code is the same.
/// </summary>
internal sealed record HpkeSuite(ushort KdfId, HashAlgorithmName Hash, int HashLength, ushort AeadId, int KeyLength)
{
    public const ushort KemP256 = 0x0010;
    public const int NonceLength = 12;
    public const int TagLength = 16;

    /// <summary>HKDF-SHA256, AES-256-GCM: suite 0x01 of InfoLink's seals.</summary>
    public static readonly HpkeSuite InfoLink = new(0x0001, HashAlgorithmName.SHA256, 32, 0x0002, 32);

    private byte[] Id { get; } =
        [.. "HPKE"u8, KemP256 >> 8, KemP256 & 0xFF, (byte)(KdfId >> 8), (byte)KdfId, (byte)(AeadId >> 8), (byte)AeadId];

    /// <summary>Extracts and expands by this suite's hash, under "HPKE" ‖ KEM ‖ KDF ‖ AEAD.</summary>
    public byte[] LabeledExtract(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm) =>
        LabeledExtract(Hash, HashLength, Id, salt, label, ikm);

    /// <inheritdoc cref="LabeledExtract(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public byte[] LabeledExpand(ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length) =>
        LabeledExpand(Hash, Id, prk, label, info, length);

    public static byte[] LabeledExtract(
        HashAlgorithmName hash, int hashLength, ReadOnlySpan<byte> suiteId,
        ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, ReadOnlySpan<byte> ikm)
    {
        byte[] labeled = [.. "HPKE-v1"u8, .. suiteId, .. label, .. ikm];
        var prk = new byte[hashLength];
        HKDF.Extract(hash, labeled, salt, prk);
        CryptographicOperations.ZeroMemory(labeled);
        return prk;
    }

    public static byte[] LabeledExpand(
        HashAlgorithmName hash, ReadOnlySpan<byte> suiteId,
        ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label, ReadOnlySpan<byte> info, int length)
    {
        if (length == 0)
            return [];
        Span<byte> lengthBytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(lengthBytes, checked((ushort)length));
        byte[] labeled = [.. lengthBytes, .. "HPKE-v1"u8, .. suiteId, .. label, .. info];
        var okm = new byte[length];
        HKDF.Expand(hash, prk, okm, labeled);
        return okm;
    }
}
