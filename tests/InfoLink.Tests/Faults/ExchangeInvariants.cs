using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Faults;

/// <summary>3. Each exchange, as the three custodians have it.</summary>
internal sealed class ExchangeInvariants
{
    private readonly WorldOnRecord _world;
    private readonly Diary _diary;
    private readonly WorldExpectation _expected;
    private readonly List<Breach> _breaches;
    private readonly Dictionary<string, OnRecord> _asked;
    private int _withoutEndAtProvider;

    public ExchangeInvariants(WorldOnRecord world, Diary diary, WorldExpectation expected, List<Breach> breaches)
    {
        (_world, _diary, _expected, _breaches) = (world, diary, expected, breaches);
        _asked = world.Of(NetworkFolder.Requester).With(AccessEvent.Asked).ToDictionary(record => record.Leaf, StringComparer.Ordinal);
    }

    public void Look()
    {
        var broker = ByExchange(WorldOnRecord.Broker);
        var requester = ByExchange(NetworkFolder.Requester);
        var provider = ByExchange(NetworkFolder.Provider);
        foreach (var exchange in broker.Select(group => group.Key).Union(requester.Select(group => group.Key), StringComparer.Ordinal).Union(provider.Select(group => group.Key), StringComparer.Ordinal))
        {
            if (Count([.. broker[exchange]], AccessEvent.Linked) is var given and > 0)
            {
                if (given > 1)
                {
                    Tell("given-twice", exchange, $"The codes of one ticket were given {given} times on record.");
                }

                continue; // A giving of link codes, which has a name like an exchange and is none.
            }

            Look(exchange, [.. broker[exchange]], [.. requester[exchange]], [.. provider[exchange]]);
        }

        // Two approvals share nothing that belongs to one.
        var approvals = _world.Of(WorldOnRecord.Broker).With(AccessEvent.Approved).ToList();
        Once(approvals, record => record.Token, "token-twice");
        Once(approvals, record => Convert.ToHexString(record.Open.RequestCommitment.Span), "question-approved-twice");
        foreach (var token in _diary.ByHand)
        {
            var held = Convert.ToHexString(token.TokenSha256.Span);
            if (!approvals.Any(record => string.Equals(record.Token, held, StringComparison.Ordinal)))
            {
                Tell("token-without-record", token.Exchange.ToString(), "It was handed out, and no approval is on record.");
            }
        }

        // A provider that was hit n times, with so many questions at a time in its hands, may owe so many ends, and no more.
        var owed = (_diary.FaultsOf(Party.Provider) + _diary.FaultsOf(Party.Postgres)) * FaultWorld.MostAtATime;
        if (_withoutEndAtProvider > owed)
        {
            Tell("provider-without-end", "all", $"{_withoutEndAtProvider} redeemed tokens have no end at the provider, of which its faults explain {owed}.");
        }
    }

    private void Look(string exchange, IReadOnlyList<OnRecord> broker, IReadOnlyList<OnRecord> requester, IReadOnlyList<OnRecord> provider)
    {
        var approved = Count(broker, AccessEvent.Approved);
        var (redeemed, settled) = (Count(broker, AccessEvent.Redeemed), Count(broker, AccessEvent.Settled));
        var (answered, received) = (Count(provider, AccessEvent.Answered), Count(requester, AccessEvent.Received));
        if (approved != 1)
        {
            Tell("token-without-record", exchange, $"{approved} approvals are on record.");
            return;
        }

        if (redeemed > 1 || settled > 1 || answered > 1 || received > 1 || Count(broker, AccessEvent.Withdrawn) > 1 || Count(broker, AccessEvent.Unsettled) > 1)
        {
            Tell("twice", exchange, $"redeemed {redeemed}, answered {answered}, received {received}, settled {settled} times.");
        }

        if (received > answered || answered > redeemed || settled > redeemed || (redeemed > 0 && Count(broker, AccessEvent.Withdrawn) > 0))
        {
            Tell("out-of-order", exchange, $"redeemed {redeemed}, answered {answered}, received {received}, settled {settled}, withdrawn {Count(broker, AccessEvent.Withdrawn)}.");
        }

        if (!_diary.IsByHand(exchange))
        {
            Look(exchange, broker[0], broker, requester, provider);
        }

        string[] outcomes = [.. broker.Where(record => record.Open.Event == AccessEvent.Settled)
            .Concat(requester.Where(record => record.Open.Event == AccessEvent.Received))
            .Concat(provider.Where(record => record.Open.Event == AccessEvent.Answered))
            .Select(record => record.Outcomes).Distinct(StringComparer.Ordinal)];
        if (outcomes.Length > 1)
        {
            Tell("outcomes-differ", exchange, string.Join(" | ", outcomes));
        }
    }

    /// <summary>What an agent owes for every exchange of its own.</summary>
    private void Look(string exchange, OnRecord approval, IReadOnlyList<OnRecord> broker, IReadOnlyList<OnRecord> requester, IReadOnlyList<OnRecord> provider)
    {
        var (redeemed, settled) = (Count(broker, AccessEvent.Redeemed), Count(broker, AccessEvent.Settled));
        var (answered, received) = (Count(provider, AccessEvent.Answered), Count(requester, AccessEvent.Received));
        if (settled > answered)
        {
            Tell("out-of-order", exchange, "It is settled and was never answered.");
        }

        if (redeemed == 1 && answered == 0 && !provider.Any(record => record.Open.Event is AccessEvent.Failed or AccessEvent.Refused))
        {
            _withoutEndAtProvider++;
        }

        if (answered == 1 && settled == 0 && !_expected.Unsettled)
        {
            Tell("left-open", exchange, "It was answered, and the broker was never told.");
        }

        if (answered == 1 && !_expected.Unsettled && !provider.Any(record => record.Open.Event is AccessEvent.Settled or AccessEvent.Unsettled))
        {
            Tell("left-open", exchange, "It was answered, and still stands in the provider's outbox.");
        }

        // Back to the question, and to how whoever asked it saw it end.
        if (!_asked.TryGetValue(Convert.ToHexString(approval.Open.RequestCommitment.Span), out var asked))
        {
            Tell("approved-unasked", exchange, "The approval's request commitment is no ASKED record's.");
        }
        else if (answered == 1 && received == 0 && Count(requester, AccessEvent.Failed) == 0
            && _diary.Questions.FirstOrDefault(question => string.Equals(question.Id, asked.CaseReference, StringComparison.Ordinal))?.Ending is not (Ending.Lost or Ending.Refused { Name: "LOG-UNAVAILABLE" }))
        {
            Tell("answer-unlogged", exchange, $"It was answered; the requester, who was told an end of {asked.CaseReference}, has none on record.");
        }
    }

    private ILookup<string, OnRecord> ByExchange(string custodian) => _world.Of(custodian).Records
        .Where(record => record.Exchange.Length > 0 && record.Open.Event != AccessEvent.Refused)
        .Concat(_world.Of(custodian).Records.Where(record => record.Exchange.Length > 0 && record.Open.Event == AccessEvent.Refused && KnownApproval(record.Exchange)))
        .OrderBy(record => record.Open.Event == AccessEvent.Approved ? 0 : 1)
        .ToLookup(record => record.Exchange, StringComparer.Ordinal);

    /// <summary>A refused call may name an exchange that never was.</summary>
    private bool KnownApproval(string exchange) =>
        (_approvals ??= [.. _world.Of(WorldOnRecord.Broker).With(AccessEvent.Approved).Select(record => record.Exchange)]).Contains(exchange);

    private HashSet<string>? _approvals;

    private void Once(IEnumerable<OnRecord> records, Func<OnRecord, string> of, string rule)
    {
        foreach (var group in records.GroupBy(of, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            Tell(rule, string.Join(", ", group.Select(record => record.Exchange)), "They share it.");
        }
    }

    private static int Count(IEnumerable<OnRecord> records, AccessEvent what) => records.Count(record => record.Open.Event == what);

    private void Tell(string rule, string exchange, string detail) => _breaches.Add(new Breach(rule, $"{exchange}: {detail}"));
}
