using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// The sending side of HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256) / HKDF-SHA256 / AES-256-GCM: seals to a public key.
/// Messages are numbered from 0 in the order of <see cref="Seal"/>.
/// </summary>
/// <remarks>
/// Base mode says nothing of who sent: a seal is signed or bound to its sender by other means.
/// Safe for several threads; disposing wipes the keys.
/// </remarks>
public sealed class HpkeSender : IDisposable
{
    /// <summary>Bytes by which a ciphertext is longer than its plaintext.</summary>
    public const int Overhead = HpkeSuite.TagLength;

    private readonly HpkeContext _context;
    private readonly byte[] _enc;
    private ulong _next;

    private HpkeSender(HpkeContext context, byte[] enc)
    {
        _context = context;
        _enc = enc;
    }

    /// <summary>The encapsulated key (65 bytes) that the recipient needs to set up its side; not secret.</summary>
    public ReadOnlyMemory<byte> Enc => _enc;

    /// <summary>Starts a context with a fresh ephemeral key.</summary>
    /// <param name="recipientPublicKey">Uncompressed P-256 point, 65 bytes; checked to lie on the curve.</param>
    /// <param name="info">What both sides agree the seal is for; at most 65,535 bytes.</param>
    /// <exception cref="SealingException">Not a point, or too long an info.</exception>
    public static HpkeSender Setup(ReadOnlySpan<byte> recipientPublicKey, ReadOnlySpan<byte> info)
    {
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Setup(HpkeSuite.InfoLink, recipientPublicKey, info, ephemeral);
    }

    /// <summary>Setup with a given ephemeral key, for vectors: used twice, it would repeat key and nonces.</summary>
    internal static HpkeSender Setup(
        HpkeSuite suite, ReadOnlySpan<byte> recipientPublicKey, ReadOnlySpan<byte> info, ECDiffieHellman ephemeral)
    {
        var secret = DhKem.Encapsulate(recipientPublicKey, ephemeral, out var enc);
        try
        {
            return new HpkeSender(new HpkeContext(suite, secret, info), enc);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Seals the next message.</summary>
    /// <returns>Ciphertext, <see cref="Overhead"/> bytes longer than <paramref name="plaintext"/>.</returns>
    /// <exception cref="SealingException"><see cref="SealingFault.TooLarge"/> after 2³² messages.</exception>
    public byte[] Seal(ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[plaintext.Length + Overhead];
        SealAt(Interlocked.Increment(ref _next) - 1, aad, plaintext, ciphertext);
        return ciphertext;
    }

    /// <summary>Seals under a sequence number of the caller's choice, who must never choose one twice.</summary>
    internal void SealAt(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext) =>
        _context.Seal(sequence, aad, plaintext, ciphertext);

    /// <summary>A further secret shared with the recipient (RFC 9180 §5.3), up to 8,160 bytes.</summary>
    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) => _context.Export(exporterContext, length);

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _context.Dispose();
}

/// <summary>The receiving side of <see cref="HpkeSender"/>. Messages are opened by number, in any order.</summary>
/// <remarks>Safe for several threads; disposing wipes the keys (the recipient's private key stays the caller's).</remarks>
public sealed class HpkeRecipient : IDisposable
{
    private readonly HpkeContext _context;

    private HpkeRecipient(HpkeContext context) => _context = context;

    /// <summary>Sets up the side of the private key's owner.</summary>
    /// <param name="privateKey">A P-256 key.</param>
    /// <param name="enc">The sender's encapsulated key, 65 bytes; checked to lie on the curve.</param>
    /// <param name="info">The same as the sender's, or nothing will open.</param>
    /// <exception cref="SealingException"><paramref name="enc"/> is not a point, or too long an info.</exception>
    public static HpkeRecipient Setup(ECDiffieHellman privateKey, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> info) =>
        Setup(HpkeSuite.InfoLink, privateKey, enc, info);

    internal static HpkeRecipient Setup(HpkeSuite suite, ECDiffieHellman privateKey, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> info)
    {
        var secret = DhKem.Decapsulate(enc, privateKey);
        try
        {
            return new HpkeRecipient(new HpkeContext(suite, secret, info));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Opens message number <paramref name="sequence"/> (from 0).</summary>
    /// <exception cref="SealingException">
    /// <see cref="SealingFault.NotAuthentic"/>: changed, or of another number, key, info or aad.
    /// </exception>
    public byte[] Open(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext)
    {
        var plaintext = new byte[Math.Max(0, ciphertext.Length - HpkeSender.Overhead)];
        return TryOpen(sequence, aad, ciphertext, plaintext)
            ? plaintext
            : throw new SealingException(SealingFault.NotAuthentic, "The ciphertext is not what was sealed here.");
    }

    /// <summary>Opens into a buffer of <see cref="HpkeSender.Overhead"/> bytes less; false, and zeroed bytes, if not authentic.</summary>
    public bool TryOpen(ulong sequence, ReadOnlySpan<byte> aad, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext) =>
        _context.TryOpen(sequence, aad, ciphertext, plaintext);

    /// <summary>A further secret shared with the sender (RFC 9180 §5.3), up to 8,160 bytes.</summary>
    public byte[] Export(ReadOnlySpan<byte> exporterContext, int length) => _context.Export(exporterContext, length);

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _context.Dispose();
}
