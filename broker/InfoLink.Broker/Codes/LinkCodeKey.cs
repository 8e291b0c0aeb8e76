using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Codes;

/// <summary>
/// K(agency, epoch): the AES-256 key that enciphers one agency's link codes of one epoch.
/// Derived as HKDF-SHA256(ikm = the epoch's master, no salt, info = "infolink/link-code/" ‖ agency id, 32 bytes).
/// </summary>
/// <remarks>
/// Works on whole batches of 16-byte blocks in place. Threads take turns; a batch of one costs microseconds. Once disposed it refuses
/// by value, since a cache may drop a key that another thread has just looked up.
/// </remarks>
internal sealed class LinkCodeKey : IDisposable
{
    private const int KeyLength = 32;

    private readonly Lock _gate = new();
    private readonly Aes _aes = Aes.Create();
    private bool _disposed;

    private LinkCodeKey(ReadOnlySpan<byte> key) => _aes.SetKey(key);

    public static LinkCodeKey Derive(ReadOnlySpan<byte> master, AgencyId agency)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, master, key, salt: [], Encoding.ASCII.GetBytes("infolink/link-code/" + agency.Value));
        var derived = new LinkCodeKey(key);
        CryptographicOperations.ZeroMemory(key);
        return derived;
    }

    /// <summary>A key nobody else has: what is deciphered under it is noise.</summary>
    public static LinkCodeKey Decoy()
    {
        Span<byte> key = stackalloc byte[KeyLength];
        RandomNumberGenerator.Fill(key);
        var decoy = new LinkCodeKey(key);
        CryptographicOperations.ZeroMemory(key);
        return decoy;
    }

    /// <summary>Enciphers the blocks in place; false, and nothing done, once disposed.</summary>
    public bool TryEncrypt(Span<byte> blocks)
    {
        lock (_gate)
            return !_disposed && _aes.EncryptEcb(blocks, blocks, PaddingMode.None) == blocks.Length;
    }

    /// <summary>Deciphers the blocks in place; false, and nothing done, once disposed.</summary>
    public bool TryDecrypt(Span<byte> blocks)
    {
        lock (_gate)
            return !_disposed && _aes.DecryptEcb(blocks, blocks, PaddingMode.None) == blocks.Length;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _aes.Dispose();
        }
    }
}
