using System.Buffers.Binary;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// What both sides hold after the key schedule of RFC 9180 §5.1 (base mode): a key, a base nonce, an exporter secret.
/// Sealing and opening name the sequence number; who may use which number is the caller's to keep.
/// </summary>
/// <remarks>Safe for several threads; disposing wipes the secrets.</remarks>
internal sealed class HpkeContext : IDisposable
{
    /// <summary>Messages one key takes: the 2³² invocations NIST SP 800-38D §8.3 allows.</summary>
    public const ulong MaxMessages = 1UL << 32;

    private const int MaxInfoLength = ushort.MaxValue;
    private const byte ModeBase = 0x00;

    private readonly Lock _gate = new();
    private readonly HpkeSuite _suite;
    private readonly byte[] _exporterSecret;
    private readonly byte[] _baseNonce;
    private readonly AesGcm _aead;
    private bool _disposed;

    /// <exception cref="SealingException"><see cref="SealingFault.TooLarge"/>: <paramref name="info"/> beyond 65,535 bytes.</exception>
    public HpkeContext(HpkeSuite suite, ReadOnlySpan<byte> sharedSecret, ReadOnlySpan<byte> info)
    {
        if (info.Length > MaxInfoLength)
            throw new SealingException(SealingFault.TooLarge, $"The info of a seal is at most {MaxInfoLength} bytes.");

        var pskIdHash = suite.LabeledExtract([], "psk_id_hash"u8, []);
        var infoHash = suite.LabeledExtract([], "info_hash"u8, info);
        byte[] scheduleContext = [ModeBase, .. pskIdHash, .. infoHash];
        var secret = suite.LabeledExtract(sharedSecret, "secret"u8, []);
        var key = suite.LabeledExpand(secret, "key"u8, scheduleContext, suite.KeyLength);
        _suite = suite;
        _baseNonce = suite.LabeledExpand(secret, "base_nonce"u8, scheduleContext, HpkeSuite.NonceLength);
        _exporterSecret = suite.LabeledExpand(secret, "exp"u8, scheduleContext, suite.HashLength);
        _aead = new AesGcm(key, HpkeSuite.TagLength);
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Seals into <paramref name="ciphertext"/>, which is 16 bytes longer: ciphertext ‖ tag.</summary>
    public void Seal(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext)
    {
        if (sequence >= MaxMessages)
            throw new SealingException(SealingFault.TooLarge, "The context has sealed all the messages its key allows.");
        Span<byte> nonce = stackalloc byte[HpkeSuite.NonceLength];
        lock (_gate)
        {
            Nonce(sequence, nonce);
            _aead.Encrypt(nonce, plaintext, ciphertext[..plaintext.Length], ciphertext[plaintext.Length..], aad);
        }
    }

    /// <summary>Opens into <paramref name="plaintext"/>, 16 bytes shorter; false, and zeroed bytes, if not authentic.</summary>
    public bool TryOpen(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext)
    {
        if (sequence >= MaxMessages || ciphertext.Length != plaintext.Length + HpkeSuite.TagLength)
        {
            plaintext.Clear();
            return false;
        }
        Span<byte> nonce = stackalloc byte[HpkeSuite.NonceLength];
        lock (_gate)
        {
            Nonce(sequence, nonce);
            try
            {
                _aead.Decrypt(nonce, ciphertext[..plaintext.Length], ciphertext[plaintext.Length..], plaintext, aad);
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                plaintext.Clear();
                return false;
            }
        }
    }

    /// <summary>A further secret both sides can derive (RFC 9180 §5.3).</summary>
    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 255 * _suite.HashLength);
        lock (_gate)
        {
            // A wiped exporter secret is all zeros, which anyone can expand.
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _suite.LabeledExpand(_exporterSecret, "sec"u8, exporterContext, length);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _aead.Dispose();
            CryptographicOperations.ZeroMemory(_baseNonce);
            CryptographicOperations.ZeroMemory(_exporterSecret);
        }
    }

    // RFC 9180 §5.2: base nonce XOR the sequence number, big-endian, at the right.
    private void Nonce(ulong sequence, Span<byte> nonce)
    {
        _baseNonce.CopyTo(nonce);
        var right = nonce[(HpkeSuite.NonceLength - sizeof(ulong))..];
        BinaryPrimitives.WriteUInt64BigEndian(right, BinaryPrimitives.ReadUInt64BigEndian(right) ^ sequence);
    }
}
