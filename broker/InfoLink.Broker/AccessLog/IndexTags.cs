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
        var kept = _newest;
        var key = kept.Year == year ? kept.Key : KeyOf(year);
        HMACSHA256.HashData(key, person, tag);
        if (year > kept.Year)
        {
            _newest = new YearKey(year, key);
        }
        else if (year < kept.Year)
        {
            CryptographicOperations.ZeroMemory(key); // Of a year that is over.
        }

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

    private byte[] KeyOf(int year) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256,
        indexMaster,
        outputLength: 32,
        info: Encoding.ASCII.GetBytes($"infolink/index-tag/{year}"));

    /// <summary>The newest year's key, which a thousand persons of one call share and nearly all calls.</summary>
    private sealed class YearKey(int year, byte[] key)
    {
        public int Year { get; } = year;

        public byte[] Key { get; } = key;
    }
}
