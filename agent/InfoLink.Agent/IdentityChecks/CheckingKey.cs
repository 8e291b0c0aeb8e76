using System.Security.Cryptography;
using InfoLink.Contracts.Sealing;

namespace InfoLink.Agent.IdentityChecks;

/// <summary>The key that others seal identity checks to; it follows from the agency's content key, so that several processes of one agency have the same.</summary>
internal sealed class CheckingKey : IDisposable
{
    public CheckingKey(ReadOnlySpan<byte> contentKey)
    {
        Span<byte> secret = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, contentKey, secret, [], "infolink/identity-key/v1"u8);
        Pair = SealingKeyPair.Derive(secret);
        PublicKey = SealingKeyPair.PublicOf(Pair);
        CryptographicOperations.ZeroMemory(secret);
    }

    public ECDiffieHellman Pair { get; }

    /// <summary>65 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    public void Dispose() => Pair.Dispose();

    public override string ToString() => "CheckingKey(redacted)";
}
