using Bouncy = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace InfoLink.Contracts.Notes;

/// <summary>Ed25519 by Bouncy Castle: the only file that knows it, so that a move to another implementation is this one.</summary>
internal sealed class BouncyCastleEd25519 : IEd25519
{
    public byte[] PublicKey(byte[] seed)
    {
        var publicKey = new byte[Bouncy.PublicKeySize];
        Bouncy.GeneratePublicKey(seed, 0, publicKey, 0);
        return publicKey;
    }

    public byte[] Sign(byte[] seed, byte[] publicKey, ReadOnlySpan<byte> message)
    {
        var signature = new byte[Bouncy.SignatureSize];
        Bouncy.Sign(seed, 0, publicKey, 0, message.ToArray(), 0, message.Length, signature, 0);
        return signature;
    }

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Bouncy.Verify(signature.ToArray(), 0, publicKey.ToArray(), 0, message.ToArray(), 0, message.Length);
}
