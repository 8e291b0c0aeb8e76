using InfoLink.Contracts.Identifiers;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.AccessLog;

/// <summary>What the broker writes of an exchange: items ①–⑥ and outcomes, one subject record for each person, and nothing that it must not know.</summary>
internal sealed class ExchangeRecords(Transparency.AccessLog log, TimeProvider time)
{
    public Task<Appended> ApprovedAsync(OpenPart approval, IReadOnlyList<NewSubject> subjects) =>
        log.AppendAsync(new NewEntry(approval, subjects));

    /// <summary>The approval stands in the log, but its token never left.</summary>
    public Task WithdrawnAsync(OpenPart approval, RefusalName why, IReadOnlyList<NewSubject> subjects)
    {
        var open = Follow(approval, AccessEvent.Withdrawn);
        open.Refusal = why;
        return log.AppendAsync(new NewEntry(open, subjects));
    }

    /// <summary>An approval that stands in the log although its caller was told no: its token never left, and this says so.</summary>
    public static NewEntry? Correction(NewEntry stands) => stands.Open.Event == AccessEvent.Approved
        ? new NewEntry(new OpenPart(stands.Open) { Event = AccessEvent.Withdrawn, Refusal = RefusalName.LogUnavailable }, stands.Subjects)
        : null;

    /// <summary>The provider's codes are about to leave.</summary>
    public Task RedeemedAsync(OpenPart approval, IReadOnlyList<NewSubject> subjects) =>
        log.AppendAsync(new NewEntry(Follow(approval, AccessEvent.Redeemed), subjects));

    /// <summary>What the provider says came of it; the persons are those of the redeemed record.</summary>
    public Task SettledAsync(StoredEntry redeemed, IReadOnlyList<NewSubject> subjects) =>
        log.AppendAsync(new NewEntry(Follow(redeemed.Open, AccessEvent.Settled), subjects));

    /// <summary>The deadline passed without a settlement.</summary>
    public Task UnsettledAsync(StoredEntry redeemed) => log.AppendAsync(new NewEntry(Follow(redeemed.Open, AccessEvent.Unsettled), []));

    /// <summary>What is on record of an exchange, in the order it happened.</summary>
    public Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation) =>
        log.Store.FindAsync(exchange, cancellation);

    /// <summary>Exchanges redeemed between two times that nobody has settled.</summary>
    public Task<IReadOnlyList<ExchangeId>> FindUnsettledAsync(DateTimeOffset from, DateTimeOffset until, int limit, CancellationToken cancellation) =>
        log.Store.FindOpenAsync(AccessEvent.Redeemed, [AccessEvent.Settled, AccessEvent.Unsettled], from, until, limit, cancellation);

    /// <summary>Brings the index of persons up to the log's end, piece by piece.</summary>
    public async Task IndexPersonsAsync(CancellationToken cancellation)
    {
        while (await log.Persons.BuildAsync(cancellation))
        {
        }
    }

    private OpenPart Follow(OpenPart before, AccessEvent next)
    {
        var open = before.Clone();
        open.Event = next;
        open.TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return open;
    }
}
