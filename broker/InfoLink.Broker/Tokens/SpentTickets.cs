using System.Buffers.Text;
using InfoLink.Contracts.Tokens;

namespace InfoLink.Broker.Tokens;

/// <summary>
/// Which tickets have been used, in the token store: a ticket that nobody has brought yet is not there, and the first attempt that brings it makes it spent.
/// </summary>
/// <param name="store">Where tokens lie.</param>
/// <param name="emptySince">Tickets made before it may have been used without this store's knowing: when a store in memory began; never, for one that lasts.</param>
internal sealed class SpentTickets(ITokenStore store, DateTimeOffset emptySince)
{
    /// <summary>Made when this store could already remember it?</summary>
    public bool Remembers(DateTimeOffset issued) => issued >= emptySince;

    /// <summary>Of any number of attempts, one is first; the same again is repeated, another one finds it spent.</summary>
    /// <param name="ticketId">16 bytes.</param>
    /// <param name="attempt">Made once by who brings it.</param>
    /// <param name="until">The ticket's expiry.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TokenStoreException">The store does not answer.</exception>
    public async Task<Redemption> SpendAsync(ReadOnlyMemory<byte> ticketId, AttemptId attempt, DateTimeOffset until, CancellationToken cancellation)
    {
        if (!TokenId.TryParse(Base64Url.EncodeToString(ticketId.Span), out var id))
        {
            throw new ArgumentException("A ticket's id is 16 bytes.", nameof(ticketId));
        }

        var key = TokenKey.Of(id);
        var known = await store.RedeemAsync(key, attempt, cancellation);
        if (known != Redemption.Unknown)
        {
            return known;
        }

        var kept = until + TokenRules.Afterlife;
        try
        {
            await store.IssueAsync(key, [], new TokenTimes(kept, kept), cancellation);
        }
        catch (TokenStoreException)
        {
            // Another attempt may have put it there at this moment; then it is known now.
            var other = await store.RedeemAsync(key, attempt, cancellation);
            if (other == Redemption.Unknown)
            {
                throw;
            }

            return other;
        }

        return await store.RedeemAsync(key, attempt, cancellation);
    }
}
