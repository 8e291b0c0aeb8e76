using System.Collections.Immutable;

namespace InfoLink.Contracts.Membership;

/// <summary>The flags of the member list that mean something to a program: each lets its bearer do one thing that others may not.</summary>
public static class MemberFlags
{
    /// <summary>The resident registry: asks the code authority for tickets and the numbering authority for numbers.</summary>
    public const string Registry = "registry";

    /// <summary>The code authority: makes tickets, and says at the broker which codes are in use. One on a platform.</summary>
    public const string CodeAuthority = "code-authority";

    /// <summary>The numbering authority (付番機関).</summary>
    public const string NumberingAuthority = "numbering-authority";

    /// <summary>May compare its persons' basic attributes with the registry by itself.</summary>
    public const string DirectMatching = "direct-matching";

    /// <summary>Tells people their numbers, and so is told them by the numbering authority: a municipality.</summary>
    public const string NumberNotifier = "number-notifier";

    /// <summary>Has no column for an individual number anywhere: exchanges no kind that holds one.</summary>
    public const string Numberless = "number-less";

    /// <summary>Flags of members that are no agencies.</summary>
    public static readonly ImmutableArray<string> OfInstitutions = [Registry, CodeAuthority, NumberingAuthority];

    /// <summary>The member bears this flag.</summary>
    public static bool Has(this Member member, string flag) => member.Flags.Contains(flag, StringComparer.Ordinal);
}
