using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Agent.AccessLog;

/// <summary>
/// What the agent's own stores hold of persons, at rest: <c>0x01 ‖ salt(32) ‖ AES-256-GCM</c> with a key of its own for each row, HKDF-SHA256(content key, salt, label), so that no
/// nonce is ever used twice; bound to the row it stands in.
/// </summary>
/// <param name="contentKey">32 bytes.</param>
/// <param name="label">Of the store, so that no store's row opens in another.</param>
internal sealed class RowSeal(byte[] contentKey, string label)
{
    private const byte Version = 1;
    private const int SaltSize = 32;
    private const int TagSize = 16;
    private static readonly byte[] Nonce = new byte[12];
    private readonly byte[] _label = Encoding.ASCII.GetBytes(label);

    /// <param name="row">Names the row.</param>
    /// <param name="plaintext">Stays the caller's, to be wiped.</param>
    public byte[] Seal(ReadOnlySpan<byte> row, ReadOnlySpan<byte> plaintext)
    {
        var content = new byte[1 + SaltSize + plaintext.Length + TagSize];
        content[0] = Version;
        var salt = content.AsSpan(1, SaltSize);
        RandomNumberGenerator.Fill(salt);
        using var cipher = Cipher(salt);
        cipher.Encrypt(Nonce, plaintext, content.AsSpan(1 + SaltSize, plaintext.Length), content.AsSpan(^TagSize..), row);
        return content;
    }

    /// <exception cref="InvalidOperationException">The content is not this row's, was changed, or was sealed under another content key.</exception>
    public byte[] Open(ReadOnlySpan<byte> row, ReadOnlySpan<byte> content)
    {
        if (content.Length >= 1 + SaltSize + TagSize && content[0] == Version)
        {
            var plaintext = new byte[content.Length - 1 - SaltSize - TagSize];
            try
            {
                using var cipher = Cipher(content.Slice(1, SaltSize));
                cipher.Decrypt(Nonce, content.Slice(1 + SaltSize, plaintext.Length), content[^TagSize..], plaintext, row);
                return plaintext;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Said below.
            }
        }

        throw new InvalidOperationException("A row cannot be opened: the content key (contentKey in agent.json) is not the one it was sealed under, or the file was changed.");
    }

    private AesGcm Cipher(ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, contentKey, key, salt, _label);
        var cipher = new AesGcm(key, TagSize);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
