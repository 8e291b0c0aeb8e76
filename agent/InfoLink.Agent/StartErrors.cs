using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;

namespace InfoLink.Agent;

/// <summary>An agent starts with everything in order, or says everything that is not.</summary>
internal static class StartErrors
{
    public static void Refuse(string what, IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new InvalidOperationException($"{what}:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", errors)}");
        }
    }

    public static T Whole<T>(string what, Loaded<T> loaded)
        where T : class
    {
        Refuse(what, loaded is Loaded<T>.Broken broken ? [.. broken.Errors.Select(error => error.ToString())] : []);
        return ((Loaded<T>.Whole)loaded).Value;
    }

    public static IReadOnlyList<string> Of(AgencyId self, MemberList members, IdentityKey identity, StatuteCatalog catalog, IEnumerable<KindId> kinds)
    {
        var errors = new List<string>();
        if (!members.TryFind(self, out var member))
        {
            errors.Add($"Agency '{self}' is not in the member list.");
        }
        else if (!member.IdentityKey.Equals(identity.PublicKey))
        {
            errors.Add($"The identity key is not the one that the member list names for '{self}'; no peer would accept its certificates.");
        }

        errors.AddRange(kinds
            .Where(kind => !catalog.Kinds.ContainsKey(kind))
            .Select(kind => $"There is a source for the kind '{kind}', which the catalog does not define."));
        return errors;
    }
}
