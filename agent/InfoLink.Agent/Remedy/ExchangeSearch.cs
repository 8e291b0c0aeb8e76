using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Agent.Remedy;

/// <summary>
/// Every exchange that was made through some of the agency's own link codes, found in its own log: as requester what it received or lost, as provider
/// what it answered. There is no index from codes to exchanges (decision 61): a search reads the log once, some seconds for each million records.
/// </summary>
internal sealed class ExchangeSearch(IEntryReader log)
{
    /// <summary>Exchanges of one case, at most.</summary>
    public const int MaxExchanges = 10_000;

    private static readonly AccessEvent[] Ends = [AccessEvent.Answered, AccessEvent.Received, AccessEvent.Failed];

    /// <param name="codes">The codes that the link had.</param>
    /// <param name="from">The earliest time of a record.</param>
    /// <param name="until">The latest.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="places">By log origin, how far an earlier search for the same went: this one goes on from there, and says how far it came.</param>
    /// <returns>Oldest first, each exchange once for each side; and whether there were more.</returns>
    public async Task<(IReadOnlyList<AffectedExchange> Exchanges, bool IsCut)> FindAsync(
        IReadOnlyList<LinkCode> codes, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation, IDictionary<string, long>? places = null)
    {
        var reached = new Dictionary<string, long>(StringComparer.Ordinal);
        var found = new Dictionary<(ExchangeId, ExchangeSide), (AffectedExchange Exchange, AccessEvent Event)>();
        foreach (var some in codes.Select(Links.LinkTable.Bytes).Chunk(CodeSearch.MaxCodes))
        {
            foreach (var origin in await log.OriginsAsync(cancellation))
            {
                if (await log.OtherAsync(origin, cancellation) is not { } one)
                {
                    continue;
                }

                var (start, size) = (places?.TryGetValue(origin, out var place) == true ? place : 0, (await one.StateAsync(cancellation)).Size);
                reached[origin] = Math.Min(size, reached.GetValueOrDefault(origin, size)); // Every entry before it could be seen.
                var search = new CodeSearch(some, Ends, from, until);
                for (long? next = start < size ? start : null; next is { } serial && found.Count <= MaxExchanges;)
                {
                    var page = await one.FindByOwnCodeAsync(search, serial, cancellation);
                    foreach (var entry in page.Entries)
                    {
                        Add(entry, some, found);
                    }

                    next = page.Next;
                }
            }
        }

        if (places is not null)
        {
            foreach (var (origin, place) in reached)
            {
                places[origin] = place;
            }
        }

        return ([.. found.Values.Select(one => one.Exchange).OrderBy(one => one.Time).Take(MaxExchanges)], found.Count > MaxExchanges);
    }

    /// <summary>What this record says of the persons under these codes; null where it is of no exchange between two agencies.</summary>
    /// <param name="entry">An own record.</param>
    /// <param name="concerned">Which of its subjects.</param>
    public static AffectedExchange? Read(StoredEntry entry, Func<StoredSubject, bool> concerned)
    {
        var open = entry.Open;
        if (!ExchangeId.TryFromBytes(open.ExchangeId.Span, out var exchange) || SideOf(open) is not { } side
            || !AgencyId.TryParse(side == ExchangeSide.RequesterSide ? open.Provider : open.Requester, out var counterpart))
        {
            return null; // A question that the broker refused was never an exchange.
        }

        return new AffectedExchange(
            exchange,
            side,
            counterpart,
            DateTimeOffset.FromUnixTimeMilliseconds(open.TimeMs),
            [.. entry.Subjects.Where(concerned).Select(subject => (subject.Index, subject.Outcome)).OrderBy(subject => subject.Index)])
        {
            Entry = open.Entry,
            Kinds = [.. open.Kinds],
        };
    }

    /// <summary>What the custodian of a record was in its exchange.</summary>
    public static ExchangeSide? SideOf(OpenPart open) =>
        string.Equals(open.Custodian, open.Requester, StringComparison.Ordinal) && open.Event is AccessEvent.Received or AccessEvent.Failed ? ExchangeSide.RequesterSide
        : string.Equals(open.Custodian, open.Provider, StringComparison.Ordinal) && open.Event is AccessEvent.Answered ? ExchangeSide.ProviderSide
        : null;

    private static void Add(StoredEntry entry, byte[][] codes, Dictionary<(ExchangeId, ExchangeSide), (AffectedExchange Exchange, AccessEvent Event)> found)
    {
        if (Read(entry, subject => subject.OwnLinkCode is { } own && codes.Any(code => code.AsSpan().SequenceEqual(own))) is not { Subjects.Count: > 0 } exchange)
        {
            return;
        }

        // Where there are both, what was received says more than that something failed.
        var key = (exchange.Exchange, exchange.Side);
        if (!found.TryGetValue(key, out var known) || known.Event == AccessEvent.Failed)
        {
            found[key] = (exchange, entry.Open.Event);
        }
    }
}
