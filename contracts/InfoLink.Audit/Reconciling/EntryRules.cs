using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.V1;

namespace InfoLink.Audit.Reconciling;

/// <summary>What of a record the catalog's entry does not allow. The conditions are on record as a digest only and are not judged.</summary>
internal sealed class EntryRules(IReadOnlyCollection<StatuteCatalog> catalogs, MemberList members)
{
    /// <summary>Records under other versions of the catalog: not judged.</summary>
    public long OtherCatalog { get; private set; }

    /// <returns>Null where nothing lies outside.</returns>
    public string? WhyOutside(OpenPart open)
    {
        if (catalogs.FirstOrDefault(held => open.CatalogSha256.Span.SequenceEqual(held.Sha256.Span)) is not { } catalog)
        {
            OtherCatalog++;
            return null;
        }

        if (!EntryId.TryParse(open.Entry, out var id) || !catalog.Entries.TryGetValue(id, out var entry))
        {
            return "the catalog has no such entry";
        }

        if (!entry.Roles.Any(role => string.Equals(role.Role.Value, open.Role, StringComparison.Ordinal)))
        {
            return "role";
        }

        if (open.Kinds.FirstOrDefault(kind => !entry.Kinds.Any(held => string.Equals(held.Value, kind, StringComparison.Ordinal))) is { } kind)
        {
            return $"kind {kind}";
        }

        if (!entry.Modes.HasFlag(CatalogQuestion.ModeFor((int)Math.Min(open.Count, int.MaxValue))))
        {
            return "mode";
        }

        var date = JapanTime.CivilDate(DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(open.TimeMs, 0, 253_370_764_800_000)));
        return !Names(entry.Requester, open.Requester, date) ? "requester"
            : !Names(entry.Provider, open.Provider, date) ? "provider"
            : date < entry.Validity.From ? "validity"
            : null;
    }

    private bool Names(IEnumerable<Designation> designations, string agency, DateOnly date) =>
        AgencyId.TryParse(agency, out var id) && members.TryFind(id, out var member) && designations.Any(named => named.Names(member.AsParty(), date));
}
