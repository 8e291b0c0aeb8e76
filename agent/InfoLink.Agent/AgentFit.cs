using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Agent;

/// <summary>Does an agent fit the network that its files describe?</summary>
internal static class AgentFit
{
    /// <param name="self">The agency.</param>
    /// <param name="members">The member list.</param>
    /// <param name="identity">The key to issue under by this list, or null: the agent holds none that it names.</param>
    /// <param name="keys">Its other keys.</param>
    /// <param name="catalog">The catalog.</param>
    /// <param name="kinds">The kinds that it has a source for.</param>
    public static IReadOnlyList<string> Errors(AgencyId self, MemberList members, IdentityKey? identity, OwnKeys keys, StatuteCatalog catalog, IReadOnlyCollection<KindId> kinds)
    {
        var errors = new List<string>();
        if (!members.TryFind(self, out var member))
        {
            errors.Add($"Agency '{self}' is not in the member list.");
        }
        else if (identity is null)
        {
            errors.Add($"The identity key is not the one that the member list names for '{self}'; no peer would accept its certificates.");
        }
        else if (!member.Logs.Contains(keys.Log.Key))
        {
            errors.Add($"The log key '{keys.Log.Key}' is not in the member list (agencies.{self}.logs), so nobody could check the agency's records.");
        }

        if (member?.WitnessKey is { } witness && !witness.Equals(keys.Witness.Key))
        {
            errors.Add($"The witness key of the member list (agencies.{self}.witnessKey) is not this agent's '{keys.Witness.Key}', whose cosignatures would not count.");
        }

        errors.AddRange(kinds
            .Where(kind => !catalog.Kinds.ContainsKey(kind))
            .Select(kind => $"There is a source for the kind '{kind}', which the catalog does not define."));
        if (member is not null && member.Has(MemberFlags.Numberless))
        {
            errors.AddRange(kinds
                .Where(kind => catalog.Kinds.GetValueOrDefault(kind) is { HoldsIndividualNumber: true })
                .Select(kind => $"'{self}' is number-less by the member list, and there is a source for the kind '{kind}', which holds an individual number. Take the source away."));
        }

        return errors;
    }
}
