namespace InfoLink.Contracts.Catalog;

/// <summary>
/// An entry is in force from a day until a day, both included (JST). <see cref="Until"/> null: no end is known.
/// </summary>
public sealed record EntryValidity(DateOnly From, DateOnly? Until, TransitionalRule? Transitional)
{
    /// <param name="date">The day of asking.</param>
    /// <param name="claimedOn">The day of the claim that the question serves, where the requester states one.</param>
    public bool Covers(DateOnly date, DateOnly? claimedOn)
    {
        if (date < From)
        {
            return false;
        }

        return Until is not { } until || date <= until || (Transitional is { } rule && rule.Covers(date, claimedOn));
    }
}

/// <summary>
/// After its end an entry still serves claims made before a day ("なお従前の例による"), until the rule itself ends.
/// Without a stated day of the claim the rule does not apply: nobody is given the benefit of an older law by silence.
/// </summary>
/// <param name="ClaimsBefore">The claim was made before this day (not on it).</param>
/// <param name="Until">Last day on which the rule may be used; null: no end is known.</param>
public sealed record TransitionalRule(DateOnly ClaimsBefore, DateOnly? Until)
{
    public bool Covers(DateOnly date, DateOnly? claimedOn) =>
        claimedOn is { } claim && claim < ClaimsBefore && claim <= date && (Until is not { } until || date <= until);
}
