using System.Security.Cryptography;
using InfoLink.Broker.Joining;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Joining;

/// <summary>A code is good for one key, for its time, and for twenty wrong tries.</summary>
public sealed class JoinCodesTests
{
    private static readonly AgencyId Agency = AgencyId.Parse("100001");
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(30);
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly JoinCodes _codes;

    public JoinCodesTests() => _codes = new JoinCodes(_clock);

    [Fact]
    public void The_first_key_that_brings_it_has_it_and_may_bring_it_again()
    {
        var (secret, _) = _codes.Give(Agency, Life);
        var (own, other) = (SomeKey(), SomeKey());
        Assert.Null(_codes.Use(Agency, secret, own));
        Assert.Null(_codes.Use(Agency, secret, own));
        AssertRefused("used by another host", secret, other);
        Assert.Null(_codes.Use(Agency, secret, own));
    }

    [Fact]
    public void It_is_good_to_its_last_second_and_no_longer()
    {
        var (secret, expires) = _codes.Give(Agency, Life);
        Assert.Equal(_clock.GetUtcNow() + Life, expires);
        _clock.Leap(Life);
        Assert.Null(_codes.Use(Agency, secret, SomeKey()));
        _clock.Leap(TimeSpan.FromMilliseconds(1));
        AssertRefused("expired", secret, SomeKey());
        AssertRefused("unknown", secret, SomeKey());
    }

    [Fact]
    public void A_new_code_takes_the_place_of_the_one_before_and_another_agencys_stays()
    {
        var other = AgencyId.Parse("100002");
        var (first, _) = _codes.Give(Agency, Life);
        var (others, _) = _codes.Give(other, Life);
        var (second, _) = _codes.Give(Agency, Life);
        AssertRefused("unknown", first, SomeKey());
        AssertRefused("unknown", others, SomeKey());
        Assert.Null(_codes.Use(Agency, second, SomeKey()));
        Assert.Null(_codes.Use(other, others, SomeKey()));
    }

    [Fact]
    public void Twenty_wrong_tries_withdraw_it()
    {
        var (kept, _) = _codes.Give(Agency, Life);
        Try(19);
        Assert.Null(_codes.Use(Agency, kept, SomeKey()));
        var (withdrawn, _) = _codes.Give(Agency, Life);
        Try(20);
        AssertRefused("unknown", withdrawn, SomeKey());

        void Try(int times)
        {
            for (var i = 0; i < times; i++)
            {
                AssertRefused("unknown", RandomNumberGenerator.GetBytes(16), SomeKey());
            }
        }
    }

    [Fact]
    public void A_secret_of_another_length_is_a_wrong_one()
    {
        var (secret, _) = _codes.Give(Agency, Life);
        AssertRefused("unknown", secret[..15], SomeKey());
        AssertRefused("unknown", [], SomeKey());
        AssertRefused("unknown", [.. secret, 0], SomeKey());
    }

    [Fact]
    public void A_restart_forgets_them_all()
    {
        var (secret, _) = _codes.Give(Agency, Life);
        Assert.Equal("unknown", new JoinCodes(_clock).Use(Agency, secret, SomeKey())?.Detail);
    }

    private void AssertRefused(string why, byte[] secret, P256PublicKey key)
    {
        var refusal = _codes.Use(Agency, secret, key);
        Assert.Equal((RefusalName.JoinCodeRefused, why), (refusal!.Name, refusal.Detail));
    }

    private static P256PublicKey SomeKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return P256PublicKey.Of(key);
    }
}
