using System.Security.Cryptography.X509Certificates;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Identity;

public sealed class LeafCertificatesTests : IDisposable
{
    private static readonly TimeSpan Half = IdentityKey.LeafLifetime / 2;
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly IdentityKey _identity = IdentityKey.Create(SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121")));
    private readonly LeafCertificates _certificates;

    public LeafCertificatesTests() => _certificates = new LeafCertificates(_identity, _clock);

    public void Dispose()
    {
        _certificates.Dispose();
        _identity.Dispose();
    }

    [Fact]
    public void A_generation_serves_until_half_its_life()
    {
        var first = _certificates.Current;
        _clock.Leap(Half - TimeSpan.FromSeconds(1));
        Assert.Same(first, _certificates.Current);
    }

    [Fact]
    public void It_is_renewed_within_a_quarter_of_half_its_life_more_on_first_use()
    {
        var first = _certificates.Current;
        _clock.Leap(Half + (Half / 4));
        var second = _certificates.Current;
        Assert.NotSame(first, second);
        Assert.Same(second, _certificates.Current);
        Assert.True(LeafCertificate.IsUnder(second.Tls, _identity.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
        Assert.True(LeafCertificate.IsUnder(second.Signing, _identity.PublicKey, LeafPurpose.Signing, _clock.GetUtcNow()));
    }

    [Fact]
    public void Agents_do_not_renew_all_at_once()
    {
        var times = Enumerable.Range(0, 20).Select(_ =>
        {
            using var certificates = new LeafCertificates(_identity, _clock);
            return certificates.Current.RenewAt;
        }).ToList();
        Assert.True(times.Distinct().Count() > 10);
        Assert.All(times, time => Assert.InRange(time, _clock.GetUtcNow() + Half, _clock.GetUtcNow() + Half + (Half / 4)));
    }

    [Fact]
    public void What_runs_under_an_older_generation_keeps_its_keys_for_two_more()
    {
        var first = _certificates.Current;
        for (var renewal = 0; renewal < 2; renewal++)
        {
            _clock.Leap(Half + (Half / 4));
            Assert.NotSame(first, _certificates.Current);
            using var key = first.Signing.GetECDsaPrivateKey();
            Assert.NotNull(key);
            Assert.NotEmpty(key.SignHash(new byte[32]));
        }
    }

    [Fact]
    public void An_agent_that_slept_past_its_certificates_end_has_a_good_one_at_once()
    {
        _ = _certificates.Current;
        _clock.Leap(TimeSpan.FromDays(30));
        Assert.True(LeafCertificate.IsUnder(_certificates.Current.Tls, _identity.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
    }

    [Fact]
    public void An_agent_whose_clock_was_set_back_does_not_go_on_with_a_certificate_that_is_not_valid_yet()
    {
        _clock.Shift(TimeSpan.FromDays(365));
        using var certificates = new LeafCertificates(_identity, _clock);
        _ = certificates.Current;
        _clock.Shift(TimeSpan.Zero);
        Assert.True(LeafCertificate.IsUnder(certificates.Current.Tls, _identity.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
    }

    [Fact]
    public void Many_that_ask_at_the_moment_of_renewal_get_one_generation()
    {
        _ = _certificates.Current;
        _clock.Leap(Half + (Half / 4));
        var generations = new System.Collections.Concurrent.ConcurrentBag<LeafGeneration>();
        Parallel.For(0, 50, _ => generations.Add(_certificates.Current));
        Assert.Single(generations.Distinct());
    }
}
