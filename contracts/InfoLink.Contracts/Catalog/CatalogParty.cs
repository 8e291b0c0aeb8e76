using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// An agency as the catalog sees it: its id, and the categories it holds with their dates. The member list says so;
/// a catalog's examples say it themselves, so that a catalog can be checked without a member list.
/// </summary>
public sealed record CatalogParty(AgencyId Id, ImmutableArray<CategoryTerm> Categories)
{
    /// <summary>Has no column for an individual number anywhere, so it neither gives nor takes a kind that holds one.</summary>
    public bool IsNumberless { get; init; }

    /// <summary>Does the agency hold the category on that day (JST)?</summary>
    public bool Holds(CategoryId category, DateOnly date)
    {
        foreach (var term in Categories)
        {
            if (term.Category == category && term.Covers(date))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// An agency holds a category from a day until a day, both included (a village merges into a city, a designated city
/// takes over a prefecture's task). <see cref="Until"/> null: no end is known. Days are civil dates in Japan.
/// </summary>
public sealed record CategoryTerm(CategoryId Category, DateOnly From, DateOnly? Until)
{
    public bool Covers(DateOnly date) => date >= From && (Until is not { } until || date <= until);
}

/// <summary>
/// Whom an entry names as requester or provider. An entry holds a set of these: "A又はB" is membership in the set.
/// </summary>
public abstract record Designation
{
    private Designation()
    {
    }

    /// <summary>Does this designation name the party on that day?</summary>
    public abstract bool Names(CatalogParty party, DateOnly date);

    /// <summary>One agency by its id, where the Order names one organisation and no other can stand in its place.</summary>
    public sealed record Agency(AgencyId Id) : Designation
    {
        public override bool Names(CatalogParty party, DateOnly date) => party.Id == Id;
    }

    /// <summary>Every agency that holds the category on the day of asking.</summary>
    public sealed record Category(CategoryId Id) : Designation
    {
        public override bool Names(CatalogParty party, DateOnly date) => party.Holds(Id, date);
    }
}
