using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Authoring;

/// <summary>What a file holds a document as.</summary>
public enum DocumentForm
{
    /// <summary>As people wrote it: YAML, without a header.</summary>
    Authored,

    /// <summary>An envelope that nobody has signed.</summary>
    Draft,

    /// <summary>An envelope with signatures, good or bad.</summary>
    Signed,
}

/// <summary>
/// A document as it lies in a file, in whichever form. That it is read does not mean that its signatures are good:
/// <see cref="Authority.Require"/> says so.
/// </summary>
public sealed class DocumentFile
{
    private DocumentFile(string name, DocumentKind kind, DocumentNode.Mapping root, SignedDocument? envelope, DocumentHeader? header)
    {
        Name = name;
        Kind = kind;
        Root = root;
        Envelope = envelope;
        Header = header;
    }

    /// <summary>As it was given.</summary>
    public string Name { get; }

    public DocumentKind Kind { get; }

    public DocumentForm Form => Envelope is null ? DocumentForm.Authored : Envelope.Signatures.IsEmpty ? DocumentForm.Draft : DocumentForm.Signed;

    /// <summary>Null for an authored file.</summary>
    public SignedDocument? Envelope { get; }

    /// <summary>Null for an authored file and for a directory.</summary>
    public DocumentHeader? Header { get; }

    /// <summary>Set for an authority.</summary>
    public Authority? Authority { get; private init; }

    /// <summary>Set for a member list.</summary>
    public MemberList? Members { get; private init; }

    /// <summary>Set for a catalog.</summary>
    public StatuteCatalog? Catalog { get; private init; }

    /// <summary>Set for a directory.</summary>
    public BrokerDirectory? Directory { get; private init; }

    internal DocumentNode.Mapping Root { get; }

    /// <param name="path">The file; errors name it as it is given here.</param>
    /// <param name="authored">What a YAML file is to be read as; null: a member list where it has agencies or a broker, otherwise a catalog.</param>
    /// <exception cref="DocumentException">An envelope or payload that cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Loaded<DocumentFile> Open(string path, DocumentKind? authored = null)
    {
        if (new FileInfo(path) is { Exists: true, Length: > SignedDocument.MaxBytes })
        {
            throw new IOException($"'{path}' is larger than {SignedDocument.MaxBytes / (1024 * 1024)} MiB. It is no document of InfoLink.");
        }

        return Parse(path, File.ReadAllBytes(path), authored);
    }

    /// <summary>As <see cref="Open"/>, of bytes.</summary>
    /// <exception cref="DocumentException">An envelope or payload that cannot be read.</exception>
    public static Loaded<DocumentFile> Parse(string name, ReadOnlySpan<byte> bytes, DocumentKind? authored = null) =>
        IsEnvelope(bytes) ? new Loaded<DocumentFile>.Whole(Of(name, SignedDocument.Parse(bytes))) : Authored(name, bytes, authored);

    /// <exception cref="DocumentException">The payload cannot be read.</exception>
    public static DocumentFile Of(string name, SignedDocument envelope)
    {
        var root = CanonicalJson.Read(envelope.Payload.Span, new ErrorSheet(name)) as DocumentNode.Mapping;
        switch (Documents.KindOf(envelope))
        {
            case DocumentKind.Authority:
                var authority = Documents.Authority(envelope);
                return new DocumentFile(name, DocumentKind.Authority, root!, envelope, authority.Header) { Authority = authority.Value };
            case DocumentKind.Members:
                var members = Documents.Members(envelope);
                return new DocumentFile(name, DocumentKind.Members, root!, envelope, members.Header) { Members = members.Value };
            case DocumentKind.Catalog:
                var catalog = Documents.Catalog(envelope);
                return new DocumentFile(name, DocumentKind.Catalog, root!, envelope, catalog.Header) { Catalog = catalog.Value };
            default:
                return new DocumentFile(name, DocumentKind.Directory, root!, envelope, header: null) { Directory = Documents.Directory(envelope) };
        }
    }

    /// <summary>A part of the document as canonical JSON, e.g. <c>entries</c>, <c>106.municipality.108-1-ro</c>; null: there is no such part.</summary>
    public string? Part(params ReadOnlySpan<string> keys)
    {
        DocumentNode? node = Root;
        foreach (var key in keys)
        {
            node = (node as DocumentNode.Mapping)?.Find(key);
        }

        return node is null ? null : CanonicalJson.Text(node);
    }

    private static Loaded<DocumentFile> Authored(string name, ReadOnlySpan<byte> bytes, DocumentKind? authored)
    {
        var root = AuthoredFile.Document(bytes, new ErrorSheet(name))?.Node as DocumentNode.Mapping ?? DocumentNode.Mapping.Containing();
        var isList = authored is null ? root.Find("agencies") is not null || root.Find("broker") is not null : authored == DocumentKind.Members;
        if (isList)
        {
            return MembersFile.Parse(name, bytes) switch
            {
                Loaded<MemberList>.Whole whole => new Loaded<DocumentFile>.Whole(
                    new DocumentFile(name, DocumentKind.Members, root, envelope: null, header: null) { Members = whole.Value }),
                Loaded<MemberList>.Broken broken => new Loaded<DocumentFile>.Broken(broken.Errors),
                _ => throw new InvalidOperationException("A file is whole or broken."),
            };
        }

        return CatalogFile.Parse(name, bytes) switch
        {
            Loaded<StatuteCatalog>.Whole whole => new Loaded<DocumentFile>.Whole(
                new DocumentFile(name, DocumentKind.Catalog, root, envelope: null, header: null) { Catalog = whole.Value }),
            Loaded<StatuteCatalog>.Broken broken => new Loaded<DocumentFile>.Broken(broken.Errors),
            _ => throw new InvalidOperationException("A file is whole or broken."),
        };
    }

    private static bool IsEnvelope(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes; // With a mark it is refused as an envelope, not as YAML.
        return start.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
    }
}
