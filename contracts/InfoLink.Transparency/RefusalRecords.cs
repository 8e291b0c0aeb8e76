using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Transparency;

/// <summary>
/// Puts refusals on record before they are told: each by itself, or counted where a member piles them up. The record names who called, who
/// need not be whom the token names.
/// </summary>
public sealed class RefusalRecords(AccessLog log, string custodian, TimeProvider time)
{
    private readonly RefusalLimit _limit = new(time);

    /// <summary>Records the refusal of a whole call; the result is what the caller hears.</summary>
    /// <param name="caller">Who is refused, by the certificate of the connection.</param>
    /// <param name="about">As much of the open part as is known.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="subjects">How many persons it was about.</param>
    /// <param name="particulars">Who of the custodian's own people was refused, where it is one of them.</param>
    /// <exception cref="LogUnavailableException">The refusal is not on record.</exception>
    public async Task<Refusal> RefuseAsync(AgencyId caller, OpenPart about, Refusal refusal, int subjects = 0, Particulars? particulars = null)
    {
        await RecordAsync(caller, about, refusal.Name, subjects, [], particulars);
        return refusal;
    }

    /// <summary>Records the refusal of some subjects. Their places are kept, their codes are not: most are nobody's.</summary>
    /// <exception cref="LogUnavailableException">The refusal is not on record.</exception>
    public Task RecordAsync(AgencyId caller, OpenPart about, RefusalName name, IReadOnlyList<uint> indices) =>
        RecordAsync(caller, about, name, indices.Count, indices);

    /// <summary>
    /// Counts a call that was turned away under load, before anything of it was looked at: it gets no record of its own, since shedding must cost less
    /// than answering, and stands in its minute's counted record.
    /// </summary>
    public void Count(AgencyId caller, RefusalName name) => _limit.Count(caller, name);

    /// <summary>Puts the counts of finished minutes on record.</summary>
    /// <param name="all">Also of the minute that runs, at shutdown.</param>
    /// <exception cref="LogUnavailableException">Nothing is lost: what is not on record is counted on.</exception>
    public async Task FlushAsync(bool all)
    {
        var finished = _limit.TakeFinished(all);
        for (var i = 0; i < finished.Count; i++)
        {
            try
            {
                var open = Open(finished[i].Member, new OpenPart(), finished[i].Name);
                open.RepeatedRefusals = (uint)finished[i].Count;
                await log.AppendAsync(new NewEntry(open, []));
            }
            catch (LogUnavailableException)
            {
                _limit.Return(finished.Skip(i));
                throw;
            }
        }
    }

    private Task RecordAsync(AgencyId caller, OpenPart about, RefusalName name, int count, IReadOnlyList<uint> indices, Particulars? particulars = null)
    {
        if (!_limit.Admit(caller, name))
        {
            return Task.CompletedTask;
        }

        var open = Open(caller, about, name);
        open.Count = (uint)count;
        return log.AppendAsync(new NewEntry(
            open,
            [.. indices.Select(index => new NewSubject(new SubjectLeaf(index, SubjectOutcome.RefusedOutcome)))],
            particulars));
    }

    private OpenPart Open(AgencyId caller, OpenPart about, RefusalName name)
    {
        var open = about.Clone();
        open.Event = AccessEvent.Refused;
        open.Custodian = custodian;
        open.TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        open.Refusal = name;
        open.Caller = caller.Value;
        return open;
    }
}
