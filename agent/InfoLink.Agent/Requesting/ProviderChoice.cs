using System.Globalization;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Agent.Requesting;

/// <summary>Who holds a person's information, and how that was found (SPEC §16). It says where the person lives or lived, so it never prints.</summary>
/// <param name="Provider">Who is asked.</param>
/// <param name="Department">The ward of a designated city that the address lay in, six digits (<c>141011</c>); null where there is none. For the clerk and the own record alone: it does not travel.</param>
/// <param name="Rule">By which rule; <see cref="ProviderRule.Named"/>: the clerk named the provider.</param>
/// <param name="AsOf">The day whose address decided (Japan); null where none did.</param>
public sealed record ProviderChoice(AgencyId Provider, string? Department, ProviderRule Rule, DateOnly? AsOf)
{
    /// <summary>The clerk named a provider although a rule would have found one.</summary>
    public bool IsOverride { get; init; }

    public override string ToString() => $"ProviderChoice({Rule}, redacted)";

    /// <summary>As it stands in the particulars of the agency's own record; empty where there was nothing to choose.</summary>
    internal string ForRecord => Rule == ProviderRule.Named
        ? IsOverride ? Rule.Text() : ""
        : string.Join(' ', new[] { Rule.Text(), AsOf?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Department }.Where(part => part is not null));
}

/// <summary>PROVIDER-NOT-MEMBER, with what the clerk needs to ask by the ordinary route. The message names no place: it may be written to a log.</summary>
public sealed class ProviderNotMemberException(string municipality) : RefusedException(RefusalName.ProviderNotMember)
{
    /// <summary>The municipality of the person's address on the day that decides, six digits; a designated city's, not its ward's.</summary>
    public string Municipality { get; } = municipality;
}
