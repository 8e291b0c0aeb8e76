using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Matching;

namespace InfoLink.Agent.IdentityChecks;

/// <summary>What two agencies' tags say of whether they mean the same person.</summary>
internal enum IdentityVerdict
{
    /// <summary>Birth and name agree.</summary>
    Same,

    /// <summary>Not certain: birth agrees and the name does not, or something is missing at one side. A person decides.</summary>
    Doubtful,

    /// <summary>Somebody else.</summary>
    Other,
}

/// <summary>
/// The identity check of one person (SPEC §13): HMAC-SHA256 under 32 fresh random bytes over birth date and sex, and over the kana name in normal form, each
/// cut to 8 bits. A wrong link is found 255 times in 256 by either; what a provider could learn of somebody who is wrongly linked is bounded by 16 bits.
/// </summary>
/// <param name="Birth">Null: birth date or sex are not known.</param>
/// <param name="Kana">Null: the kana name is not known.</param>
internal readonly record struct IdentityTags(byte? Birth, byte? Kana)
{
    /// <summary>Bytes of the key.</summary>
    public const int KeyLength = 32;

    private static readonly int[] SexCodes = [(int)SexForm.Male, (int)SexForm.Female];

    /// <summary>The tags of what an agency knows of a person; none where it knows nothing.</summary>
    public static IdentityTags Of(ReadOnlySpan<byte> key, BasicAttributes? attributes)
    {
        var form = NormalForm.Of(attributes ?? new BasicAttributes());
        var birth = form is { Birth.Date: { } date, Sex: { } sex } && SexCodes.Contains((int)sex)
            ? date.ToString("yyyyMMdd", CultureInfo.InvariantCulture) + "/" + ((int)sex).ToString(CultureInfo.InvariantCulture)
            : null;
        return new IdentityTags(Tag(key, "infolink/identity/birth/v1/"u8, birth), Tag(key, "infolink/identity/kana/v1/"u8, form.Kana));
    }

    /// <summary>Birth and name equal: the same. Birth equal, name not: a person decides. Else another person. What is missing decides nothing by itself.</summary>
    public IdentityVerdict Compare(IdentityTags other)
    {
        bool? birth = Birth is { } a && other.Birth is { } b ? a == b : null, kana = Kana is { } c && other.Kana is { } d ? c == d : null;
        return (birth, kana) switch
        {
            (true, true) => IdentityVerdict.Same,
            (false, _) or (null, false) => IdentityVerdict.Other,
            _ => IdentityVerdict.Doubtful,
        };
    }

    /// <summary>Never the tags.</summary>
    public override string ToString() => "IdentityTags(redacted)";

    private static byte? Tag(ReadOnlySpan<byte> key, ReadOnlySpan<byte> label, string? value)
    {
        if (value is null)
        {
            return null;
        }

        byte[] message = [.. label, .. Encoding.UTF8.GetBytes(value)];
        Span<byte> tag = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, message, tag);
        CryptographicOperations.ZeroMemory(message);
        return tag[0];
    }
}
