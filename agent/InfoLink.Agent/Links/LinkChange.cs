namespace InfoLink.Agent.Links;

/// <summary>Who changes a link, and why.</summary>
public sealed record LinkAct(string Operator, string Reason)
{
    /// <summary>What the agency's own program did.</summary>
    public static readonly LinkAct ByProgram = new("automatic", "");

    /// <summary>What somebody who has proved who it is says of the operator, as in <see cref="Requesting.Asker.Claims"/>; null: the agency's file of operators does. It is kept nowhere.</summary>
    public Requesting.OperatorClaims? Claims { get; init; }
}

/// <summary>What a history row tells of. Values are kept on disk.</summary>
public enum LinkChange
{
    Linked = 1,

    /// <summary>The identifier has another code now than before: a new epoch or generation of the same person, or another person.</summary>
    Moved = 2,
    Quarantined = 3,
    Released = 4,

    /// <summary>Withheld or manual only, or not any more.</summary>
    Marked = 5,

    /// <summary>Two records of one person now share the link.</summary>
    Joined = 6,

    /// <summary>The identifier has no link any more.</summary>
    Unlinked = 7,

    /// <summary>Found right by the registry.</summary>
    Verified = 8,

    /// <summary>The same person's newer code, as the broker says: her codes were replaced, or she has another resident record code.</summary>
    Renewed = 10,

    /// <summary>An identity check found that another agency means somebody else.</summary>
    Mismatched = 9,

    /// <summary>The same person's code of another epoch stands beside the one in use.</summary>
    Rotated = 20,

    /// <summary>The broker gave no code of the next epoch: the person's codes are not in use, or the link is wrong. A person decides.</summary>
    RotationRefused = 21,

    /// <summary>Another agency has told that an exchange through this link was made by a wrong link: the link is due for verification.</summary>
    CorrectionNoticed = 30,
}

/// <summary>What came of entering a code.</summary>
internal enum LinkPut
{
    Linked,
    Already,
    Moved,

    /// <summary>The code is another record's: nothing was written.</summary>
    Another,
}
