using System.Collections.Immutable;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Trust;

namespace InfoLink.Hosting.Trust;

/// <summary>The authority's documents as a party holds them: every authority there was, the newest member list, the catalogs of now and near. A snapshot.</summary>
public sealed record HeldTrust
{
    /// <summary>Oldest first, each the successor of the one before.</summary>
    public required ImmutableArray<Document<Authority>> Authorities { get; init; }

    public Document<MemberList>? Members { get; init; }

    /// <summary>When this party took the member list.</summary>
    public DateTimeOffset MembersSince { get; init; }

    /// <summary>Ascending by version.</summary>
    public ImmutableArray<Document<StatuteCatalog>> CatalogDocuments { get; init; } = [];

    public CatalogSet Catalogs { get; init; } = CatalogSet.Empty;

    /// <summary>The one whose signatures count now.</summary>
    public Authority Authority => Authorities[^1].Value;

    public string Platform => Authority.Platform;

    /// <summary>What somebody who holds these versions lacks, in the order in which it must be taken.</summary>
    public IEnumerable<SignedDocument> After(int authority, int members, int catalog) =>
    [
        .. Authorities.Where(document => document.Header.Version > authority).Select(document => document.Envelope),
        .. Members is { } list && list.Header.Version > members ? [list.Envelope] : Array.Empty<SignedDocument>(),
        .. CatalogDocuments.Where(document => document.Header.Version > catalog).Select(document => document.Envelope),
    ];
}
