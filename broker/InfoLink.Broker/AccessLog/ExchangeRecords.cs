using InfoLink.Broker.Exchange;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Records;
using InfoLink.Transparency;
using InfoLink.V1;

namespace InfoLink.Broker.AccessLog;

/// <summary>What the broker writes of an exchange: items ①–⑥ and outcomes, one subject record for each person, and nothing that it must not know.</summary>
internal sealed class ExchangeRecords(Transparency.AccessLog log, TimeProvider time)
{
    public Task<Appended> ApprovedAsync(OpenPart approval, IReadOnlyList<GrantedCode> subjects) =>
        log.AppendAsync(new NewEntry(approval, [.. subjects.Select(Person)]));

    /// <summary>The approval stands in the log, but its token never left.</summary>
    public Task WithdrawnAsync(OpenPart approval, RefusalName why, IReadOnlyList<GrantedCode> subjects)
    {
        var open = Follow(approval, AccessEvent.Withdrawn);
        open.Refusal = why;
        return log.AppendAsync(new NewEntry(open, [.. subjects.Select(Person)]));
    }

    /// <summary>The provider's codes are about to leave.</summary>
    public Task RedeemedAsync(OpenPart approval, IReadOnlyList<GrantedCode> subjects) =>
        log.AppendAsync(new NewEntry(Follow(approval, AccessEvent.Redeemed), [.. subjects.Select(Person)]));

    /// <summary>What the provider says came of it; the persons are those of the redeemed record.</summary>
    public Task SettledAsync(StoredEntry redeemed, IReadOnlyList<SettledSubject> subjects) =>
        log.AppendAsync(new NewEntry(Follow(redeemed.Open, AccessEvent.Settled), [.. redeemed.Subjects.Zip(subjects, Settled)]));

    /// <summary>The deadline passed without a settlement.</summary>
    public Task UnsettledAsync(StoredEntry redeemed) => log.AppendAsync(new NewEntry(Follow(redeemed.Open, AccessEvent.Unsettled), []));

    /// <summary>What is on record of an exchange, in the order it happened.</summary>
    public Task<IReadOnlyList<StoredEntry>> FindAsync(ExchangeId exchange, CancellationToken cancellation) =>
        log.Store.FindAsync(exchange, cancellation);

    /// <summary>Exchanges redeemed between two times that nobody has settled.</summary>
    public Task<IReadOnlyList<ExchangeId>> FindUnsettledAsync(DateTimeOffset from, DateTimeOffset until, int limit, CancellationToken cancellation) =>
        log.Store.FindOpenAsync(AccessEvent.Redeemed, [AccessEvent.Settled, AccessEvent.Unsettled], from, until, limit, cancellation);

    private OpenPart Follow(OpenPart before, AccessEvent next)
    {
        var open = before.Clone();
        open.Event = next;
        open.TimeMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return open;
    }

    private static NewSubject Person(GrantedCode code) => new(code.Leaf) { Seed = code.Seed, Tag = code.Tag };

    private static NewSubject Settled(StoredSubject person, SettledSubject subject)
    {
        var leaf = SubjectLeaf.FromBytes(person.Leaf) with { Outcome = subject.Outcome, Digest = subject.Digest };
        return new NewSubject(leaf) { Seed = person.Seed, Tag = person.Tag, DisplayHold = subject.DisplayHold };
    }
}
