using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using InfoLink.Matching;

namespace InfoLink.Samples.Registry.Keeping;

/// <summary>
/// The digests by which people are looked up: of each two of name, day of birth and municipality. Whoever agrees with a record in two of the three is looked at; who agrees in one alone is
/// nobody's match and nobody's doubt. In a register of 125 million people a digest is that of some twenty.
/// </summary>
internal static class Blocks
{
    public static NormalForm FormOf(Attributes attributes) => NormalForm.Of(new BasicAttributes
    {
        Name = attributes.Name,
        Kana = attributes.Kana,
        Address = attributes.Address,
        BirthDate = attributes.BirthDate,
        Sex = attributes.Sex,
    });

    /// <summary>None to three.</summary>
    public static IEnumerable<long> Of(NormalForm form)
    {
        var name = form.Name?.Key;
        var birth = form.Birth?.Date is { } date ? date.ToString("yyyyMMdd") : null;
        var place = form.Address?.Code;
        if (name is not null && birth is not null)
        {
            yield return Digest('a', name, birth);
        }

        if (birth is not null && place is not null)
        {
            yield return Digest('b', birth, place);
        }

        if (name is not null && place is not null)
        {
            yield return Digest('c', name, place);
        }
    }

    private static long Digest(char kind, string first, string second) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}{first}\u001f{second}")));
}
