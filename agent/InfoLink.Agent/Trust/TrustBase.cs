using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;

namespace InfoLink.Agent.Trust;

/// <summary>
/// What the agent believes without asking the broker: its own copies of member list and catalog, and its own will. Snapshots, replaced whole.
/// </summary>
internal sealed class TrustBase(AgencyId self, MemberList members, StatuteCatalog catalog, IReadOnlySet<AgencyId> blockedAgencies, IReadOnlySet<EntryId> blockedEntries)
{
    private volatile MemberList _members = members;
    private volatile StatuteCatalog _catalog = catalog;

    /// <summary>The agency that this agent speaks for.</summary>
    public AgencyId Self { get; } = self;

    public MemberList Members => _members;

    public StatuteCatalog Catalog => _catalog;

    /// <summary>Agencies that get no answer here, whatever the catalog allows.</summary>
    public IReadOnlySet<AgencyId> BlockedAgencies { get; } = blockedAgencies;

    /// <summary>Entries under which no one gets an answer here, whatever the catalog allows.</summary>
    public IReadOnlySet<EntryId> BlockedEntries { get; } = blockedEntries;

    public void Replace(MemberList next) => _members = next;

    public void Replace(StatuteCatalog next) => _catalog = next;
}
