using System.Collections.Frozen;
using System.Collections.Immutable;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Contracts.Catalog;

/// <summary>
/// The statute catalog: an immutable snapshot of who may ask whom for what, with the layouts of the answers. It is never
/// changed, only replaced by a newer version; decisions over it are <see cref="CatalogDecision.Decide"/>.
/// </summary>
public sealed class StatuteCatalog
{
    private readonly ImmutableArray<Designation> _requesters;

    /// <exception cref="ArgumentException">
    /// An id stands twice, an entry names a kind that is not there or holds an individual number without its mark, or the hash is not 32 bytes: faults of the program, since
    /// authored catalogs are checked, with file and line, before they come here.
    /// </exception>
    public StatuteCatalog(
        int version,
        ReadOnlySpan<byte> sha256,
        DateOnly effectiveFrom,
        DateOnly expires,
        IEnumerable<AgencyCategory> categories,
        IEnumerable<InformationKind> kinds,
        IEnumerable<StatuteEntry> entries,
        IEnumerable<CatalogExample> examples)
        : this(
            version,
            sha256.Length == 32 ? sha256.ToArray() : throw new ArgumentException("A SHA-256 is 32 bytes.", nameof(sha256)),
            effectiveFrom,
            expires,
            categories.ToFrozenDictionary(category => category.Id),
            kinds.ToFrozenDictionary(kind => kind.Id),
            entries.ToFrozenDictionary(entry => entry.Id),
            [.. examples])
    {
        var dangling = Entries.Values.SelectMany(entry => entry.Kinds).FirstOrDefault(kind => !Kinds.ContainsKey(kind));
        if (dangling != default)
        {
            throw new ArgumentException($"The kind {dangling} is held by an entry and not defined.", nameof(entries));
        }

        if (Entries.Values.FirstOrDefault(entry => !entry.CarriesIndividualNumber && entry.Kinds.Any(kind => Kinds[kind].HoldsIndividualNumber)) is { } unmarked)
        {
            throw new ArgumentException($"The entry {unmarked.Id} holds a kind with an individual number and is not marked for it.", nameof(entries));
        }
    }

    private StatuteCatalog(
        int version,
        ReadOnlyMemory<byte> sha256,
        DateOnly effectiveFrom,
        DateOnly expires,
        FrozenDictionary<CategoryId, AgencyCategory> categories,
        FrozenDictionary<KindId, InformationKind> kinds,
        FrozenDictionary<EntryId, StatuteEntry> entries,
        ImmutableArray<CatalogExample> examples)
    {
        Version = version;
        Sha256 = sha256;
        EffectiveFrom = effectiveFrom;
        EffectiveAt = JapanTime.StartOf(effectiveFrom);
        Expires = expires;
        Categories = categories;
        Kinds = kinds;
        Entries = entries;
        Examples = examples;
        _requesters = [.. entries.Values.Where(entry => entry.IsUsable).SelectMany(entry => entry.Requester).Distinct()];
    }

    /// <summary>Counts up by one with each catalog; from 1.</summary>
    public int Version { get; }

    /// <summary>SHA-256 of the bytes in which this catalog was distributed; with <see cref="Version"/> it names the catalog in tokens.</summary>
    public ReadOnlyMemory<byte> Sha256 { get; }

    /// <summary>First civil day (JST) on which the catalog allows anything.</summary>
    public DateOnly EffectiveFrom { get; }

    /// <summary>The moment from which it takes the place of the version before; midnight of <see cref="EffectiveFrom"/> (JST) where no hour is given.</summary>
    public DateTimeOffset EffectiveAt { get; init; }

    /// <summary>Last civil day (JST) on which the catalog allows anything.</summary>
    public DateOnly Expires { get; }

    public FrozenDictionary<CategoryId, AgencyCategory> Categories { get; }

    public FrozenDictionary<KindId, InformationKind> Kinds { get; }

    public FrozenDictionary<EntryId, StatuteEntry> Entries { get; }

    /// <summary>Questions with the answers they must get; checked before a catalog is used.</summary>
    public ImmutableArray<CatalogExample> Examples { get; }

    /// <summary>May the agency ask anybody at all on that day? One whom no usable entry names as requester has no business here.</summary>
    public bool LetsAsk(CatalogParty party, DateOnly date) => _requesters.Any(designation => designation.Names(party, date));

    /// <summary>
    /// The same catalog with some entries switched off, by the broker's directory or by a provider for itself: a local switch can
    /// narrow what the signed catalog allows and never widen it. Ids that are not in the catalog are nobody's and change nothing.
    /// </summary>
    public StatuteCatalog Without(IReadOnlySet<EntryId> switchedOff) => new(
        Version,
        Sha256,
        EffectiveFrom,
        Expires,
        Categories,
        Kinds,
        Entries.Values
            .Select(entry => switchedOff.Contains(entry.Id) ? entry with { SwitchedOff = true } : entry)
            .ToFrozenDictionary(entry => entry.Id),
        Examples)
    { EffectiveAt = EffectiveAt };
}

/// <summary>A question that a catalog must answer in a stated way before it is used.</summary>
/// <param name="Name">A sentence: who asks whom for what.</param>
/// <param name="Question">The question, parties with their categories inside.</param>
/// <param name="Denial">Null: it must be allowed. Otherwise the reason for which it must be denied.</param>
public sealed record CatalogExample(string Name, CatalogQuestion Question, CatalogDenial? Denial)
{
    /// <summary>Does the catalog's answer agree?</summary>
    public bool HoldsIn(StatuteCatalog catalog) => CatalogDecision.Decide(catalog, Question) switch
    {
        CatalogDecision.Allowed => Denial is null,
        CatalogDecision.Denied denied => denied.Reason == Denial,
        _ => false,
    };
}
