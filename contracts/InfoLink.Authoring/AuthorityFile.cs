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
    /// <exception cref="DocumentException">Not 1 to 20 different keys, a threshold they cannot reach, or a life that is too long.</exception>
    public static SignedDocument Draft(
        string platform, IReadOnlyCollection<P256PublicKey> keys, int threshold, Authority? previous, DateTimeOffset now, DateOnly? expires = null)
    {
        var body = DocumentNode.Mapping.Containing(
            ("threshold", DocumentNode.Of(threshold.ToString(CultureInfo.InvariantCulture))),
            ("keys", DocumentNode.ListOf(keys.Select(key => DocumentNode.Of(key.ToString())).OrderBy(key => key.Text, StringComparer.Ordinal))));
        var last = expires ?? JapanTime.CivilDate(now).AddDays(DocumentKind.Authority.LongestDays());
        var draft = SignedDocument.Draft(CanonicalJson.Write(HeaderReader.Write(body, DocumentKind.Authority, platform, previous?.Header, now, last)));
        Documents.Authority(draft).Header.RequireTimely(now);
        return draft;
    }

    /// <summary>A draft of the next authority: with some keys more, some less, another threshold. The old threshold and the new one must sign it.</summary>
    /// <exception cref="DocumentException">
    /// <see cref="DocumentFault.DoesNotFit"/>: a key that is there already, or is not there to be removed, or nothing changes. Otherwise as <see cref="Draft"/>.
    /// </exception>
    public static SignedDocument Change(
        Authority current, IReadOnlyCollection<P256PublicKey> add, IReadOnlyCollection<string> remove, int? threshold, DateTimeOffset now, DateOnly? expires = null)
    {
        if (add.FirstOrDefault(key => current.Keys.ContainsKey(DocumentSignature.KeyIdOf(key))) is { } held)
        {
            throw Unfit($"The key {DocumentSignature.KeyIdOf(held)} is one of the authority's already.");
        }

        if (remove.FirstOrDefault(keyId => !current.Keys.ContainsKey(keyId)) is { } unknown)
        {
            throw Unfit($"The authority has no key {unknown}. Its keys are {string.Join(", ", current.Keys.Keys.Order(StringComparer.Ordinal))}.");
        }

        var keys = current.Keys.Where(pair => !remove.Contains(pair.Key, StringComparer.Ordinal)).Select(pair => pair.Value).Concat(add).ToList();
        if (add.Count == 0 && remove.Count == 0 && (threshold ?? current.Threshold) == current.Threshold && expires is null)
        {
            throw Unfit("Nothing changes. Add or remove a key, set the threshold, or set another last day.");
        }

        return Draft(current.Platform, keys, threshold ?? current.Threshold, current, now, expires);
    }

    private static DocumentException Unfit(string message) => new(DocumentFault.DoesNotFit, message);

    internal static Authority? Read(Fields file, DocumentHeader header)
    {
        var once = new OnceOnly();
        var keys = (file.Required("keys")?.List(MostKeys) ?? []).Select(spot => once.Key(spot)).OfType<P256PublicKey>().ToList();
        var threshold = file.Required("threshold")?.Integer(1, Math.Max(1, keys.Count));
        return keys.Count > 0 && threshold is { } needed && needed <= keys.Count ? new Authority(header, keys, needed) : null;
    }
}
