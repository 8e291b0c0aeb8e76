using InfoLink.Samples.Network;
using InfoLink.V1;

namespace InfoLink.Tests.Faults;

/// <summary>
/// 5. and 6. Tokens as ledger and Redis know them: by a hash of their id, which no record holds. What ties them to records is the second in which they
/// end (both keep a token until ten minutes after it), and to one another the attempt.
/// </summary>
internal sealed class TokenInvariants(WorldOnRecord world, Diary diary, WorldExpectation expected, List<Breach> breaches)
{
    private readonly HashSet<string> _byHand = [.. diary.ByHand.Select(token => Convert.ToHexString(token.StoreKey))];

    /// <summary>Redis keeps nothing over its end, and the ledger prunes what is past its time.</summary>
    private readonly long _stillKept = TimeProvider.System.GetUtcNow().AddMinutes(1).ToUnixTimeMilliseconds();

    public void Look()
    {
        Ledger();
        if (world.Redis is { } tokens)
        {
            Redis(tokens);
        }
    }

    private void Ledger()
    {
        Once(world.Spent.Select(row => row.TokenText), "spent-twice", "One token stands in the ledger twice.");
        Once(world.Spent.Select(row => row.AttemptText), "spent-twice", "One attempt spent two tokens.");
        var provider = world.Of(NetworkFolder.Provider);
        var approvals = PerSecond(world.Of(WorldOnRecord.Broker).With(AccessEvent.Approved));
        var answered = PerSecond(provider.With(AccessEvent.Answered));
        foreach (var second in world.Spent.GroupBy(row => row.KeepMs))
        {
            if (second.Count() > approvals.GetValueOrDefault(second.Key))
            {
                Tell("spent-unapproved", $"{second.Count()} tokens that end at {second.Key} are spent, of {approvals.GetValueOrDefault(second.Key)} that were approved.");
            }
        }

        var spent = world.Spent.CountBy(row => row.KeepMs).ToDictionary();
        foreach (var (second, count) in answered.Where(second => second.Key > _stillKept && !expected.LedgerRestored))
        {
            if (count > spent.GetValueOrDefault(second))
            {
                Tell("answered-unspent", $"{count} tokens that end at {second} are answered, and {spent.GetValueOrDefault(second)} are spent.");
            }
        }

        // Every spent token came to an end at the provider, unless the provider died with it in its hands.
        var ends = provider.Records
            .Where(record => record.Open.Event is AccessEvent.Answered or AccessEvent.Failed or AccessEvent.Refused && record.Open.ExpiresAt > 0)
            .DistinctBy(record => record.Token, StringComparer.Ordinal);
        var ended = PerSecond(ends);
        var without = spent.Sum(second => Math.Max(0, second.Value - ended.GetValueOrDefault(second.Key)));
        var owed = (diary.FaultsOf(Party.Provider) + diary.FaultsOf(Party.Postgres)) * FaultWorld.MostAtATime;
        if (without > owed)
        {
            Tell("spent-without-end", $"{without} spent tokens have no end at the provider, of which its faults explain {owed}.");
        }
    }

    private void Redis(IReadOnlyList<RedisToken> tokens)
    {
        var spent = world.Spent.DistinctBy(row => row.TokenText, StringComparer.Ordinal).ToDictionary(row => row.TokenText, row => row.AttemptText, StringComparer.Ordinal);
        foreach (var token in tokens)
        {
            if (token.Token.Length == 0 || token.LeftMs < 0)
            {
                Tell("redis-left", $"The key '{token.Key}' is none of the broker's, or never ends.");
            }
            else if (token.State is "r" && !_byHand.Contains(token.Token) && !expected.LedgerRestored
                && !(spent.TryGetValue(token.Token, out var attempt) && string.Equals(attempt, token.Attempt, StringComparison.Ordinal)))
            {
                Tell("redeemed-unspent", "Redis has a token as redeemed that the provider's ledger has not as spent, by that attempt.");
            }
        }

        // A redeem on record was Redis's before, unless Redis has lost what it had.
        if (diary.FaultsOf(Party.Redis) > 0)
        {
            return;
        }

        var redeemed = tokens.Where(token => token.State is "r").CountBy(token => token.KeepMs).ToDictionary();
        foreach (var (second, count) in PerSecond(world.Of(WorldOnRecord.Broker).With(AccessEvent.Redeemed)).Where(second => second.Key > _stillKept))
        {
            if (count > redeemed.GetValueOrDefault(second))
            {
                Tell("redeemed-unknown", $"{count} tokens that end at {second} are on record as redeemed, and {redeemed.GetValueOrDefault(second)} in Redis.");
            }
        }
    }

    private static Dictionary<long, int> PerSecond(IEnumerable<OnRecord> records) => records.CountBy(record => record.KeepMs).ToDictionary();

    private void Once(IEnumerable<string> all, string rule, string detail)
    {
        foreach (var one in all.CountBy(text => text, StringComparer.Ordinal).Where(count => count.Value > 1))
        {
            Tell(rule, $"{detail} ({one.Value} times)");
        }
    }

    private void Tell(string rule, string detail) => breaches.Add(new Breach(rule, detail));
}
