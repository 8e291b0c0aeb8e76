using InfoLink.Agent.Links;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// Opens a case for every link that ended and through which exchanges were made. The link table's history is its inbox: it looks right after a change,
/// and again every minute, so an end between the two loses nothing. Exchanges that were under way when the link ended are added as they come in.
/// </summary>
internal sealed partial class EndedLinks(RemedyStore store, LinkTable links, ExchangeSearch search, TimeProvider time, ILogger<EndedLinks> logger) : IDisposable
{
    /// <summary>How long after its link an exchange may end: the longest fetch (SPEC §1.5) and a little.</summary>
    public static readonly TimeSpan Late = TimeSpan.FromMinutes(6);

    private const int Page = 100;
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>How far each log was searched for a link that ended just now, by its ending's serial: the whole log is read once for it, and then what is new.</summary>
    private readonly Dictionary<long, Dictionary<string, long>> _places = [];

    /// <summary>The last ending that was looked at since the start.</summary>
    private long _looked;

    /// <summary>For the link table: was this the end of a link through which exchanges were made?</summary>
    public async Task<RemedyDue?> TellAsync(LocalId id, CancellationToken cancellation)
    {
        try
        {
            await LookAsync(onlyNew: true, cancellation);
            return (await links.PastLinksAsync(id, cancellation)).LastOrDefault(link => link.End is not null) is { End: { } end }
                && await store.CaseOfAsync(end.Serial, cancellation) is { } opened
                ? new RemedyDue(opened.Number, opened.Exchanges)
                : null;
        }
        catch (Exception fault) // The link has changed, whatever this says; the next look finds it.
        {
            Log.NotCounted(logger, fault);
            return null;
        }
    }

    /// <summary>Looks at what is new in the history, and once more at what ended just now.</summary>
    public Task LookAsync(CancellationToken cancellation) => LookAsync(onlyNew: false, cancellation);

    public void Dispose() => _one.Dispose();

    private async Task LookAsync(bool onlyNew, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var seen = await store.SeenAsync(cancellation);
            for (var (after, more, settled) = (onlyNew ? Math.Max(seen, _looked) : seen, true, !onlyNew || _looked <= seen); more;)
            {
                var (rows, until) = await links.EndingsAfterAsync(after, Page, cancellation);
                foreach (var (serial, id) in rows)
                {
                    // What ended just now is looked at again, until nothing more can come of it.
                    settled &= await OpenAsync(serial, id, cancellation);
                    _looked = Math.Max(_looked, serial);
                    if (settled)
                    {
                        await store.SetSeenAsync(serial, cancellation);
                    }
                }

                if (settled)
                {
                    await store.SetSeenAsync(until, cancellation);
                }

                (after, more) = (until, rows.Count == Page);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    /// <returns>False while exchanges through the link may still be under way.</returns>
    private async Task<bool> OpenAsync(long serial, LocalId id, CancellationToken cancellation)
    {
        if ((await links.PastLinksAsync(id, cancellation)).FirstOrDefault(link => link.End?.Serial == serial) is not { End: { } end } link)
        {
            return true; // The same person's code of another epoch.
        }

        var places = new Dictionary<string, long>(_places.GetValueOrDefault(serial) ?? [], StringComparer.Ordinal); // A copy: what is found below may fail to be kept.
        var isLast = time.GetUtcNow() > end.Time + Late; // As it was before the search: what comes in after it is looked for again.
        var (exchanges, isCut) = await search.FindAsync(link.Codes, link.From, end.Time + Late, cancellation, places);
        if (exchanges.Count > 0)
        {
            var grounds = end.What == LinkChange.Unlinked ? "the link was taken away" : "the link was moved to another person";
            var found = new RemedyCase(0, id, CorrectionReason.WrongLink, RemedyState.ToDecide, end.Time, new LinkAct(end.Act.Operator, grounds)) { IsCut = isCut };
            var (number, isNew) = await store.OpenAsync(found, exchanges, serial);
            if (isNew)
            {
                Log.ToDecide(logger, number, exchanges.Count);
            }
        }

        if (isLast || isCut)
        {
            _places.Remove(serial);
        }
        else
        {
            _places[serial] = places;
        }

        return isLast;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Remedy case {Case}: a link has ended through which {Exchanges} exchanges were made. A person decides who is told: infolink-agent remedy show")]
        public static partial void ToDecide(ILogger logger, long @case, int exchanges);

        [LoggerMessage(2, LogLevel.Error, "Exchanges through a link that ended are not counted yet; it is tried again")]
        public static partial void NotCounted(ILogger logger, Exception fault);
    }
}
