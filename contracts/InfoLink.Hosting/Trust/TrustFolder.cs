using System.Collections.Immutable;
using System.Globalization;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Hosting.Trust;

/// <summary>
/// The authority's documents on this party's disk (<c>authority-1.json</c>, <c>members-4.json</c>, <c>catalog-7.json</c>): broker and agents keep and
/// judge them alike. A document is taken whole, durably, after its signatures, its place in the history and its times have been checked, or not at all.
/// </summary>
public sealed class TrustFolder
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile HeldTrust? _held;

    private TrustFolder(string folder, TimeProvider time) => (_folder, _time) = (folder, time);

    /// <summary>What is held; null before the first authority was adopted.</summary>
    public HeldTrust? Held => _held;

    /// <summary>Looked at before anything is taken: why a document does not fit what else this party holds; none: it fits.</summary>
    public Func<HeldTrust, IReadOnlyList<string>> Misfits { get; set; } = _ => [];

    /// <summary>Called after something was taken, with what is held now.</summary>
    public Action<HeldTrust> Changed { get; set; } = _ => { };

    /// <summary>
    /// Reads the folder; one that is not there is empty. Everything is verified again: the first authority is this party's anchor, each later one its
    /// successor, and every other document signed by one of them. Whether documents are still timely is asked when they are used: a host that was off
    /// for long must start to get newer ones.
    /// </summary>
    /// <exception cref="InvalidOperationException">A file is damaged or not signed: it is named.</exception>
    public static TrustFolder Open(string folder, TimeProvider time)
    {
        var trust = new TrustFolder(folder, time);
        trust._held = trust.Read();
        return trust;
    }

    /// <summary>The first authority of a party that holds none: the anchor, which its operator compares or a join code names.</summary>
    /// <param name="document">The document.</param>
    /// <param name="expected">Null: the operator compares the fingerprint himself.</param>
    /// <exception cref="DocumentException">Not an authority's document signed by its own threshold, or another fingerprint.</exception>
    public Authority Adopt(SignedDocument document, Fingerprint? expected = null)
    {
        var authority = Documents.Authority(document);
        authority.Value.Require(document, DocumentKind.Authority);
        authority.Header.RequireTimely(_time.GetUtcNow());
        if (expected is { } named && named != authority.Value.Fingerprint)
        {
            throw new DocumentException(
                DocumentFault.Forked, $"The authority's fingerprint is {authority.Value.Fingerprint}, and {named} was expected: this is not the authority that the code was made under. Do not go on; ask the operator who gave you the code.");
        }

        lock (_gate)
        {
            if (_held is not null)
            {
                throw new DocumentException(DocumentFault.Forked, $"An authority is held already in '{_folder}'. A change of keys is taken as its successor.");
            }

            KeyFile.CreateFolder(_folder);
            Write(authority.Header, document);
            _held = new HeldTrust { Authorities = [authority] };
        }

        Changed(_held);
        return authority.Value;
    }

    /// <summary>Takes a document of the authority, from wherever it comes.</summary>
    /// <returns>False: it is held already.</returns>
    /// <exception cref="DocumentException">It is not taken: why, and what to do.</exception>
    public bool Accept(SignedDocument document)
    {
        lock (_gate)
        {
            if (Judge(document) is not { } next)
            {
                return false;
            }

            Write(HeaderOf(next, Documents.KindOf(document)), document);
            _held = next;
            Prune(next);
        }

        Changed(_held);
        return true;
    }

    /// <summary>Would it be taken? Nothing is.</summary>
    /// <exception cref="DocumentException">It would not: why, and what to do.</exception>
    public void Try(SignedDocument document)
    {
        lock (_gate)
        {
            _ = Judge(document);
        }
    }

    /// <summary>What would be held; null: nothing new.</summary>
    private HeldTrust? Judge(SignedDocument document)
    {
        var held = _held ?? throw new DocumentException(DocumentFault.SignaturesMissing, "No authority is held yet, so nobody's signature counts. Take the authority's document first.");
        var kind = Documents.KindOf(document);
        if (kind is DocumentKind.Members or DocumentKind.Catalog)
        {
            held.Authority.Require(document, kind); // Before more of it is read: a stranger's document costs its signatures' check and no more.
        }

        var next = kind switch
        {
            DocumentKind.Authority => WithAuthority(held, Documents.Authority(document)),
            DocumentKind.Members => WithMembers(held, Documents.Members(document)),
            DocumentKind.Catalog => WithCatalog(held, Documents.Catalog(document)),
            _ => throw new DocumentException(DocumentFault.OtherKind, $"A {kind.Name()} is not the authority's to sign."),
        };
        return next is null || Misfits(next) is not { Count: > 0 } misfits
            ? next
            : throw new DocumentException(DocumentFault.DoesNotFit, $"The {kind.Name()} does not fit here:\n  {string.Join("\n  ", misfits)}");
    }

    private static DocumentHeader HeaderOf(HeldTrust held, DocumentKind kind) => kind switch
    {
        DocumentKind.Authority => held.Authorities[^1].Header,
        DocumentKind.Members => held.Members!.Header,
        _ => held.CatalogDocuments[^1].Header,
    };

    private HeldTrust? WithAuthority(HeldTrust held, Document<Authority> next)
    {
        if (!next.Header.Follows(held.Authority.Header))
        {
            return null;
        }

        held.Authority.RequireSuccessor(next.Envelope, next.Value);
        next.Header.RequireTimely(_time.GetUtcNow());
        return held with { Authorities = held.Authorities.Add(next) };
    }

    private HeldTrust? WithMembers(HeldTrust held, Document<MemberList> next)
    {
        RequireInTime(held, next.Header);
        return next.Header.Follows(held.Members?.Header) ? held with { Members = next, MembersSince = _time.GetUtcNow() } : null;
    }

    private HeldTrust? WithCatalog(HeldTrust held, Document<StatuteCatalog> next)
    {
        RequireInTime(held, next.Header);
        return next.Header.Follows(held.CatalogDocuments.LastOrDefault()?.Header) ? Add(held, next) : null;
    }

    private void RequireInTime(HeldTrust held, DocumentHeader header)
    {
        if (!string.Equals(header.Platform, held.Platform, StringComparison.Ordinal))
        {
            throw new DocumentException(DocumentFault.OtherPlatform, $"The {header.Kind.Name()} is of the platform {header.Platform}, and the authority's is {held.Platform}.");
        }

        held.Authority.Header.RequireTimely(_time.GetUtcNow());
        header.RequireTimely(_time.GetUtcNow());
    }

    private HeldTrust Add(HeldTrust held, Document<StatuteCatalog> next)
    {
        var catalogs = held.Catalogs.With(next.Value, _time.GetUtcNow());
        var kept = catalogs.Versions.Select(catalog => catalog.Version).ToHashSet();
        return held with
        {
            Catalogs = catalogs,
            CatalogDocuments = [.. held.CatalogDocuments.Add(next).Where(document => kept.Contains(document.Header.Version))],
        };
    }

    private string PathOf(DocumentKind kind, int version) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{kind.Name()}-{version}.json"));

    private void Write(DocumentHeader header, SignedDocument document) => DurableFile.Replace(PathOf(header.Kind, header.Version), document.ToBytes());

    /// <summary>Lists and catalogs that nobody asks for any more. Authorities stay: they are the chain.</summary>
    private void Prune(HeldTrust held)
    {
        foreach (var (version, file) in Files(DocumentKind.Members).Where(file => file.Version < held.Members?.Header.Version))
        {
            File.Delete(file);
        }

        foreach (var (version, file) in Files(DocumentKind.Catalog).Where(file => file.Version < held.CatalogDocuments.FirstOrDefault()?.Header.Version))
        {
            File.Delete(file);
        }
    }

    private IEnumerable<(int Version, string File)> Files(DocumentKind kind)
    {
        var files = from file in Directory.Exists(_folder) ? Directory.GetFiles(_folder, $"{kind.Name()}-*.json") : []
                    let number = Path.GetFileNameWithoutExtension(file)[(kind.Name().Length + 1)..]
                    where int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                    select (Version: int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture), File: file);
        return files.OrderBy(file => file.Version);
    }

    private HeldTrust? Read()
    {
        var authorities = ImmutableArray<Document<Authority>>.Empty;
        foreach (var (_, file) in Files(DocumentKind.Authority))
        {
            var next = Of(file, Documents.Authority);
            Checked(file, () =>
            {
                if (authorities.IsEmpty)
                {
                    next.Value.Require(next.Envelope, DocumentKind.Authority);
                }
                else
                {
                    authorities[^1].Value.RequireSuccessor(next.Envelope, next.Value);
                }
            });
            authorities = authorities.Add(next);
        }

        if (authorities.IsEmpty)
        {
            return null;
        }

        var held = new HeldTrust { Authorities = authorities };
        if (Files(DocumentKind.Members).LastOrDefault() is { File: { } members })
        {
            var list = Signed(authorities, members, Documents.Members);
            held = held with { Members = list, MembersSince = new DateTimeOffset(File.GetLastWriteTimeUtc(members), TimeSpan.Zero) };
        }

        return Files(DocumentKind.Catalog).Aggregate(held, (sum, file) => Add(sum, Signed(authorities, file.File, Documents.Catalog)));
    }

    /// <summary>What was taken under an earlier authority stays taken until its successor comes.</summary>
    private static Document<T> Signed<T>(ImmutableArray<Document<Authority>> authorities, string file, Func<SignedDocument, Document<T>> read)
        where T : class
    {
        var document = Of(file, read);
        Checked(file, () =>
        {
            if (!authorities.Any(authority => authority.Value.Count(document.Envelope, document.Header.Kind) >= authority.Value.Threshold))
            {
                authorities[^1].Value.Require(document.Envelope, document.Header.Kind);
            }
        });
        return document;
    }

    private static Document<T> Of<T>(string file, Func<SignedDocument, Document<T>> read)
        where T : class
    {
        Document<T>? document = null;
        Checked(file, () => document = read(SignedDocument.Parse(File.ReadAllBytes(file))));
        return document!;
    }

    private static void Checked(string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception fault) when (fault is DocumentException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"'{file}' cannot be used: {fault.Message}", fault);
        }
    }
}
