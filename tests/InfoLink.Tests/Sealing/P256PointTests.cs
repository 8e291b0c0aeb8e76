using System.Security.Cryptography;
using InfoLink.Contracts.Sealing;
using Xunit;

namespace InfoLink.Tests.Sealing;

public sealed class P256PointTests : IDisposable
{
    private const string P = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

    // The generator, SP 800-186 §3.2.1.3.
    private const string Gx = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    private const string Gy = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

    private readonly RecipientKey _key = RecipientKey.Create();

    public static TheoryData<string, string> NotPoints => new()
    {
        { "", "nothing" },
        { "00", "the point at infinity" },
        { "03" + Gx, "a compressed point" },
        { "04" + Gx, "half a point" },
        { "04" + Gx + Gy + "00", "a byte too many" },
        { "05" + Gx + Gy, "an unknown form" },
        { "06" + Gx + Gy, "the hybrid form" },
        { "04" + Gx + Gy[..^1] + "4", "a point off the curve" },
        { "04" + Gy + Gx, "coordinates swapped" },
        { "04" + new string('0', 128), "zeros" },
        { "04" + P + Gy, "x is p" },
        { "04" + Gx + new string('f', 64), "y beyond p" },
        // y = 0 lies on the curve y² = x³ − 3x + c for c = 3x − x³, another curve: the classic invalid-curve attack
        { "04" + new string('0', 63) + "2" + new string('0', 64), "a point of order two on another curve" },
    };

    [Theory]
    [MemberData(nameof(NotPoints))]
    public void What_is_no_point_on_the_curve_is_refused_everywhere(string hex, string reason)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.False(P256Point.IsOnCurve(bytes), reason);
        AssertNotAPoint(() => HpkeSender.Setup(bytes, []));
        AssertNotAPoint(() => HpkeRecipient.Setup(_key.PrivateKey, bytes, []));
        AssertNotAPoint(() => RecipientKey.ThumbprintOf(bytes));
    }

    [Fact]
    public void The_generator_and_every_fresh_key_are_points()
    {
        Assert.True(P256Point.IsOnCurve(Convert.FromHexString("04" + Gx + Gy)));
        for (var i = 0; i < 50; i++)
        {
            using var key = RecipientKey.Create();
            Assert.True(P256Point.IsOnCurve(key.PublicKey.Span));
        }
    }

    [Fact]
    public void A_coordinate_plus_p_is_not_taken_for_the_coordinate()
    {
        // x = 5 has a point; x + p fits 32 bytes only for x < 2²⁵⁶ − p, which holds for 5.
        const string y = "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc";
        Assert.True(P256Point.IsOnCurve(Convert.FromHexString("04" + new string('0', 63) + "5" + y)));
        Assert.False(P256Point.IsOnCurve(Convert.FromHexString("04ffffffff00000001000000000000000000000001000000000000000000000004" + y)));
    }

    [Fact]
    public void Keys_on_other_curves_are_refused()
    {
        using var p384 = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => P256Point.Of(p384));
    }

    public void Dispose() => _key.Dispose();

    private static void AssertNotAPoint(Action use) => Assert.Equal(SealingFault.NotAPoint, Assert.Throws<SealingException>(use).Fault);
}
