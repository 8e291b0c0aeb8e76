namespace InfoLink.Matching;

/// <summary>What a reason is about.</summary>
public enum MatchAttribute
{
    /// <summary>The person as a whole.</summary>
    Person,

    /// <summary>The name.</summary>
    Name,

    /// <summary>The name's reading.</summary>
    Kana,

    /// <summary>The address.</summary>
    Address,

    /// <summary>The date of birth.</summary>
    Birth,

    /// <summary>Sex.</summary>
    Sex,
}

/// <summary>What a reason does to a result.</summary>
public enum MatchWeight
{
    /// <summary>Worth knowing; decides nothing.</summary>
    Note,

    /// <summary>A human must decide: the result is at best ambiguous.</summary>
    Undecided,

    /// <summary>No match.</summary>
    Against,
}

/// <summary>One thing about a comparison that a clerk can act on. Never contains a value of the person.</summary>
/// <param name="Id">Stable, for programs: <c>name-differs</c>.</param>
/// <param name="Attribute">What it is about.</param>
/// <param name="Weight">What it does to the result.</param>
/// <param name="En">What is the matter and what to do, in English.</param>
/// <param name="Ja">The same in Japanese.</param>
public sealed record MatchReason(string Id, MatchAttribute Attribute, MatchWeight Weight, string En, string Ja)
{
    /// <summary>Every reason there is, in the order in which they are told.</summary>
    public static IReadOnlyList<MatchReason> All => Reasons.All;

    /// <inheritdoc/>
    public override string ToString() => Id;
}
