using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Broker.Codes;

/// <summary>
/// K(agency, epoch): the AES-256 key that enciphers one agency's link codes of one epoch.
/// Derived as HKDF-SHA256(ikm = the epoch's master, no salt, info = "infolink/link-code/" ‖ agency id, 32 bytes).
/// </summary>
/// <remarks>
/// Works on whole batches of 16-byte blocks in place; threads take turns. Once disposed it refuses by value, since a cache may drop a key
/// that another thread has just looked up.
/// </remarks>
internal sealed class LinkCodeKey : IDisposable
{
    private const int KeyLength = 32;

    private readonly Lock _gate = new();
    private readonly Aes _aes = Aes.Create();

    // Kept from call to call: setting one up costs as much as five hundred blocks. ECB has no state that a batch could leave behind.
    private ICryptoTransform? _encryptor;
    private ICryptoTransform? _decryptor;
    private bool _disposed;

    private LinkCodeKey(ReadOnlySpan<byte> key)
    {
        _aes.Mode = CipherMode.ECB;
        _aes.Padding = PaddingMode.None;
        _aes.SetKey(key);
    }

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
    public bool TryEncrypt(ArraySegment<byte> blocks)
    {
        lock (_gate)
            return !_disposed && Transform(_encryptor ??= _aes.CreateEncryptor(), blocks);
    }

    /// <summary>Deciphers the blocks in place; false, and nothing done, once disposed.</summary>
    public bool TryDecrypt(ArraySegment<byte> blocks)
    {
        lock (_gate)
            return !_disposed && Transform(_decryptor ??= _aes.CreateDecryptor(), blocks);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _encryptor?.Dispose();
            _decryptor?.Dispose();
            _aes.Dispose();
        }
    }

    private static bool Transform(ICryptoTransform cipher, ArraySegment<byte> blocks) =>
        blocks.Count == 0
        || cipher.TransformBlock(blocks.Array!, blocks.Offset, blocks.Count, blocks.Array!, blocks.Offset) == blocks.Count;
}
