using System.Security.Cryptography;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// The keys that may sign tokens, and the one that does: the newest that the member list names, but not before the list that names it has had a minute
/// to reach every agent. So a key is replaced without a gap: list with both, wait, list with the new one alone.
/// </summary>
internal sealed class TokenKeys : IDisposable
{
    /// <summary>How long a list has to reach the agents before a key that it is the first to name signs.</summary>
    public static readonly TimeSpan Spreading = TimeSpan.FromSeconds(60);

    private readonly IReadOnlyDictionary<string, ECDsa> _keys;
    private readonly Dictionary<string, TokenSigner> _signers;
    private readonly TimeProvider _time;
    private volatile Choice _choice;

    /// <param name="keys">By <c>kid</c>; kids of equal form sort by age (<c>t1</c>, <c>t2</c>, <c>t10</c>).</param>
    /// <param name="list">The member list in force.</param>
    /// <param name="since">When this broker took it.</param>
    /// <param name="time">Now.</param>
    public TokenKeys(IReadOnlyDictionary<string, ECDsa> keys, MemberList list, DateTimeOffset since, TimeProvider time)
    {
        _keys = keys;
        _time = time;
        _signers = keys.ToDictionary(key => key.Key, key => new TokenSigner(key.Value, key.Key), StringComparer.Ordinal);
        _choice = Choose(list, since, now: null);
    }

    /// <summary>The <c>kid</c> under which tokens are signed now.</summary>
    public string Signing => _choice.At(_time.GetUtcNow());

    /// <summary>From here on, what another list names.</summary>
    public void Replace(MemberList list, DateTimeOffset since) => _choice = Choose(list, since, Signing);

    public ExchangeToken Sign(TokenClaims claims) => _signers[Signing].Sign(claims);

    /// <summary>Which of these keys the list names, oldest first.</summary>
    public static IReadOnlyList<string> Named(IReadOnlyDictionary<string, ECDsa> keys, MemberList list) =>
    [
        .. keys.Where(key => list.Broker.TokenKeys.TryGetValue(key.Key, out var named) && named.Equals(P256PublicKey.Of(key.Value)))
            .Select(key => key.Key)
            .OrderBy(kid => kid.Length)
            .ThenBy(kid => kid, StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        foreach (var signer in _signers.Values)
        {
            signer.Dispose();
        }
    }

    private Choice Choose(MemberList list, DateTimeOffset since, string? now)
    {
        var named = Named(_keys, list);
        var newest = named.LastOrDefault() ?? throw new InvalidOperationException("The member list names none of the token keys.");

        // At a start the key before the newest has signed until now, as far as anybody can tell.
        var before = now is not null && named.Contains(now, StringComparer.Ordinal) ? now : named.Count > 1 ? named[^2] : newest;
        return new Choice(before, newest, since + Spreading);
    }

    private sealed record Choice(string Before, string Newest, DateTimeOffset From)
    {
        public string At(DateTimeOffset now) => now >= From ? Newest : Before;
    }
}
