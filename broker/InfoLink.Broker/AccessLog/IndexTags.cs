using System.Security.Cryptography;
using System.Text;
using InfoLink.Codes;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Broker.AccessLog;

/// <summary>
/// The tag under which a person's records of one year are found: HMAC-SHA256(year's key, kind ‖ serial(5)), cut to 16 bytes. The year's
/// key is HKDF-SHA256(index master, info = "infolink/index-tag/" ‖ year), the year in Japan; records of two years do not join by themselves.
/// </summary>
internal sealed class IndexTags(byte[] indexMaster) : IDisposable
{
    /// <summary>Bytes in a tag.</summary>
    public const int Size = 16;

    private volatile YearKey _newest = new(0, []);

    public byte[] Of(IdCode id, int year)
    {
        Span<byte> person = stackalloc byte[IdCode.PersonLength];
        Span<byte> tag = stackalloc byte[HMACSHA256.HashSizeInBytes];
        id.CopyPersonTo(person);
        HMACSHA256.HashData(KeyOf(year), person, tag);
        CryptographicOperations.ZeroMemory(person);
        return tag[..Size].ToArray();
    }

    /// <summary>The year, in Japan, that a record of this time belongs to.</summary>
    public static int YearOf(DateTimeOffset time) => JapanTime.CivilDate(time).Year;

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(indexMaster);
        CryptographicOperations.ZeroMemory(_newest.Key);
    }

    /// <summary>The year's key, which a thousand persons of one call share; one is kept, since nearly all calls are of one year.</summary>
    private byte[] KeyOf(int year)
    {
        if (_newest is var kept && kept.Year == year)
        {
            return kept.Key;
        }

        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, indexMaster, outputLength: 32, info: Encoding.ASCII.GetBytes($"infolink/index-tag/{year}"));
        if (year > kept.Year)
        {
            _newest = new YearKey(year, key);
        }

        return key;
    }

    private sealed record YearKey(int Year, byte[] Key);
}
