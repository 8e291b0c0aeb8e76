using InfoLink.Agent.Links;
using InfoLink.V1;

namespace InfoLink.Agent.Linking;

/// <summary>
/// A person as the agency's own system has her: its identifier, and the basic attributes as they stand there. What is not known is null; it is never made up.
/// </summary>
public sealed record LocalPerson
{
    public required LocalId Id { get; init; }

    public string? Name { get; init; }

    public string? Kana { get; init; }

    public string? Address { get; init; }

    public string? BirthDate { get; init; }

    public string? Sex { get; init; }

    public override string ToString() => "LocalPerson(redacted)";

    internal BasicAttributes ToAttributes() => new()
    {
        Name = Name ?? "",
        Kana = Kana ?? "",
        Address = Address ?? "",
        BirthDate = BirthDate ?? "",
        Sex = Sex ?? "",
    };
}

/// <summary>What came of linking one person.</summary>
public enum LinkingResult
{
    /// <summary>Has a link now and had none before.</summary>
    Linked = 1,

    /// <summary>Has the link that the registry says.</summary>
    Verified = 2,

    /// <summary>Has another code now: of a new epoch or generation, or because a person has released the old link.</summary>
    Renewed = 3,

    /// <summary>More than one resident could be meant. Not linked.</summary>
    Ambiguous = 4,

    /// <summary>No resident agrees. Not linked.</summary>
    NotFound = 5,

    /// <summary>The person's codes are not in use (frozen, superseded, expired). Not linked.</summary>
    Refused = 6,

    /// <summary>Another record of this agency has the code: perhaps one person recorded twice, perhaps a wrong link. Not linked; a person decides.</summary>
    Duplicate = 7,

    /// <summary>The registry says another person than the link. Quarantined; a person decides.</summary>
    Contradicted = 8,
}
