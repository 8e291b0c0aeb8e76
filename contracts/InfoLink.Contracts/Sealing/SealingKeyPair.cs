using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>A party's lasting key pair that others seal to (HPKE, DHKEM(P-256, HKDF-SHA256)).</summary>
public static class SealingKeyPair
{
    private const int PrivateKeyLength = 32;

    // n of P-256, SP 800-186 §3.2.1.3
    private static readonly byte[] Order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    private static ReadOnlySpan<byte> SuiteId => "KEM\x00\x10"u8;

    /// <summary>DeriveKeyPair of RFC 9180 §7.1.3: the same pair from the same secret, wherever it is derived.</summary>
    /// <param name="secret">At least 32 bytes of full entropy.</param>
    /// <exception cref="ArgumentException">Fewer bytes.</exception>
    public static ECDiffieHellman Derive(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < PrivateKeyLength)
        {
            throw new ArgumentException("A key pair is derived from at least 32 bytes.", nameof(secret));
        }

        var prk = HpkeSuite.LabeledExtract(HashAlgorithmName.SHA256, PrivateKeyLength, SuiteId, [], "dkp_prk"u8, secret);
        try
        {
            for (var counter = 0; counter <= byte.MaxValue; counter++)
            {
                var candidate = HpkeSuite.LabeledExpand(HashAlgorithmName.SHA256, SuiteId, prk, "candidate"u8, [(byte)counter], PrivateKeyLength);
                try
                {
                    if (candidate.AsSpan().ContainsAnyExcept((byte)0) && candidate.AsSpan().SequenceCompareTo(Order) < 0)
                    {
                        return ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = candidate });
                    }
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(candidate);
                }
            }

            throw new CryptographicException("No key pair follows from this secret (probability 2⁻⁸⁰⁰⁰).");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(prk);
        }
    }

    /// <summary>The public half as 65 bytes: an uncompressed point.</summary>
    public static byte[] PublicOf(ECDiffieHellman key) => P256Point.Of(key);

    /// <summary>Whether these bytes are a public key that can be sealed to.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> bytes) => P256Point.IsOnCurve(bytes);
}
