namespace InfoLink.Contracts.Membership;

/// <summary>The marks of the member list that this program knows (<see cref="Member.Flags"/>).</summary>
public static class MemberFlags
{
    /// <summary>The resident registry: brings resident record codes to the numbering authority and has numbers assigned, without seeing them.</summary>
    public const string Registry = "registry";

    /// <summary>Tells people their numbers, and so is told them by the numbering authority: a municipality.</summary>
    public const string NumberNotifier = "number-notifier";

    /// <summary>The numbering authority itself.</summary>
    public const string NumberingAuthority = "numbering-authority";

    /// <summary>Has no column for an individual number anywhere: exchanges no kind that holds one.</summary>
    public const string Numberless = "number-less";
}
