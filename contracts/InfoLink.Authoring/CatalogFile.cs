using System.Globalization;
using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>
/// Reads a catalog as people write it. A file is either a whole catalog, whose examples hold, or all its errors at once.
/// What the fields mean is said at the types they become (InfoLink.Contracts.Catalog); samples/Network/catalog.yaml shows them all.
/// </summary>
public static class CatalogFile
{
    internal static readonly string[] Names = ["effectiveFrom", "categories", "kinds", "tasks", "entries", "examples"];

    /// <param name="path">The file; errors name it as it is given here.</param>
    public static Loaded<StatuteCatalog> Read(string path)
    {
        var errors = new ErrorSheet(path);
        return AuthoredFile.Bytes(path, errors) is { } bytes ? Parse(bytes, errors) : errors.Broken<StatuteCatalog>();
    }

    /// <param name="name">What errors call the file.</param>
    /// <param name="bytes">The file as distributed; the catalog bears their hash.</param>
    public static Loaded<StatuteCatalog> Parse(string name, ReadOnlySpan<byte> bytes) => Parse(bytes, new ErrorSheet(name));

    /// <summary>A draft for the authority's signatures: the file's content as the version after <paramref name="previous"/>.</summary>
    /// <param name="name">What errors call the file.</param>
    /// <param name="bytes">The YAML.</param>
    /// <param name="platform">The SPIFFE trust domain.</param>
    /// <param name="previous">The newest version that was signed; null: this is the first.</param>
    /// <param name="now">The time of issue.</param>
    /// <param name="expires">The last day; null: as the file says.</param>
    public static Loaded<SignedDocument> Draft(string name, ReadOnlySpan<byte> bytes, string platform, DocumentHeader? previous, DateTimeOffset now, DateOnly? expires = null)
    {
        var errors = new ErrorSheet(name);
        var loaded = Parse(bytes, errors);
        return loaded switch
        {
            Loaded<StatuteCatalog>.Whole whole => AuthoredFile.Draft(
                bytes, DocumentKind.Catalog, platform, previous, now, expires ?? whole.Value.Expires, errors),
            _ => errors.Broken<SignedDocument>(),
        };
    }

    private static Loaded<StatuteCatalog> Parse(ReadOnlySpan<byte> bytes, ErrorSheet errors)
    {
        var document = AuthoredFile.Document(bytes, errors);
        if (document?.Fields(["version", "expires", .. Names]) is not { } file)
        {
            return errors.Broken<StatuteCatalog>();
        }

        var version = file.Optional("version")?.Integer(1, int.MaxValue);
        var expires = file.Required("expires")?.Date();
        var catalog = Read(file, version ?? 1, SHA256.HashData(bytes), expires ?? DateOnly.MaxValue, errors);
        return catalog is not null && errors.IsEmpty ? new Loaded<StatuteCatalog>.Whole(catalog) : errors.Broken<StatuteCatalog>();
    }

    /// <summary>The catalog in these fields, whose examples hold; null where there are errors.</summary>
    internal static StatuteCatalog? Read(Fields file, int version, ReadOnlySpan<byte> sha256, DateOnly expires, ErrorSheet errors)
    {
        var effectiveAt = file.Required("effectiveFrom")?.Value<DateTimeOffset>(Moment, "a day in Japan as 2026-04-01, or a time there as 2026-04-01T09:00:00");
        var effectiveFrom = JapanTime.CivilDate(effectiveAt.GetValueOrDefault());
        if (effectiveAt is not null)
        {
            file.Optional("expires").MustNotPrecede<DateOnly>(effectiveFrom, expires, "effectiveFrom");
        }

        // In this order: entries refer to what stands before them, examples to everything.
        var categories = CategoryReader.Read(file.Required("categories"));
        var kinds = KindReader.Read(file.Required("kinds"));
        var tasks = TaskReader.Read(file.Required("tasks"));
        var section = file.Required("entries");
        var places = errors.Know(section);
        var entries = new EntryReader(categories, kinds, tasks).Read(section);
        var examples = new ExampleReader(categories, effectiveFrom).Read(file.Required("examples"));
        if (!errors.IsEmpty)
        {
            return null;
        }

        var catalog = new StatuteCatalog(
            version,
            sha256,
            effectiveFrom,
            expires,
            categories.Values.OfType<AgencyCategory>(),
            kinds.Values.OfType<InformationKind>(),
            entries,
            examples.Select(example => example.Example))
        {
            EffectiveAt = effectiveAt.GetValueOrDefault(),
        };
        ExampleReader.MustHold(examples, catalog, places);
        return catalog;
    }

    private static bool Moment(string text, out DateTimeOffset moment)
    {
        var good = DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var civil)
            && civil.Year >= 1900; // At the calendar's first day there is no moment in Japan.
        moment = good ? JapanTime.At(civil) : default;
        return good;
    }
}
