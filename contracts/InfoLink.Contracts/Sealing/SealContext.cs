using System.Buffers.Binary;
using System.Text;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// What a sealed answer is bound to. Both sides build it from the token they hold, and a seal made for another exchange, token,
/// agency or catalog does not open.
/// </summary>
/// <param name="ExchangeId">The token's <c>txn</c>.</param>
/// <param name="Jti">The token's <c>jti</c> as its 16 raw bytes.</param>
/// <param name="Requester">The token's <c>sub</c>.</param>
/// <param name="Provider">The token's <c>aud</c>.</param>
/// <param name="CatalogHash">SHA-256 of the signed catalog bytes, 32 bytes, as the token names it.</param>
public readonly record struct SealContext(
    ExchangeId ExchangeId, ReadOnlyMemory<byte> Jti, AgencyId Requester, AgencyId Provider, ReadOnlyMemory<byte> CatalogHash)
{
    /// <summary>The one suite of today: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.</summary>
    public const byte Suite = 0x01;

    /// <summary>Bytes of <see cref="Jti"/>.</summary>
    public const int JtiLength = 16;

    /// <summary>Bytes of <see cref="CatalogHash"/>.</summary>
    public const int CatalogHashLength = 32;

    /// <summary>
    /// HPKE's info: <c>"infolink/seal/v1"</c> ‖ suite(1) ‖ exchange id, jti, requester, provider, catalog hash, each behind its
    /// length (2 bytes, big-endian).
    /// </summary>
    /// <exception cref="ArgumentException">A field is missing or has the wrong length.</exception>
    internal byte[] ToInfo()
    {
        Require(Jti.Length == JtiLength, "A jti is 16 bytes.");
        Require(CatalogHash.Length == CatalogHashLength, "A catalog hash is 32 bytes.");
        Require(Requester.Value.Length > 0 && Provider.Value.Length > 0, "A seal names its requester and provider.");
        return
        [
            .. "infolink/seal/v1"u8, Suite,
            .. Field(ExchangeId.ToArray()), .. Field(Jti.Span),
            .. Field(Encoding.ASCII.GetBytes(Requester.Value)), .. Field(Encoding.ASCII.GetBytes(Provider.Value)),
            .. Field(CatalogHash.Span),
        ];
    }

    private static byte[] Field(ReadOnlySpan<byte> value)
    {
        var field = new byte[2 + value.Length];
        BinaryPrimitives.WriteUInt16BigEndian(field, (ushort)value.Length);
        value.CopyTo(field.AsSpan(2));
        return field;
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
            throw new ArgumentException(message);
    }
}
