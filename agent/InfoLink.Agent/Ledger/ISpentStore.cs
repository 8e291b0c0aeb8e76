using InfoLink.Contracts.Tokens;

namespace InfoLink.Agent.Ledger;

/// <summary>Where spent tokens lie. <see cref="SpentLedger"/> has the rules, and calls one method at a time.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><see cref="OpenAsync"/> MUST make a new opening, unless somebody has held the lease ever since the one it returns was made, and the
/// store is the one that it was made in: so nothing can have been lost under an opening. The mark
/// (<see cref="Opening.MarkAt"/>) MUST be of a time when the lease was taken already: a token may be spent until then.</item>
/// <item><see cref="SpendAsync"/> MUST be atomic, and durable when it returns: what was entered survives loss of power, and of the primary
/// where a standby is synchronous. When it throws, each token may have been entered or not.</item>
/// <item>A token MUST be entered once at most, whoever asks at the same time, in however many processes, and MUST NOT be entered under an
/// opening that is no longer the current one.</item>
/// <item>Every wait MUST have an end. After a fault <see cref="OpenAsync"/> is called before anything else, and MUST find the way back by itself.</item>
/// </list>
/// </remarks>
internal interface ISpentStore : IAsyncDisposable
{
    /// <summary>Takes the lease where it is not held, and opens the ledger anew where it must be.</summary>
    /// <returns>The current opening.</returns>
    /// <exception cref="LedgerUnavailableException">The store cannot be reached or used; the message says why.</exception>
    /// <exception cref="IOException">Another process holds a ledger that only one may hold.</exception>
    Task<Opening> OpenAsync(TimeProvider time, CancellationToken cancellation);

    /// <summary>Enters what is not entered yet.</summary>
    /// <returns>
    /// For each token, in order: was it entered now? Of two that are the same, the first. Null: nothing was entered, since the opening is
    /// not the current one.
    /// </returns>
    Task<bool[]?> SpendAsync(Opening opening, IReadOnlyList<SpentToken> batch, CancellationToken cancellation);

    /// <summary>Removes tokens that need not be kept any longer.</summary>
    /// <returns>How many were removed.</returns>
    Task<int> PruneAsync(DateTimeOffset now, int atMost, CancellationToken cancellation);

    /// <summary>How many tokens it holds.</summary>
    Task<long> CountAsync(CancellationToken cancellation);
}

/// <summary>One opening of a ledger: from its mark on, everything that was ever spent is in the ledger.</summary>
/// <param name="Epoch">Random, so that no two are the same, not even after a restore.</param>
/// <param name="AcceptsFrom">The mark: tokens issued before it are refused. A whole second, as tokens are dated: from then on a new one is taken.</param>
internal sealed record Opening(long Epoch, DateTimeOffset AcceptsFrom)
{
    /// <summary>The mark of an opening at this time: however the broker's clock differs within the skew, no token is dated later yet.</summary>
    public static DateTimeOffset MarkAt(DateTimeOffset now) => DateTimeOffset.FromUnixTimeSeconds(
        (now + TokenRules.ClockSkew).AddTicks(TimeSpan.TicksPerSecond - 1).ToUnixTimeSeconds());
}

/// <summary>What a ledger keeps of a token.</summary>
/// <param name="Key"><see cref="TokenId.StoreKey"/>.</param>
/// <param name="Attempt">Who spent it, 16 bytes.</param>
/// <param name="KeepUntil">Until then it must be known as spent.</param>
internal sealed record SpentToken(byte[] Key, byte[] Attempt, DateTimeOffset KeepUntil)
{
    public override string ToString() => "SpentToken(redacted)";
}

/// <summary>The ledger cannot be written, so nothing is answered.</summary>
internal sealed class LedgerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
