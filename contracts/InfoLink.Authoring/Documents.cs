using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>
/// What signed documents say. Each reading takes the whole document or refuses it; that its signatures are good is
/// <see cref="Contracts.Trust.Authority.Require"/>'s to say.
/// </summary>
public static class Documents
{
    /// <summary>Which kind the payload says it is.</summary>
    /// <exception cref="DocumentException"><see cref="DocumentFault.Malformed"/>.</exception>
    public static DocumentKind KindOf(SignedDocument document)
    {
        var errors = new ErrorSheet("document");
        var type = (CanonicalJson.Read(document.Payload.Span, errors) as DocumentNode.Mapping)?.Find("type") as DocumentNode.Scalar;
        return DocumentKinds.FromName(type?.Text)
            ?? throw new DocumentException(DocumentFault.Malformed, "This is not a document of InfoLink: its payload is canonical JSON with the type authority, members, catalog or directory. Take the file again from whoever made it.");
    }

    /// <exception cref="DocumentException">The payload is not such a document: all its errors.</exception>
    public static Document<Authority> Authority(SignedDocument document) =>
        Read(document, DocumentKind.Authority, AuthorityFile.Fields, (file, header, _) => AuthorityFile.Read(file, header));

    /// <exception cref="DocumentException">The payload is not such a document: all its errors.</exception>
    public static Document<MemberList> Members(SignedDocument document) => Read(
        document, DocumentKind.Members, MembersFile.Names, (file, header, errors) => MembersFile.Read(file, header.Version, header.Sha256.Span, header.Platform, header.Expires, catalog: null, errors));

    /// <exception cref="DocumentException">The payload is not such a document, or an example does not hold: all its errors.</exception>
    public static Document<StatuteCatalog> Catalog(SignedDocument document) => Read(
        document, DocumentKind.Catalog, CatalogFile.Names, (file, header, errors) => CatalogFile.Read(file, header.Version, header.Sha256.Span, header.Expires, errors));

    /// <exception cref="DocumentException">The payload is not such a document: all its errors.</exception>
    public static BrokerDirectory Directory(SignedDocument document)
    {
        var errors = new ErrorSheet("directory");
        var root = CanonicalJson.Read(document.Payload.Span, errors);
        var directory = root is null ? null : DirectoryFile.Read(new Spot(root, "", errors));
        return errors.IsEmpty && directory is not null ? directory : throw Malformed(DocumentKind.Directory, errors);
    }

    private static Document<T> Read<T>(SignedDocument document, DocumentKind kind, string[] names, Func<Fields, DocumentHeader, ErrorSheet, T?> read)
        where T : class
    {
        var errors = new ErrorSheet(kind.Name());
        var root = CanonicalJson.Read(document.Payload.Span, errors);
        var file = root is null ? null : new Spot(root, "", errors).Fields([.. HeaderReader.Names, .. names]);
        var header = file is null ? null : HeaderReader.Read(file, kind, Sha256Digest.Of(document.Payload.Span));
        var value = file is null || header is null ? null : read(file, header, errors);
        return errors.IsEmpty && header is not null && value is not null ? new Document<T>(document, header, value) : throw Malformed(kind, errors);
    }

    private static DocumentException Malformed(DocumentKind kind, ErrorSheet errors)
    {
        const int Shown = 20;
        var all = errors.All;
        var more = all.Length > Shown ? $"\n  … and {all.Length - Shown} more" : "";
        return new DocumentException(
            DocumentFault.Malformed, $"The {kind.Name()} document has errors:\n  {string.Join("\n  ", all.Take(Shown))}{more}");
    }
}
