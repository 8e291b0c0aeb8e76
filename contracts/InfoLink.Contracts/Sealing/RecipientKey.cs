using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace InfoLink.Contracts.Sealing;

/// <summary>
/// The requester's key for one exchange: a fresh P-256 pair. Its thumbprint goes into the token (<c>rek</c>), its public half to the
/// provider, and answers are sealed to it, so they open for nobody who was not named at approval.
/// </summary>
/// <remarks>Never written anywhere and disposed after the exchange: what was sealed to it then stays closed for good.</remarks>
public sealed class RecipientKey : IDisposable
{
    /// <summary>Bytes of a public key: an uncompressed P-256 point.</summary>
    public const int PublicKeyLength = P256Point.Length;

    private readonly ECDiffieHellman _key;
    private readonly byte[] _publicKey;
    private readonly byte[] _thumbprint;

    private RecipientKey(ECDiffieHellman key)
    {
        _key = key;
        _publicKey = P256Point.Of(key);
        _thumbprint = ThumbprintOf(_publicKey);
    }

    /// <summary>A fresh pair.</summary>
    public static RecipientKey Create() => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Takes over a pair that exists: for vectors.</summary>
    internal static RecipientKey From(ECDiffieHellman key) => new(key);

    /// <summary>0x04 ‖ x(32) ‖ y(32).</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>SHA-256 JWK thumbprint of the public key (RFC 7638), 32 bytes.</summary>
    public ReadOnlyMemory<byte> Thumbprint => _thumbprint;

    /// <summary>The thumbprint as it stands in a token: base64url without padding, 43 characters.</summary>
    public string Rek => Base64Url.EncodeToString(_thumbprint);

    internal ECDiffieHellman PrivateKey => _key;

    /// <summary>
    /// The RFC 7638 thumbprint of any P-256 public key given as 65 bytes: SHA-256 of
    /// <c>{"crv":"P-256","kty":"EC","x":"…","y":"…"}</c>. The provider compares it with the token's <c>rek</c>.
    /// </summary>
    /// <exception cref="SealingException"><see cref="SealingFault.NotAPoint"/>.</exception>
    public static byte[] ThumbprintOf(ReadOnlySpan<byte> publicKey)
    {
        var q = P256Point.Parse(publicKey).Q;
        string x = Base64Url.EncodeToString(q.X), y = Base64Url.EncodeToString(q.Y);
        return SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
    }

    /// <summary>Lets go of the private key.</summary>
    public void Dispose() => _key.Dispose();

    /// <summary>The thumbprint, which is public.</summary>
    public override string ToString() => $"RecipientKey({Rek})";
}
