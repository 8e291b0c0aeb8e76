using InfoLink.Contracts.Refusals;

namespace InfoLink.Agent.Requesting;

/// <summary>One exchange, from a whole question to what came back of each person: over the wire (<see cref="RequestingProtocol"/>), or in the memory of a developer's tests.</summary>
internal interface IExchange
{
    /// <summary>Refusals of the whole are the result's; what concerns one person is that person's.</summary>
    Task<Outcome<Fetched>> FetchAsync(IReadOnlyList<string> persons, Inquiry inquiry, Asker who, CancellationToken cancellation);
}
