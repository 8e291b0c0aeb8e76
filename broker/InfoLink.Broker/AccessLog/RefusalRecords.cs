using InfoLink.Broker.Exchange;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Broker.AccessLog;

/// <summary>Puts refusals on record before they are told: each by itself, or counted where a member piles them up.</summary>
internal sealed class RefusalRecords(Transparency.AccessLog log, RefusalLimit limit, TimeProvider time)
{
    /// <summary>Records the refusal of a whole request; the result is what the caller hears.</summary>
    /// <param name="caller">Who is refused.</param>
    /// <param name="about">As much of the open part as is known.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="subjects">How many persons it was about.</param>
    public async Task<Refusal> RefuseAsync(Caller caller, OpenPart about, Refusal refusal, int subjects)
    {
        await RecordAsync(caller, about, refusal.Name, [.. Enumerable.Range(0, subjects).Select(index => (uint)index)]);
        return refusal;
    }

    /// <summary>Records the refusal of some subjects. Their places are kept, their codes are not: most are nobody's.</summary>
    public Task RecordAsync(Caller caller, OpenPart about, RefusalName name, IReadOnlyList<uint> indices)
    {
        if (!limit.Admit(caller.Id, name))
        {
            return Task.CompletedTask;
        }

        var open = about.Clone();
        open.Event = AccessEvent.Refused;
        open.Custodian = ApprovedRecord.BrokerCustodian;
        open.TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        open.Refusal = name;
        open.Count = (uint)indices.Count;
        return log.AppendAsync(new NewEntry(
            open,
            [.. indices.Select(index => new NewSubject(new SubjectLeaf(index, SubjectOutcome.RefusedOutcome)))]));
    }

    /// <summary>Puts the counts of finished minutes on record.</summary>
    /// <exception cref="LogUnavailableException">Nothing is lost: what is not on record is counted on.</exception>
    public async Task FlushAsync(bool all)
    {
        var waiting = new Queue<CountedRefusals>(limit.TakeFinished(all));
        while (waiting.TryPeek(out var counted))
        {
            try
            {
                await log.AppendAsync(new NewEntry(
                    new OpenPart
                    {
                        Event = AccessEvent.Refused,
                        Custodian = ApprovedRecord.BrokerCustodian,
                        TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
                        Requester = counted.Member.Value,
                        Refusal = counted.Name,
                        RepeatedRefusals = (uint)counted.Count,
                    },
                    []));
                waiting.Dequeue();
            }
            catch (LogUnavailableException)
            {
                limit.Return(waiting);
                throw;
            }
        }
    }
}
