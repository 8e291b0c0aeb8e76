using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// The versions of the catalog that a party holds: the one in force, those that will be, and two that were, for tokens that were issued under them.
/// An immutable snapshot; whoever decides asks it once.
/// </summary>
public sealed class CatalogSet
{
    /// <summary>Versions kept behind the one in force.</summary>
    public const int KeptBehind = 2;

    private readonly ImmutableArray<StatuteCatalog> _ascending;

    private CatalogSet(ImmutableArray<StatuteCatalog> ascending) => _ascending = ascending;

    public static CatalogSet Empty { get; } = new([]);

    /// <summary>Ascending by version.</summary>
    public ImmutableArray<StatuteCatalog> Versions => _ascending;

    /// <summary>The newest version that is held, in force or not; null: none.</summary>
    public StatuteCatalog? Newest => _ascending.LastOrDefault();

    /// <summary>
    /// The version in force: the newest whose moment has come. One that expired without a successor stays the one in force, and allows nothing. Before
    /// the first one's moment it is the first, which allows nothing either.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public StatuteCatalog InForce(DateTimeOffset now)
    {
        for (var i = _ascending.Length - 1; i >= 0; i--)
        {
            if (_ascending[i].EffectiveAt <= now)
            {
                return _ascending[i];
            }
        }

        return Newest is null ? throw new InvalidOperationException("No catalog is held.") : _ascending[0];
    }

    /// <summary>The version that a token names, by number and hash.</summary>
    public StatuteCatalog? Find(int version, Sha256Digest sha256) =>
        _ascending.FirstOrDefault(catalog => catalog.Version == version && catalog.Sha256.Span.SequenceEqual(sha256.Span));

    /// <summary>With one more version; what lies more than <see cref="KeptBehind"/> behind the one in force goes.</summary>
    public CatalogSet With(StatuteCatalog next, DateTimeOffset now)
    {
        var all = new CatalogSet([.. _ascending.Where(catalog => catalog.Version != next.Version).Append(next).OrderBy(catalog => catalog.Version)]);
        var inForce = all._ascending.IndexOf(all.InForce(now));
        return new CatalogSet(all._ascending[Math.Max(0, inForce - KeptBehind)..]);
    }

    /// <summary>All versions with some entries switched off; see <see cref="StatuteCatalog.Without"/>.</summary>
    public CatalogSet Without(IReadOnlySet<EntryId> switchedOff) =>
        switchedOff.Count == 0 ? this : new([.. _ascending.Select(catalog => catalog.Without(switchedOff))]);
}
