using InfoLink.Agent.Typed;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;

namespace InfoLink.Agent.Sources;

/// <summary>
/// Where the answers for a kind of information come from: the agency's existing system, behind whatever it has.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>MUST answer for exactly the person asked for, under exactly the conditions asked for, or with null.</item>
/// <item>Null means that there is nothing to answer automatically; the requester cannot tell it from a person who is unknown.</item>
/// <item>MAY throw; the requester then learns that the source did not answer, and nothing else.</item>
/// <item>MUST heed the cancellation: the agent gives up after its time limit, whatever the source does.</item>
/// <item>Called in parallel.</item>
/// </list>
/// </remarks>
public interface IInformationSource
{
    Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation);
}

/// <summary>What a source is asked.</summary>
public sealed record InformationRequest
{
    /// <summary>The agency's own identifier for the person.</summary>
    public required string Person { get; init; }

    public required KindId Kind { get; init; }

    public required InquiryConditions Conditions { get; init; }

    public required EntryId Entry { get; init; }

    public required SubjectRole Role { get; init; }

    /// <summary>
    /// The day in Japan on which the catalog took effect whose layout the answer keeps. Around a revision both are asked for: days from the revision's on are answered in the new layout.
    /// </summary>
    public DateOnly LayoutFrom { get; init; }

    /// <summary>Who asks.</summary>
    public required AgencyId Requester { get; init; }

    public override string ToString() => $"InformationRequest({Kind}, redacted)";
}

/// <summary>
/// The data items of one kind for one person: each a value in canonical text, or the reason why there is none. It prints no value.
/// <code>new Items { { "taxation-class", "3" }, { "income-levy", AbsenceReason.NotYetDetermined } }</code>
/// </summary>
public sealed class Items : Dictionary<string, ItemAnswer>
{
    public Items()
        : base(StringComparer.Ordinal)
    {
    }

    public void Add(string item, string value) => Add(item, new ItemAnswer.Value(value));

    public void Add(string item, AbsenceReason reason) => Add(item, new ItemAnswer.Absent(reason));

    /// <summary>An item of a typed class; one that is left out is not added.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Its value is no member of its code list's enum.</exception>
    public void Add<T>(string item, Item<T> value)
        where T : notnull
    {
        if (!value.IsLeftOut)
        {
            Add(item, value.HasValue ? new ItemAnswer.Value(ItemText<T>.Of(value.Value)) : new ItemAnswer.Absent(value.Absence!));
        }
    }

    public override string ToString() => $"Items({Count}, redacted)";
}

/// <summary>A source that is a function of the developer's.</summary>
internal sealed class DelegateSource(Func<InformationRequest, CancellationToken, Task<Items?>> read) : IInformationSource
{
    public Task<Items?> ReadAsync(InformationRequest request, CancellationToken cancellation) => read(request, cancellation);
}
