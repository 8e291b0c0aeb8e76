using System.Security.Cryptography;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Sealing;

namespace InfoLink.Broker.Linking;

/// <summary>
/// The key that tickets are sealed to, and the name of a giving: both follow from the broker's grant key, which brokers side by side share, so a ticket may
/// be brought to any of them.
/// </summary>
internal sealed class TicketKey : IDisposable
{
    private const int SecretLength = 32;
    private readonly byte[] _naming;

    public TicketKey(ReadOnlySpan<byte> grantKey)
    {
        Span<byte> secret = stackalloc byte[SecretLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, grantKey, secret, [], "infolink/ticket-key/v1"u8);
        Pair = SealingKeyPair.Derive(secret);
        PublicKey = SealingKeyPair.PublicOf(Pair);
        CryptographicOperations.ZeroMemory(secret);
        _naming = new byte[SecretLength];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, grantKey, _naming, [], "infolink/ticket-name/v1"u8);
    }

    public ECDiffieHellman Pair { get; }

    /// <summary>65 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>What the giving of this ticket's codes is called on record. The ticket's own id is known to the registry, which must not find the record by it.</summary>
    public ExchangeId NameOf(ReadOnlySpan<byte> ticketId) => ExchangeId.FromBytes(HMACSHA256.HashData(_naming, ticketId).AsSpan(0, ExchangeId.Size));

    public void Dispose()
    {
        Pair.Dispose();
        CryptographicOperations.ZeroMemory(_naming);
    }

    public override string ToString() => "TicketKey(redacted)";
}
