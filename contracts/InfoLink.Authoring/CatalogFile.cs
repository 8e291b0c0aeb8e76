using System.Security.Cryptography;
using InfoLink.Contracts.Catalog;

namespace InfoLink.Authoring;

/// <summary>
/// Reads a catalog as people write it. A file is either a whole catalog, whose examples hold, or all its errors at once.
/// What the fields mean is said at the types they become (InfoLink.Contracts.Catalog); samples/Network/catalog.yaml shows them all.
/// </summary>
public static class CatalogFile
{
    /// <param name="path">The file; errors name it as it is given here.</param>
    public static Loaded<StatuteCatalog> Read(string path)
    {
        var errors = new ErrorSheet(path);
        return AuthoredFile.Bytes(path, errors) is { } bytes ? Parse(bytes, errors) : errors.Broken<StatuteCatalog>();
    }

    /// <param name="name">What errors call the file.</param>
    /// <param name="bytes">The file as distributed; the catalog bears their hash.</param>
    public static Loaded<StatuteCatalog> Parse(string name, ReadOnlySpan<byte> bytes) => Parse(bytes, new ErrorSheet(name));

    private static Loaded<StatuteCatalog> Parse(ReadOnlySpan<byte> bytes, ErrorSheet errors)
    {
        var document = AuthoredFile.Document(bytes, errors);
        if (document?.Fields("version", "effectiveFrom", "expires", "categories", "kinds", "tasks", "entries", "examples") is not { } file)
        {
            return errors.Broken<StatuteCatalog>();
        }

        var version = file.Required("version")?.Integer(1, int.MaxValue);
        var effectiveFrom = file.Required("effectiveFrom")?.Date();
        var expiresAt = file.Required("expires");
        var expires = expiresAt?.Date();
        expiresAt.MustNotPrecede(effectiveFrom, expires, "effectiveFrom");

        // In this order: entries refer to what stands before them, examples to everything.
        var categories = CategoryReader.Read(file.Required("categories"));
        var kinds = KindReader.Read(file.Required("kinds"));
        var tasks = TaskReader.Read(file.Required("tasks"));
        var entries = new EntryReader(categories, kinds, tasks).Read(file.Required("entries"));
        var examples = new ExampleReader(categories).Read(file.Required("examples"));
        if (!errors.IsEmpty)
        {
            return errors.Broken<StatuteCatalog>();
        }

        var catalog = new StatuteCatalog(
            version.GetValueOrDefault(),
            SHA256.HashData(bytes),
            effectiveFrom.GetValueOrDefault(),
            expires.GetValueOrDefault(),
            categories.Values.OfType<AgencyCategory>(),
            kinds.Values.OfType<InformationKind>(),
            entries,
            examples.Select(example => example.Example));
        ExampleReader.MustHold(examples, catalog);
        return errors.IsEmpty ? new Loaded<StatuteCatalog>.Whole(catalog) : errors.Broken<StatuteCatalog>();
    }
}
