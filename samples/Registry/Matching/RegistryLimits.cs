using System.Threading.RateLimiting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting.Limits;

namespace InfoLink.Samples.Registry.Matching;

/// <summary>What the registry bears of one agency, and of all together.</summary>
public sealed class RegistryLimitOptions
{
    /// <summary>Persons a minute of one agency in the long run; 1 to 1,000,000. A whole population is linked once, and slowly; what is faster than this looks for somebody.</summary>
    public int PersonsPerMinute { get; set; } = 60_000;

    /// <summary>Persons at once after a rest; 1,000 (the largest call) to 1,000,000.</summary>
    public int Burst { get; set; } = 20_000;

    /// <summary>One agency's calls at the same time, and how many wait.</summary>
    public CallLimit Each { get; set; } = new() { AtOnce = 2, Waiting = 8 };

    /// <summary>Everybody's.</summary>
    public WholeLimit Whole { get; set; } = new() { AtOnce = 8, Waiting = 64 };

    /// <summary>What is wrong, each with its way out.</summary>
    public IEnumerable<string> Errors()
    {
        if (PersonsPerMinute is < 1 or > 1_000_000)
        {
            yield return "limits.personsPerMinute: 1 to 1,000,000.";
        }

        if (Burst is < RegistryEdge.MostPersons or > 1_000_000)
        {
            yield return $"limits.burst: {RegistryEdge.MostPersons:N0}, the largest call, to 1,000,000.";
        }

        foreach (var error in Each.Errors("limits.each").Concat(Whole.Errors("limits.whole")))
        {
            yield return error;
        }
    }
}

/// <summary>Places for calls, and the pace in persons: looking for somebody by trial costs what looking for everybody costs.</summary>
public sealed class RegistryLimits(RegistryLimitOptions options, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The limiter counts in whole permits a second; a person costs as many as a minute has seconds.</summary>
    private const int PermitsOfAPerson = 60;

    private readonly CallPlaces _places = new(options.Each, options.Whole, time);
    private readonly PartitionedRateLimiter<AgencyId> _persons = PartitionedRateLimiter.Create<AgencyId, AgencyId>(agency =>
        RateLimitPartition.Get(agency, _ => new PacedLimiter(options.PersonsPerMinute, options.Burst * PermitsOfAPerson, time)));

    /// <returns>The call's place; OVERLOADED with a time to come again, naming what is full.</returns>
    public async ValueTask<Outcome<CallPlace>> EnterAsync(AgencyId caller, int persons, CancellationToken cancellation)
    {
        using var pace = _persons.AttemptAcquire(caller, persons * PermitsOfAPerson);
        return pace.IsAcquired ? await _places.EnterAsync(caller, cancellation) : CallPlaces.Overloaded(pace, "persons a minute");
    }

    public async ValueTask DisposeAsync()
    {
        await _persons.DisposeAsync();
        await _places.DisposeAsync();
    }
}
