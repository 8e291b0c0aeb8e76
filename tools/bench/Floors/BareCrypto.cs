using System.Security.Cryptography;

namespace InfoLink.Bench.Floors;

/// <summary>The sealing of an exchange with nothing around it: key pairs, agreements, HKDF steps and AES-256-GCM, as many as HPKE and the seals make.</summary>
internal static class BareCrypto
{
    private const int TagSize = 16;
    private const int CoordinateLength = 32;
    private static readonly byte[] Nonce = new byte[12];
    private static readonly byte[] Label = new byte[80];

    /// <summary>One key pair on P-256.</summary>
    public static ECDiffieHellman KeyPair() => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public half, 65 bytes.</summary>
    public static byte[] PointOf(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [0x04, .. q.X!, .. q.Y!];
    }

    /// <summary>One agreement, and HPKE's key schedule: four extracts and four expands.</summary>
    public static byte[] Agree(ECDiffieHellman own, ReadOnlySpan<byte> point)
    {
        var q = new ECPoint { X = point.Slice(1, CoordinateLength).ToArray(), Y = point[(1 + CoordinateLength)..].ToArray() };
        using var peer = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = q });
        using var peerPublic = peer.PublicKey;
        var secret = own.DeriveRawSecretAgreement(peerPublic);
        Span<byte> key = stackalloc byte[32];
        for (var i = 0; i < 4; i++)
        {
            HKDF.Extract(HashAlgorithmName.SHA256, secret, Label, key);
        }

        var expanded = new byte[32];
        for (var i = 0; i < 4; i++)
        {
            HKDF.Expand(HashAlgorithmName.SHA256, key, expanded, Label);
        }

        return expanded;
    }

    /// <summary>One AES-256-GCM encryption; the tag stands at the end.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[plaintext.Length + TagSize];
        using var cipher = new AesGcm(key, TagSize);
        cipher.Encrypt(Nonce, plaintext, ciphertext.AsSpan(0, plaintext.Length), ciphertext.AsSpan(plaintext.Length));
        return ciphertext;
    }

    /// <summary>One AES-256-GCM decryption.</summary>
    /// <exception cref="AuthenticationTagMismatchException">It is not what was sealed.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> ciphertext)
    {
        var plaintext = new byte[ciphertext.Length - TagSize];
        using var cipher = new AesGcm(key, TagSize);
        cipher.Decrypt(Nonce, ciphertext[..plaintext.Length], ciphertext[plaintext.Length..], plaintext);
        return plaintext;
    }

    /// <summary>One HKDF from a kept key and a salt.</summary>
    public static byte[] Derive(byte[] kept, ReadOnlySpan<byte> salt)
    {
        var key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, kept, key, salt, Label.AsSpan(0, 16));
        return key;
    }
}
