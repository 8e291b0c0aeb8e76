using System.Security.Cryptography;
using Google.Protobuf;
using InfoLink.Contracts.Tokens;
using InfoLink.V1;

namespace InfoLink.Broker.Tokens;

/// <summary>Makes tokens and keeps their grants: signer, seal and store together, so that no token is kept unsealed or found unopened.</summary>
internal sealed partial class TokenDesk(TokenKeys keys, GrantSeal seal, ITokenStore store, ILogger<TokenDesk> logger)
{
    public IssuedToken Make(TokenClaims claims) => new(claims, keys.Sign(claims));

    /// <summary>A new grant for an approval, with fresh randomness for its commitments.</summary>
    public static Grant Grant(OpenPart approval, byte providerEpoch, GrantedSubject[] subjects) => new()
    {
        OpenPart = approval.ToByteArray(),
        ProviderEpoch = providerEpoch,
        SeedRoot = RandomNumberGenerator.GetBytes(32),
        Subjects = subjects,
    };

    /// <exception cref="TokenStoreException">The grant is not known to be kept.</exception>
    public async Task KeepAsync(IssuedToken issued, Grant grant, CancellationToken cancellation)
    {
        var id = issued.Claims.TokenId;
        await store.IssueAsync(TokenKey.Of(id), seal.Seal(grant, id), TokenTimes.For(issued.Claims.Expires), cancellation);
    }

    /// <summary>For a token that never left: where the store does not answer, the token dies by its expiry, unknown to anyone.</summary>
    public async Task TryRevokeAsync(IssuedToken issued)
    {
        try
        {
            await store.RevokeAsync(TokenKey.Of(issued.Claims.TokenId), CancellationToken.None);
        }
        catch (TokenStoreException exception)
        {
            Log.NotRevoked(logger, exception, issued.Claims.ExchangeId.ToString());
        }
    }

    /// <summary>The grant behind a token, by its id and nothing else; null where there is none to be opened.</summary>
    public async Task<FoundGrant?> FindAsync(TokenId id, CancellationToken cancellation)
    {
        var key = TokenKey.Of(id);
        return await store.FindAsync(key, cancellation) is { } bytes && seal.TryOpen(bytes, id) is { } grant
            ? new FoundGrant(key, grant, grant.ReadOpenPart())
            : null;
    }

    public Task<Redemption> RedeemAsync(FoundGrant grant, AttemptId attempt, CancellationToken cancellation) =>
        store.RedeemAsync(grant.Key, attempt, cancellation);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The token of exchange {Exchange} could not be revoked; it never left and dies by its expiry")]
        public static partial void NotRevoked(ILogger logger, Exception exception, string exchange);
    }
}

/// <summary>A token with what it says.</summary>
internal sealed record IssuedToken(TokenClaims Claims, ExchangeToken Token);

/// <summary>A grant taken from the store.</summary>
internal sealed record FoundGrant(TokenKey Key, Grant Grant, OpenPart Approval);
