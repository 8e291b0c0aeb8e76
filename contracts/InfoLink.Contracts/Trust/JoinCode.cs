using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Contracts.Trust;

/// <summary>
/// What an agency's operator types once to join: where the broker is and by which key it is known, whose platform and authority it is, for which agency,
/// until when, and a secret of 16 bytes. One text, Crockford base32, with a check of four bytes at its end so that a slip of the hand is told from a refusal.
/// </summary>
public sealed class JoinCode
{
    /// <summary>Bytes of the secret.</summary>
    public const int SecretSize = 16;

    private const byte Format = 1;
    private const int PointSize = 64;
    private const int CheckSize = 4;
    private const int MaxText = 1_100;
    private const int MaxField = 255;
    private readonly byte[] _secret;

    /// <param name="broker">https://host:port of the broker that made the code.</param>
    /// <param name="brokerKey">The broker's identity key: the server is pinned by it.</param>
    /// <param name="platform">The SPIFFE trust domain.</param>
    /// <param name="authority">Fingerprint of the authority's document in force.</param>
    /// <param name="agency">For whom.</param>
    /// <param name="expires">Whole seconds.</param>
    /// <param name="secret">16 random bytes.</param>
    /// <exception cref="ArgumentException">The secret is of another length, or the address or platform longer than 255 characters or not ASCII.</exception>
    public JoinCode(Uri broker, P256PublicKey brokerKey, string platform, Fingerprint authority, AgencyId agency, DateTimeOffset expires, ReadOnlySpan<byte> secret)
    {
        Broker = Fits(broker.GetLeftPart(UriPartial.Authority)) ? broker : throw new ArgumentException($"The broker's address is 1 to {MaxField} ASCII characters.", nameof(broker));
        BrokerKey = brokerKey;
        Platform = Fits(platform) ? platform : throw new ArgumentException($"A platform's name is 1 to {MaxField} ASCII characters.", nameof(platform));
        Authority = authority;
        Agency = agency;
        Expires = expires;
        _secret = secret.Length == SecretSize ? secret.ToArray() : throw new ArgumentException("The secret is 16 bytes.", nameof(secret));
    }

    public Uri Broker { get; }

    public P256PublicKey BrokerKey { get; }

    public string Platform { get; }

    public Fingerprint Authority { get; }

    public AgencyId Agency { get; }

    public DateTimeOffset Expires { get; }

    /// <summary>The secret; only for the call to the broker.</summary>
    public ReadOnlySpan<byte> RevealSecret() => _secret;

    /// <summary>The text that is handed over, over a channel that its reader trusts.</summary>
    public string Reveal()
    {
        var head = new byte[1 + 8 + SecretSize + Fingerprint.Size + PointSize];
        head[0] = Format;
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(1), Expires.ToUnixTimeSeconds());
        _secret.CopyTo(head.AsSpan(9));
        Authority.ToArray().CopyTo(head.AsSpan(9 + SecretSize));
        BrokerKey.Spki.Span[^PointSize..].CopyTo(head.AsSpan(9 + SecretSize + Fingerprint.Size));
        byte[] body = [.. head, .. Text(Agency.Value), .. Text(Platform), .. Text(Broker.GetLeftPart(UriPartial.Authority))];
        return Crockford.Encode([.. body, .. SHA256.HashData(body).AsSpan(0, CheckSize)]);
    }

    /// <summary>Blanks, line breaks and hyphens are passed over. False: mistyped, cut off, or no join code.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out JoinCode? code)
    {
        code = null;
        var dense = string.Concat(text.Where(character => !char.IsWhiteSpace(character) && character != '-'));
        var bytes = new byte[dense.Length * 5 / 8];
        if (dense.Length > MaxText || bytes.Length < CheckSize || !Crockford.TryDecode(dense, bytes))
        {
            return false;
        }

        var body = bytes.AsSpan(0, bytes.Length - CheckSize);
        return body.Length > 0
            && body[0] == Format
            && SHA256.HashData(body).AsSpan(0, CheckSize).SequenceEqual(bytes.AsSpan(body.Length))
            && TryRead(body, out code);
    }

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"JoinCode({Agency}, redacted)";

    private static bool TryRead(ReadOnlySpan<byte> body, [NotNullWhen(true)] out JoinCode? code)
    {
        code = null;
        const int HeadSize = 9 + SecretSize + Fingerprint.Size + PointSize;
        if (body.Length < HeadSize)
        {
            return false;
        }

        var seconds = BinaryPrimitives.ReadInt64BigEndian(body[1..]);
        byte[] spki = [.. SpkiPrefix, .. body[(HeadSize - PointSize)..HeadSize]];
        var rest = body[HeadSize..];
        if (TryText(ref rest, out var agencyText) && AgencyId.TryParse(agencyText, out var agency)
            && TryText(ref rest, out var platform) && SpiffeName.IsPlatform(platform)
            && TryText(ref rest, out var address) && Endpoints.TryParse(address, out var broker)
            && string.Equals(broker.GetLeftPart(UriPartial.Authority), address, StringComparison.Ordinal) // One address, one text.
            && rest.IsEmpty
            && seconds is >= 0 and <= 253_402_300_799
            && P256PublicKey.TryParse(spki, out var key))
        {
            code = new JoinCode(
                broker,
                key,
                platform,
                Fingerprint.FromBytes(body.Slice(9 + SecretSize, Fingerprint.Size)),
                agency,
                DateTimeOffset.FromUnixTimeSeconds(seconds),
                body.Slice(9, SecretSize));
        }

        return code is not null;
    }

    /// <summary>The SubjectPublicKeyInfo of a P-256 key up to its point's coordinates (RFC 5480), the point uncompressed.</summary>
    private static ReadOnlySpan<byte> SpkiPrefix =>
        [0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04];

    private static bool Fits(string text) => text.Length is >= 1 and <= MaxField && text.All(char.IsAscii);

    private static byte[] Text(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return [(byte)bytes.Length, .. bytes];
    }

    private static bool TryText(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.IsEmpty || rest.Length < 1 + rest[0])
        {
            return false;
        }

        text = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return true;
    }
}
