using InfoLink.Agent.Links;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Tokens;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Agent.Manual;

/// <summary>The queue as an exchange sees it: questions go in before <em>pending</em> leaves, and what was decided is found again by the exchange that continues.</summary>
internal sealed class WaitingQuestions(QueueStore store, QueueContent content, ManualOptions limits, TimeProvider time)
{
    /// <summary>Durable when it returns. All persons of an exchange or none: whether there is room depends on how many they are, never on who they are.</summary>
    /// <returns>False: there is no room.</returns>
    public Task<bool> QueueAsync(TokenClaims claims, IReadOnlyList<(uint Index, AskedAbout Asked)> persons, DateTimeOffset deadline)
    {
        var now = time.GetUtcNow();
        return store.AddAsync(
            [
                .. persons.Select(person => new QueuedRow(
                    0, claims.ExchangeId, person.Index, claims.Requester, claims.Entry, QueueState.Waiting, now, deadline, content.Seal(claims.ExchangeId, person.Index, person.Asked))),
            ],
            limits);
    }

    /// <summary>What of the exchange that these claims continue is theirs: the same requester, entry, role, kinds and conditions, before the deadline.</summary>
    public async Task<IReadOnlyList<Queued>> CollectableAsync(TokenClaims claims, InquiryConditions conditions, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var kinds = claims.Kinds.OrderBy(kind => kind.Value, StringComparer.Ordinal).ToList();
        return
        [
            .. (await store.OfAsync(claims.Continues!.Value, cancellation))
                .Where(row => row.Content is not null && row.Deadline > now && row.Requester == claims.Requester && row.Entry == claims.Entry)
                .Select(row => new Queued(row, content.OpenAsked(row.Exchange, row.Index, row.Content!), row.Answer is { } answer ? content.OpenAnswer(row.Exchange, row.Index, answer) : null))
                .Where(queued => queued.Asked.Role == claims.Role && queued.Asked.Conditions == conditions && queued.Asked.Kinds.SequenceEqual(kinds)),
        ];
    }

    /// <inheritdoc cref="QueueStore.CollectedAsync"/>
    public Task CollectedAsync(IEnumerable<long> numbers) => store.CollectedAsync(numbers);
}

/// <summary>A question of the queue, opened.</summary>
internal sealed record Queued(QueuedRow Row, AskedAbout Asked, DecidedAnswer? Answer)
{
    /// <summary>
    /// Is this about whom a code means now? By the code where nobody may be answered for; else by the person, whose code may be of another epoch by now, and who must be the one that was meant.
    /// </summary>
    public bool IsAbout(LinkCode code, LinkedPerson? person) => person is null
        ? Asked.Code == code
        : Asked.Ids.Count == 0 ? Asked.Code == code : IsOneOf(Asked.Ids, person);

    /// <summary>Was the answer decided on for this person?</summary>
    public bool IsAnswerFor(LinkedPerson person) => Answer is { } answer && IsOneOf(answer.Ids, person);

    private static bool IsOneOf(IReadOnlyList<LocalId> ids, LinkedPerson person) => ids.Any(person.Ids.Contains);
}
