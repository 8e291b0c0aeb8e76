using InfoLink.Agent.Links;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Agent.Linking;

/// <summary>The agency's own system, as far as it tells who a person is: bounded in time, and its faults named without what it says.</summary>
internal sealed partial class OwnPersons(IPersonSource? source, TimeSpan timeout, TimeProvider time, ILogger<OwnPersons> logger)
{
    /// <summary>A source is there.</summary>
    public bool IsThere => source is not null;

    /// <returns>For each identifier, in order, the person, or null where the system has none; or a refusal where it cannot be asked.</returns>
    public async Task<Outcome<IReadOnlyList<LocalPerson?>>> ReadAsync(IReadOnlyList<LocalId> ids, CancellationToken cancellation)
    {
        if (source is null)
        {
            return new Refusal(RefusalName.SourceUnavailable, "no source of basic attributes is configured here");
        }

        var persons = new List<LocalPerson?>(ids.Count);
        foreach (var id in ids)
        {
            try
            {
                persons.Add(await source.FindAsync(id.Value, cancellation).WaitAsync(timeout, time, cancellation) is { } own
                    ? new LocalPerson { Id = id, Name = own.Name, Kana = own.Kana, Address = own.Address, BirthDate = own.BirthDate, Sex = own.Sex }
                    : null);
            }
            catch (Exception fault) when (!cancellation.IsCancellationRequested)
            {
                Log.SourceFailed(logger, fault.GetType().Name); // Its type only: what an existing system says may hold anything.
                return new Refusal(RefusalName.SourceUnavailable, "basic attributes");
            }
        }

        return persons;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The source of basic attributes did not answer ({Fault}); nobody was asked about")]
        public static partial void SourceFailed(ILogger logger, string fault);
    }
}
