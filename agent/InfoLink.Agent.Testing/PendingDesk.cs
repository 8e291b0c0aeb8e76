using System.Collections.Concurrent;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.V1;

namespace InfoLink.Agent.Testing;

/// <summary>What waits for humans at providers, by the exchange that was answered <em>pending</em> and the person.</summary>
internal sealed class PendingDesk(TimeProvider time)
{
    private readonly ConcurrentDictionary<(ExchangeId Exchange, TestPerson Person), Waiting> _waiting = new();

    /// <summary>What who collects is told where nothing waits any more.</summary>
    public static RefusalName NothingPending { get; } = RefusalTable.TryParse("NOTHING-PENDING", out var name) ? name : RefusalName.NotAvailable;

    public void Put(ExchangeId exchange, TestPerson person, AgencyId requester, EntryId entry, Sha256Digest conditions, DateTimeOffset deadline) =>
        _waiting[(exchange, person)] = new Waiting(requester, entry, conditions, deadline);

    /// <summary>The deadline of what waits for this requester and question; null: nothing does, or it has lapsed.</summary>
    public DateTimeOffset? Find(ExchangeId exchange, TestPerson person, AgencyId requester, EntryId entry, Sha256Digest conditions) =>
        _waiting.TryGetValue((exchange, person), out var waiting)
        && waiting.Requester == requester && waiting.Entry == entry && waiting.Conditions == conditions && time.GetUtcNow() < waiting.Deadline
            ? waiting.Deadline
            : null;

    private sealed record Waiting(AgencyId Requester, EntryId Entry, Sha256Digest Conditions, DateTimeOffset Deadline);
}
