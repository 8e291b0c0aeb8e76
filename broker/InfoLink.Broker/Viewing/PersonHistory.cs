using InfoLink.Broker.AccessLog;
using InfoLink.Broker.Codes;
using InfoLink.Codes;
using InfoLink.Transparency;

namespace InfoLink.Broker.Viewing;

/// <summary>
/// What one log of the broker has of a person, whatever her codes were at the time: a changed resident record code gives her another serial, and successions
/// in the register lead back from it. Only who brings her present ID code is led there; nothing of this is kept.
/// </summary>
internal sealed class PersonHistory(IndexTags tags, IIdCodeRegister register, RegisterKey key, PersonIndex persons, TimeProvider time)
{
    /// <summary>Records are kept for seven years, which touch eight.</summary>
    private const int Years = 8;

    /// <summary>Former identities that are followed; more than anybody has.</summary>
    private const int MostIdentities = IIdCodeRegister.MostBefore;

    /// <param name="person">Her present ID code.</param>
    /// <param name="limit">At most so many, the oldest first.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Where her approvals stand, in this log.</returns>
    /// <exception cref="InvalidDataException">The register was changed by somebody else.</exception>
    public async Task<IReadOnlyList<PersonRecord>> FindAsync(IdCode person, int limit, CancellationToken cancellation)
    {
        var year = IndexTags.YearOf(time.GetUtcNow());
        var found = new SortedSet<PersonRecord>();
        foreach (var identity in await IdentitiesAsync(person, cancellation))
        {
            for (var back = 0; back < Years; back++)
            {
                found.UnionWith(await persons.FindAsync(tags.Of(identity, year - back), limit, cancellation));
            }
        }

        return [.. found.Take(limit)];
    }

    /// <summary>The person's code and those that went before it, herself first; generations do not matter.</summary>
    private async Task<IReadOnlyList<IdCode>> IdentitiesAsync(IdCode person, CancellationToken cancellation)
    {
        var all = new List<IdCode> { person };
        var seen = new HashSet<RegisterTag> { key.TagOf(person) };
        for (var at = 0; at < all.Count && all.Count < MostIdentities; at++)
        {
            foreach (var (tag, predecessor) in await register.BeforeAsync(key.TagOf(all[at]), cancellation))
            {
                if (seen.Add(tag))
                {
                    all.Add(key.PredecessorOf(all[at], tag, predecessor));
                }
            }
        }

        return all;
    }
}
