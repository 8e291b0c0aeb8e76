using System.Numerics;
using System.Security.Cryptography;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// A public key on NIST P-256 as 65 bytes: 0x04 ‖ x(32) ‖ y(32), the uncompressed form of SEC 1 §2.3.3 that RFC 9180 prescribes.
/// </summary>
/// <remarks>
/// Points from a peer are checked here, not left to the platform's library: coordinates below p and y² = x³ − 3x + b, the partial
/// validation RFC 9180 §7.1.4 asks for (the cofactor is 1, and the point at infinity has no such form). Public values only,
/// so variable-time arithmetic tells nothing.
/// </remarks>
internal static class P256Point
{
    public const int Length = 65;
    private const int CoordinateLength = 32;

    // SP 800-186 §3.2.1.3
    private static readonly BigInteger P = FromHex("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");
    private static readonly BigInteger B = FromHex("5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B");

    /// <exception cref="SealingException"><see cref="SealingFault.NotAPoint"/>.</exception>
    public static ECParameters Parse(ReadOnlySpan<byte> point)
    {
        if (!IsOnCurve(point))
            throw new SealingException(SealingFault.NotAPoint, "A public key must be an uncompressed point on P-256 (65 bytes).");
        return new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint
            {
                X = point.Slice(1, CoordinateLength).ToArray(),
                Y = point[(1 + CoordinateLength)..].ToArray(),
            },
        };
    }

    public static bool IsOnCurve(ReadOnlySpan<byte> point)
    {
        if (point.Length != Length || point[0] != 0x04)
            return false;
        var x = new BigInteger(point.Slice(1, CoordinateLength), isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(point[(1 + CoordinateLength)..], isUnsigned: true, isBigEndian: true);
        return x < P && y < P && ((y * y) - (x * x * x) + (3 * x) - B) % P == BigInteger.Zero;
    }

    /// <summary>The 65 bytes of this key's public half.</summary>
    /// <exception cref="ArgumentException">The key is not on P-256.</exception>
    public static byte[] Of(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false);
        byte[] point = [0x04, .. q.Q.X!, .. q.Q.Y!];
        return IsOnCurve(point) ? point : throw new ArgumentException("The key is not on P-256.", nameof(key));
    }

    private static BigInteger FromHex(string hex) => new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);
}
