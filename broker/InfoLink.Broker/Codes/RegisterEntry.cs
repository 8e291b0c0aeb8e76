using InfoLink.Codes;

namespace InfoLink.Broker.Codes;

/// <summary>Whether a person's codes are in use.</summary>
internal enum RegisterState : byte
{
    /// <summary>In use.</summary>
    Active = 0,

    /// <summary>Stopped until someone lifts it: a wrong link or a misuse is being looked into.</summary>
    Frozen = 1,

    /// <summary>Ended for good in favour of another code, a provisional one by the resident's own for instance.</summary>
    Superseded = 2,
}

/// <summary>What the register says of one person. Absent means <see cref="Unwritten"/>.</summary>
/// <param name="Generation">The one generation whose codes are current. Only ever rises.</param>
/// <param name="State">In use, or why not.</param>
/// <param name="Successor">Who goes on; set if and only if <see cref="RegisterState.Superseded"/>.</param>
/// <param name="ExpiresAt">From this moment on the codes are refused; null for never.</param>
internal sealed record RegisterEntry(
    byte Generation, RegisterState State, Succession? Successor = null, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>What an absent entry means: generation 0, active.</summary>
    public static readonly RegisterEntry Unwritten = new(0, RegisterState.Active);

    /// <summary>
    /// Whether this entry may take the place of <paramref name="before"/>: no generation goes back, no ended code comes back.
    /// </summary>
    public bool MayFollow(RegisterEntry? before)
    {
        before ??= Unwritten;
        var wellFormed = (State == RegisterState.Superseded) == Successor.HasValue;
        return wellFormed && Generation >= before.Generation
            && (before.State != RegisterState.Superseded || this == before);
    }
}

/// <summary>The register's answer about a presented code: closed, so that every use of it is complete.</summary>
internal abstract record CodeStanding
{
    private CodeStanding()
    {
    }

    /// <summary>Go on.</summary>
    public sealed record Current : CodeStanding;

    /// <summary>
    /// Refused. The reason is for the broker's own counters and alarms; towards the agency every refused code looks like an unreadable one.
    /// </summary>
    public sealed record Refused(StandingFault Why) : CodeStanding;

    private static readonly Current InUse = new();

    /// <summary>Decides on what the register says, and nothing else.</summary>
    /// <param name="presented">The ID code a link code deciphered to.</param>
    /// <param name="entry">The register's entry for it, null if absent.</param>
    /// <param name="now">The time of the request.</param>
    public static CodeStanding Decide(IdCode presented, RegisterEntry? entry, DateTimeOffset now)
    {
        entry ??= RegisterEntry.Unwritten;
        if (presented.IsNone)
            return new Refused(StandingFault.NoCode);
        if (entry.State == RegisterState.Superseded)
            return new Refused(StandingFault.Superseded);
        if (entry.ExpiresAt <= now)
            return new Refused(StandingFault.Expired);
        if (presented.Generation < entry.Generation)
            return new Refused(StandingFault.OldGeneration);
        if (presented.Generation > entry.Generation)
            return new Refused(StandingFault.UnissuedGeneration);
        return entry.State == RegisterState.Frozen ? new Refused(StandingFault.Frozen) : InUse;
    }
}

/// <summary>Why a code that deciphered well is refused all the same. Never leaves the broker.</summary>
internal enum StandingFault
{
    /// <summary>The place holds no code: it did not decipher.</summary>
    NoCode,

    /// <summary>Replaced by a later generation.</summary>
    OldGeneration,

    /// <summary>Of a generation that the register does not know: the register lost a write, or a key is in wrong hands. An alarm.</summary>
    UnissuedGeneration,

    /// <summary>Stopped for now.</summary>
    Frozen,

    /// <summary>Ended in favour of another code.</summary>
    Superseded,

    /// <summary>Past its time.</summary>
    Expired,
}
