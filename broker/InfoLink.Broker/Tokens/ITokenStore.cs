using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// Where issued tokens lie, one state for each: issued, redeemed (by one attempt) or revoked. Absence means refusal.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><see cref="RedeemAsync"/> MUST be one atomic compare-and-set for each key: of any number of parallel calls with different attempts at most
/// one gets <see cref="Redemption.First"/>, and the same attempt again gets <see cref="Redemption.Repeated"/>.</item>
/// <item>A store MAY lose what it has acknowledged (Redis at failover does). It is therefore one of two guards: the authority for
/// "spent" is the provider's own ledger.</item>
/// <item>A store sees keys and sealed grants only, and MUST drop them at the given times.</item>
/// <item>Every call ends within <see cref="TokenStoreLimits.Deadline"/>; whatever else goes wrong is a <see cref="TokenStoreException"/>.</item>
/// </list>
/// </remarks>
internal interface ITokenStore : IAsyncDisposable
{
    /// <summary>Keeps a new token. After an exception it may be there or not; the caller revokes it and lets no token leave.</summary>
    Task IssueAsync(TokenKey key, byte[] sealedGrant, TokenTimes times, CancellationToken cancellation);

    /// <summary>The sealed grant, whatever the token's state but revoked; null where there is none.</summary>
    Task<byte[]?> FindAsync(TokenKey key, CancellationToken cancellation);

    Task<Redemption> RedeemAsync(TokenKey key, AttemptId attempt, CancellationToken cancellation);

    /// <summary>Makes a token unusable for good; one that is not there stays away.</summary>
    Task RevokeAsync(TokenKey key, CancellationToken cancellation);
}

/// <summary>What came of a redeem.</summary>
internal enum Redemption
{
    /// <summary>This attempt made it, now.</summary>
    First,

    /// <summary>This attempt made it before: the same answer again.</summary>
    Repeated,

    /// <summary>Another attempt made it.</summary>
    Spent,

    Revoked,

    Unknown,
}

/// <summary>How long a token is kept.</summary>
/// <param name="UnusedUntil">While nobody has redeemed it: its expiry and the skew.</param>
/// <param name="RedeemedUntil">Once redeemed, so that the same attempt gets the same answer.</param>
internal readonly record struct TokenTimes(DateTimeOffset UnusedUntil, DateTimeOffset RedeemedUntil)
{
    public static TokenTimes For(DateTimeOffset expires) => new(expires + TokenRules.ClockSkew, expires + TokenRules.Afterlife);
}

/// <summary>A token in a store: SHA-256 of its id, never the id.</summary>
internal readonly record struct TokenKey
{
    private TokenKey(string text) => Text = text;

    /// <summary>43 characters of base64url.</summary>
    public string Text { get; }

    public static TokenKey Of(TokenId id) => new(System.Buffers.Text.Base64Url.EncodeToString(id.StoreKey()));

    public override string ToString() => Text;
}

internal static class TokenStoreLimits
{
    /// <summary>Longest wait for the store.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
}

/// <summary>The store did not do, or did not say that it did, what was asked.</summary>
internal sealed class TokenStoreException(string message, Exception? inner = null) : Exception(message, inner);
