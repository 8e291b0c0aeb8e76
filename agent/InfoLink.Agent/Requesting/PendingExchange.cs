using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Requesting;

/// <summary>An exchange of this agency whose answer the provider's people give.</summary>
/// <param name="Exchange">Names it in every record.</param>
/// <param name="Provider">Who was asked.</param>
/// <param name="Entry">On what basis.</param>
/// <param name="AskedAt">When.</param>
/// <param name="Deadline">Until when the provider keeps it; then what nobody collected has lapsed.</param>
/// <param name="CollectsItself">The agent asks again by itself.</param>
/// <param name="Persons">Those whose answer was pending, in the order of the question.</param>
public sealed record PendingExchange(
    ExchangeId Exchange, AgencyId Provider, EntryId Entry, DateTimeOffset AskedAt, DateTimeOffset Deadline, bool CollectsItself, IReadOnlyList<PendingPerson> Persons)
{
    /// <summary>Where it collects itself: when it asks next.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>Why the last question of its own came to nothing, by the refusal's name; empty: it did not.</summary>
    public string Trouble { get; init; } = "";

    /// <summary>Who asked, as on record.</summary>
    public Asker? Who { get; init; }

    /// <summary>Which of the agency's own systems asked, by its name in <c>local.keys</c>; empty: none of them.</summary>
    public string Caller { get; init; } = "";
}

/// <summary>One person of a pending exchange.</summary>
/// <param name="Person">The agency's own identifier.</param>
/// <param name="State">How far it is.</param>
/// <param name="Refusal">The refusal's name; empty where nothing was refused.</param>
/// <param name="IsKept">The answer has been collected and waits here, sealed, for whoever takes it.</param>
public sealed record PendingPerson(string Person, PendingState State, string Refusal, bool IsKept)
{
    public override string ToString() => $"PendingPerson({State}, redacted)";
}

/// <summary>How far it is with a person. Values are kept on disk.</summary>
public enum PendingState
{
    Waiting = 1,
    Answered = 2,
    Refused = 3,
    Lapsed = 4,
}
