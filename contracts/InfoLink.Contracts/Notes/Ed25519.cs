namespace InfoLink.Contracts.Notes;

/// <summary>
/// Ed25519 as RFC 8032 has it (pure, no context), which .NET does not offer yet. Whoever implements it MUST refuse a signature whose scalar
/// is not below the group's order, and MUST NOT throw on any bytes of the right length.
/// </summary>
internal interface IEd25519
{
    /// <summary>The 32-byte public key of a 32-byte seed.</summary>
    byte[] PublicKey(byte[] seed);

    /// <summary>
    /// The 64-byte signature; the same bytes for the same seed and message. The public key MUST be the seed's own, kept so that it is not computed
    /// each time: two signatures of one message under two public keys would give the private key away.
    /// </summary>
    byte[] Sign(byte[] seed, byte[] publicKey, ReadOnlySpan<byte> message);

    /// <summary>
    /// Is it this key's signature? The public key MUST be one that is pinned (configured, or signed by the authority), never one that came
    /// with what is verified: for keys made in bad faith the answer means nothing.
    /// </summary>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature);
}

/// <summary>The one place that says whose Ed25519 is in use.</summary>
internal static class Ed25519
{
    /// <summary>Bytes of a private key's seed.</summary>
    public const int SeedSize = 32;

    public const int PublicKeySize = 32;

    public const int SignatureSize = 64;

    private static readonly BouncyCastleEd25519 Implementation = new();

    public static byte[] PublicKey(byte[] seed) => Implementation.PublicKey(seed);

    /// <summary>As <see cref="IEd25519.Sign"/>: for <see cref="Ed25519PrivateKey"/> alone, which made the public key of the seed.</summary>
    public static byte[] Sign(byte[] seed, byte[] publicKey, ReadOnlySpan<byte> message) => Implementation.Sign(seed, publicKey, message);

    /// <summary>As <see cref="IEd25519.Verify"/>; false where a length is wrong.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        publicKey.Length == PublicKeySize && signature.Length == SignatureSize && Implementation.Verify(publicKey, message, signature);
}
