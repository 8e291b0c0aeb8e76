using System.Collections.Frozen;
using System.Security.Cryptography;
using InfoLink.Broker.Tokens;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Tokens;

/// <summary>Which of the broker's token keys signs: one that every agent knows, at every moment of a change.</summary>
public sealed class TokenKeysTests : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = ((string[])["t1", "t2", "t10"]).ToDictionary(kid => kid, _ => ECDsa.Create(ECCurve.NamedCurves.nistP256), StringComparer.Ordinal);
    private readonly LeapingClock _clock = LeapingClock.Standing();

    public void Dispose()
    {
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    [Fact]
    public void A_new_key_signs_when_its_list_has_had_a_minute_and_the_old_one_until_then()
    {
        using var keys = new TokenKeys(_keys, Naming("t1"), _clock.GetUtcNow(), _clock);
        Assert.Equal("t1", keys.Signing);
        keys.Replace(Naming("t1", "t2"), _clock.GetUtcNow());
        Assert.Equal("t1", keys.Signing);
        _clock.Leap(TokenKeys.Spreading - TimeSpan.FromMilliseconds(1));
        Assert.Equal("t1", keys.Signing);
        _clock.Leap(TimeSpan.FromMilliseconds(1));
        Assert.Equal("t2", keys.Signing);

        // The old one leaves the list: nothing changes for who signs.
        keys.Replace(Naming("t2"), _clock.GetUtcNow());
        Assert.Equal("t2", keys.Signing);
    }

    [Fact]
    public void A_list_that_comes_in_the_middle_of_a_change_does_not_begin_with_a_key_that_nobody_knows()
    {
        using var keys = new TokenKeys(_keys, Naming("t1"), _clock.GetUtcNow(), _clock);
        keys.Replace(Naming("t1", "t2"), _clock.GetUtcNow());
        _clock.Leap(TimeSpan.FromSeconds(30));
        keys.Replace(Naming("t1", "t2", "t10"), _clock.GetUtcNow());
        Assert.Equal("t1", keys.Signing);
        _clock.Leap(TokenKeys.Spreading);
        Assert.Equal("t10", keys.Signing); // The newest by number, not by letters.
    }

    [Fact]
    public void A_broker_that_starts_in_the_minute_of_a_change_signs_with_the_key_before()
    {
        using var soon = new TokenKeys(_keys, Naming("t1", "t2"), _clock.GetUtcNow() - TimeSpan.FromSeconds(20), _clock);
        Assert.Equal("t1", soon.Signing);
        using var later = new TokenKeys(_keys, Naming("t1", "t2"), _clock.GetUtcNow() - TimeSpan.FromMinutes(2), _clock);
        Assert.Equal("t2", later.Signing);
    }

    [Fact]
    public void A_key_counts_under_its_own_name_alone()
    {
        var crossed = With(new Dictionary<string, P256PublicKey>(StringComparer.Ordinal) { ["t1"] = P256PublicKey.Of(_keys["t1"]), ["t2"] = P256PublicKey.Of(_keys["t1"]), ["t10"] = P256PublicKey.Of(_keys["t2"]) });
        Assert.Equal(["t1"], TokenKeys.Named(_keys, crossed), StringComparer.Ordinal);
        Assert.Throws<InvalidOperationException>(() => new TokenKeys(_keys, With(new(StringComparer.Ordinal) { ["t9"] = P256PublicKey.Of(_keys["t1"]) }), default, _clock));
    }

    private MemberList Naming(params string[] kids) => With(kids.ToDictionary(kid => kid, kid => P256PublicKey.Of(_keys[kid]), StringComparer.Ordinal));

    private MemberList With(Dictionary<string, P256PublicKey> named) => new(
        1, new byte[32], "infolink.example",
        new BrokerIdentity { IdentityKey = P256PublicKey.Of(_keys["t1"]), TokenKeys = named.ToFrozenDictionary(StringComparer.Ordinal) }, []);
}
