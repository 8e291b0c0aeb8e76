using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Notes;

namespace InfoLink.Numbering;

/// <summary>Does the authority fit the member list?</summary>
internal static class NumberingFit
{
    /// <param name="self">The authority.</param>
    /// <param name="members">The member list.</param>
    /// <param name="identity">The key to issue under by this list, or null: none is held that it names.</param>
    /// <param name="log">The key of the log of acts.</param>
    public static IReadOnlyList<string> Errors(AgencyId self, MemberList members, IdentityKey? identity, NoteKey log)
    {
        if (!members.TryFind(self, out var member))
        {
            return [$"'{self}' is not in the member list."];
        }

        var errors = new List<string>();
        if (!member.Has(MemberFlags.NumberingAuthority))
        {
            errors.Add($"The member list does not give '{self}' the flag '{MemberFlags.NumberingAuthority}'.");
        }

        if (identity is null)
        {
            errors.Add($"The identity key is not the one that the member list names for '{self}'; no peer would accept its certificates.");
        }

        if (!member.Logs.Contains(log))
        {
            errors.Add($"The log key '{log}' is not in the member list (agencies.{self}.logs), so nobody could check what the authority has done.");
        }

        return errors;
    }
}
