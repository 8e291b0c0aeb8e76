using System.Globalization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>The document with the authority's own keys.</summary>
public static class AuthorityFile
{
    internal static readonly string[] Fields = ["threshold", "keys"];

    private const int MostKeys = 20;

    /// <summary>A draft of the first authority of a platform, or of the one after <paramref name="previous"/>.</summary>
    /// <exception cref="DocumentException">Not 1 to 20 different keys, or a threshold they cannot reach.</exception>
    public static SignedDocument Draft(
        string platform, IReadOnlyCollection<P256PublicKey> keys, int threshold, Authority? previous, DateTimeOffset now, DateOnly? expires = null)
    {
        var body = DocumentNode.Mapping.Containing(
            ("threshold", DocumentNode.Of(threshold.ToString(CultureInfo.InvariantCulture))),
            ("keys", DocumentNode.ListOf(keys.Select(key => DocumentNode.Of(key.ToString())).OrderBy(key => key.Text, StringComparer.Ordinal))));
        var last = expires ?? JapanTime.CivilDate(now).AddDays(DocumentKind.Authority.LongestDays());
        var draft = SignedDocument.Draft(CanonicalJson.Write(HeaderReader.Write(body, DocumentKind.Authority, platform, previous?.Header, now, last)));
        _ = Documents.Authority(draft);
        return draft;
    }

    internal static Authority? Read(Fields file, DocumentHeader header)
    {
        var once = new OnceOnly();
        var keys = (file.Required("keys")?.List(MostKeys) ?? []).Select(spot => once.Key(spot)).OfType<P256PublicKey>().ToList();
        var threshold = file.Required("threshold")?.Integer(1, Math.Max(1, keys.Count));
        return keys.Count > 0 && threshold is { } needed && needed <= keys.Count ? new Authority(header, keys, needed) : null;
    }
}
