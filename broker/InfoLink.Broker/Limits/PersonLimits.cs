using System.Threading.RateLimiting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InfoLink.Hosting.Limits;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.Limits;

/// <summary>
/// How many persons may be asked for: by one agency in a day and in a second, under one entry in a second. Asked once the catalog has allowed the
/// request, so that the entry is a real one, and before any code is deciphered; what is refused afterwards counts all the same, since trying is what it bounds.
/// </summary>
internal sealed class PersonLimits(LimitOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly PartitionedRateLimiter<AgencyId>? _ofAgency = Paced<AgencyId>(options.PersonsPerSecond, time);
    private readonly PartitionedRateLimiter<EntryId>? _underEntry = Paced<EntryId>(options.EntryPersonsPerSecond, time);
    private readonly Lock _gate = new();
    private readonly Dictionary<AgencyId, int> _today = [];
    private DateOnly _day;

    /// <summary>OVERLOADED, naming the limit; or null, and the persons are counted.</summary>
    public Refusal? WhyNot(AgencyId agency, EntryId entry, int persons)
    {
        if (WhyNotToday(agency, persons) is { } enough)
        {
            return enough;
        }

        // The agency's own limit first: one that is over it takes nothing from the entry that all share.
        if ((WhyNot(_ofAgency, agency, persons, "persons a second") ?? WhyNot(_underEntry, entry, persons, "entry's persons a second")) is { } tooFast)
        {
            GiveBack(agency, persons);
            return tooFast;
        }

        return null;
    }

    /// <summary>How many persons each agency has asked for today, for the operator's view.</summary>
    public IReadOnlyDictionary<AgencyId, int> Today()
    {
        lock (_gate)
        {
            return new Dictionary<AgencyId, int>(_today);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_ofAgency is not null)
        {
            await _ofAgency.DisposeAsync();
        }

        if (_underEntry is not null)
        {
            await _underEntry.DisposeAsync();
        }
    }

    private Refusal? WhyNotToday(AgencyId agency, int persons)
    {
        if (options.PersonsPerDay == 0)
        {
            return null;
        }

        lock (_gate)
        {
            var today = JapanTime.Today(time);
            if (today != _day)
            {
                _today.Clear();
                _day = today;
            }

            var asked = _today.GetValueOrDefault(agency);
            if (asked + persons > options.PersonsPerDay)
            {
                return new Refusal(RefusalName.Overloaded, "persons a day", JapanTime.EndOf(today).AddSeconds(1) - time.GetUtcNow());
            }

            _today[agency] = asked + persons;
            return null;
        }
    }

    private void GiveBack(AgencyId agency, int persons)
    {
        lock (_gate)
        {
            if (_today.TryGetValue(agency, out var asked))
            {
                _today[agency] = Math.Max(0, asked - persons);
            }
        }
    }

    private static Refusal? WhyNot<T>(PartitionedRateLimiter<T>? limiter, T key, int persons, string what)
    {
        using var lease = limiter?.AttemptAcquire(key, persons);
        return lease is { IsAcquired: false } ? CallPlaces.Overloaded(lease, what) : null;
    }

    /// <summary>A burst is what one call may hold, or a second's worth where that is more.</summary>
    private static PartitionedRateLimiter<T>? Paced<T>(int perSecond, TimeProvider time)
        where T : notnull => perSecond == 0
            ? null
            : PartitionedRateLimiter.Create<T, T>(key => RateLimitPartition.Get(
                key, _ => new PacedLimiter(perSecond, Math.Max(TokenRules.MaxSubjects, perSecond), time)));
}
