namespace InfoLink.Contracts.Trust;

/// <summary>What a signed document is. A signature names it (<c>typ</c>), and the payload says it again: one kind never passes for another.</summary>
public enum DocumentKind
{
    /// <summary>The authority's own keys and threshold: the root of everything else.</summary>
    Authority,

    /// <summary>Who takes part, and under which keys.</summary>
    Members,

    /// <summary>The statute catalog.</summary>
    Catalog,

    /// <summary>The broker's directory: endpoints, suspensions, entries that are switched off. The broker signs it, not the authority.</summary>
    Directory,
}

/// <summary>What is fixed for each kind.</summary>
public static class DocumentKinds
{
    /// <summary>As the payload's <c>type</c> and in file names.</summary>
    public static string Name(this DocumentKind kind) => kind switch
    {
        DocumentKind.Authority => "authority",
        DocumentKind.Members => "members",
        DocumentKind.Catalog => "catalog",
        DocumentKind.Directory => "directory",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The <c>typ</c> of the signatures (RFC 7515 §4.1.9, RFC 8725 §3.11).</summary>
    public static string Type(this DocumentKind kind) => $"infolink-{kind.Name()}+json";

    /// <summary>
    /// How many days a document may be good for, counted from its issue. What expires soon bounds how long somebody can be kept from the next
    /// one: a broker that withholds a list or catalog gains no more than this.
    /// </summary>
    public static int LongestDays(this DocumentKind kind) => kind switch
    {
        DocumentKind.Authority => 3_660,
        DocumentKind.Members => 100,
        DocumentKind.Catalog => 35,
        _ => 0,
    };

    public static DocumentKind? FromName(string? name) => name switch
    {
        "authority" => DocumentKind.Authority,
        "members" => DocumentKind.Members,
        "catalog" => DocumentKind.Catalog,
        "directory" => DocumentKind.Directory,
        _ => null,
    };

    /// <summary>From a signature's <c>typ</c>; null for any other text.</summary>
    public static DocumentKind? FromType(string type)
    {
        foreach (var kind in Enum.GetValues<DocumentKind>())
        {
            if (string.Equals(kind.Type(), type, StringComparison.Ordinal))
            {
                return kind;
            }
        }

        return null;
    }
}
