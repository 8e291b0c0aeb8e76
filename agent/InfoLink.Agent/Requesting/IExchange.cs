using InfoLink.Agent.People;
using InfoLink.Contracts.Refusals;

namespace InfoLink.Agent.Requesting;

/// <summary>One exchange, from a whole question to what came back of each person: over the wire (<see cref="RequestingProtocol"/>), or in the memory of a developer's tests.</summary>
internal interface IExchange
{
    /// <summary>The question is whole, this operator may ask it, and there is a case where one is needed. Nothing leaves the agency; who is admitted may then choose whom to ask, and ask.</summary>
    Task<Outcome<Admitted>> AdmitAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation);

    /// <summary>Refusals of the whole are the result's; what concerns one person is that person's.</summary>
    Task<Outcome<Fetched>> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation);
}
