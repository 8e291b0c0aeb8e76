namespace InfoLink.Matching;

/// <summary>Whether two records are one person's.</summary>
public enum MatchOutcome
{
    /// <summary>All that is required is given and equal in normal form.</summary>
    Match,

    /// <summary>Nothing speaks against it, and something cannot be decided by rule: a human decides.</summary>
    Ambiguous,

    /// <summary>Something differs, or too little is given.</summary>
    NoMatch,
}

/// <summary>What a comparison or a search has found. Says how many, never whom, where it is not one.</summary>
/// <param name="Outcome">The result.</param>
/// <param name="Reasons">Why, and what is worth knowing; no value of a person among them.</param>
/// <param name="Candidates">How many persons could be meant: 1 for a match, 0 for no match.</param>
/// <param name="PersonIndex">Of a search that matched: which of the population. Null otherwise.</param>
public sealed record MatchResult(MatchOutcome Outcome, IReadOnlyList<MatchReason> Reasons, int Candidates, int? PersonIndex = null);

/// <summary>Compares two records' normal forms (SPEC "Matching").</summary>
public static class AttributeMatch
{
    /// <summary>Are they one person's? Symmetric. Never a guess: what cannot be decided by rule is ambiguous, what lacks a required attribute is no match.</summary>
    public static MatchResult Compare(NormalForm a, NormalForm b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var found = new SortedSet<MatchReason>(Reasons.InOrder);
        found.UnionWith(a.Problems);
        found.UnionWith(b.Problems);
        Names.NameComparison.Compare(a, b, found);
        Places.PlaceComparison.Compare(a.Address, b.Address, found);
        Dates.BirthComparison.Compare(a.Birth, b.Birth, found);
        CompareSex(a.Sex, b.Sex, found);
        var outcome = found.Count == 0 ? MatchOutcome.Match : found.Max(reason => reason.Weight) switch
        {
            MatchWeight.Against => MatchOutcome.NoMatch,
            MatchWeight.Undecided => MatchOutcome.Ambiguous,
            _ => MatchOutcome.Match,
        };
        return new MatchResult(outcome, [.. found], outcome is MatchOutcome.NoMatch ? 0 : 1);
    }

    /// <summary>Looks for one person among many.</summary>
    /// <param name="asked">Who is looked for.</param>
    /// <param name="population">Among whom; <see cref="MatchResult.PersonIndex"/> counts in this order.</param>
    /// <returns>Match: exactly one matches and no other could be meant. Ambiguous: how many match or could be meant. No match: the reasons of those that come nearest.</returns>
    public static MatchResult Find(NormalForm asked, IEnumerable<NormalForm> population)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(population);
        return new Search(asked).Over(population.Select((form, index) => (index, form)));
    }

    private static void CompareSex(SexForm? a, SexForm? b, SortedSet<MatchReason> found)
    {
        if (a is null || b is null)
        {
            found.Add(Reasons.SexMissing); // Three attributes without sex suffice.
        }
        else if (a != b)
        {
            found.Add(Reasons.SexDiffers);
        }
    }
}
