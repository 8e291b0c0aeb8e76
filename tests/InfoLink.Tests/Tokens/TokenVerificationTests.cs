using System.Collections.Frozen;
using System.Security.Cryptography;
using InfoLink.Agent.Providing;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Contracts.Tokens;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Tokens;

/// <summary>The verifier keeps the keys of a member list, and no longer than the list; what tokens may say is tested at the provider.</summary>
public sealed class TokenVerificationTests : IDisposable
{
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly ECDsa _one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _other = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task A_key_that_the_list_no_longer_names_verifies_nothing_from_then_on()
    {
        MemberList with = Naming(_one), without = Naming(_other), members = with;
        var verification = new TokenVerification(AgencyId.Parse("131121"), () => members, _clock);
        using var signer = new TokenSigner(_one, "t1");
        var token = signer.Sign(Ledger.SomeClaims.IssuedAt(_clock.GetUtcNow()));
        Assert.Null(await WhyNotAsync());
        Assert.Null(await WhyNotAsync());

        members = without;
        Assert.Equal(new Refusal(RefusalName.TokenInvalid, "signature"), await WhyNotAsync());
        members = with;
        Assert.Null(await WhyNotAsync());

        async Task<Refusal?> WhyNotAsync() => await verification.VerifyAsync(token) is Outcome<TokenClaims>.Refused refused ? refused.Refusal : null;
    }

    [Fact]
    public async Task Many_tokens_are_verified_side_by_side()
    {
        var members = Naming(_one);
        var verification = new TokenVerification(AgencyId.Parse("131121"), () => members, _clock);
        using var signer = new TokenSigner(_one, "t1");
        var claims = Enumerable.Range(0, 64).Select(_ => Ledger.SomeClaims.IssuedAt(_clock.GetUtcNow())).ToList();
        var tokens = claims.ConvertAll(signer.Sign);
        var verified = await Task.WhenAll(tokens.Select(token => Task.Run(() => verification.VerifyAsync(token))));
        Assert.Equal(
            claims.Select(claim => claim.ExchangeId),
            verified.Select(one => Assert.IsType<Outcome<TokenClaims>.Done>(one).Value.ExchangeId));
    }

    private static MemberList Naming(ECDsa key) => new(
        1,
        new byte[32],
        "infolink.example",
        new BrokerIdentity
        {
            IdentityKey = P256PublicKey.Of(key),
            TokenKeys = new Dictionary<string, P256PublicKey>(StringComparer.Ordinal) { ["t1"] = P256PublicKey.Of(key) }.ToFrozenDictionary(StringComparer.Ordinal),
        },
        []);
}
