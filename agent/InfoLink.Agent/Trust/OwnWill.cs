using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Trust;

/// <summary>
/// The agency's own will: it cuts a peer or an entry off by itself, at once and across restarts, whatever broker and catalog allow. Each act is on record
/// before it takes effect; the other side reads "blocked by the provider", the reason stays here.
/// </summary>
public sealed class OwnWill
{
    private readonly LocalSwitches _switches;
    private readonly RestoredMarks _restored;
    private readonly ActRecords _records;
    private readonly TimeProvider _time;

    internal OwnWill(LocalSwitches switches, RestoredMarks restored, ActRecords records, TimeProvider time) => (_switches, _restored, _records, _time) = (switches, restored, records, time);

    /// <summary>What is cut off now.</summary>
    public IReadOnlyList<Cut> Cuts => _switches.All;

    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public Task BlockAsync(AgencyId peer, string reason, string who) => SetAsync(new Cut(peer.Value, null, reason, _time.GetUtcNow()), "block peer", peer.Value, who);

    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public Task BlockAsync(EntryId entry, string reason, string who) => SetAsync(new Cut(null, entry.Value, reason, _time.GetUtcNow()), "block entry", entry.Value, who);

    /// <returns>False: it was not blocked, or the configuration blocks it.</returns>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public Task<bool> UnblockAsync(AgencyId peer, string reason, string who) => LiftAsync(new Cut(peer.Value, null, reason, default), "unblock peer", peer.Value, who);

    /// <returns>False: it was not blocked, or the configuration blocks it.</returns>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public Task<bool> UnblockAsync(EntryId entry, string reason, string who) => LiftAsync(new Cut(null, entry.Value, reason, default), "unblock entry", entry.Value, who);

    /// <summary>Nothing is answered: a backup was put back, and nobody has said yet that its marks (withheld, by hand, quarantined, blocked) were looked through.</summary>
    public bool MarksUnreviewed => _restored.Unreviewed;

    /// <summary>They were, and what was set since the backup is set again: the agent answers.</summary>
    /// <returns>False: there was nothing to look through.</returns>
    /// <exception cref="LogUnavailableException">The act is not on record and did not happen.</exception>
    public Task<bool> MarksReviewedAsync(string reason, string who) => _restored.ReviewedAsync(reason, who);

    private async Task SetAsync(Cut cut, string what, string about, string who)
    {
        await RecordAsync(cut, what, about, "blocked", who);
        _switches.Set(cut);
    }

    private async Task<bool> LiftAsync(Cut cut, string what, string about, string who)
    {
        await RecordAsync(cut, what, about, "answered", who);
        return _switches.Lift(cut);
    }

    private Task RecordAsync(Cut cut, string what, string about, string after, string who) => _records.RecordAsync(new OperatorAct
    {
        Operator = who,
        What = what,
        About = about,
        Before = _switches.All.Any(other => other.IsAboutTheSameAs(cut)) ? "blocked" : "answered",
        After = after,
        Reason = cut.Reason,
    });
}
