using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Identity;

/// <summary>An identity key that fails breaks nothing while the leaf in use is valid, and is heard of in time.</summary>
public sealed class FailingRenewalTests : IDisposable
{
    private static readonly SpiffeName Name = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121"));
    private static readonly TimeSpan Life = TimeSpan.FromHours(72);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly Journal _journal = new();
    private readonly FaultyKey _key = new();
    private readonly IdentityKey _identity;
    private readonly LeafCertificates _certificates;

    public FailingRenewalTests()
    {
        _identity = IdentityKey.Of(Name, _key);
        _certificates = new LeafCertificates(_identity, _clock, logger: _journal.Loggers.CreateLogger<LeafCertificates>());
    }

    private IReadOnlyList<JournalLine> Alarms => [.. _journal.Lines.Where(line => line.Level == LogLevel.Critical)];

    private IReadOnlyList<JournalLine> Warnings => [.. _journal.Lines.Where(line => line.Level == LogLevel.Warning)];

    public void Dispose()
    {
        _key.IsSilent = false;
        _certificates.Dispose();
        _identity.Dispose();
    }

    [Fact]
    public async Task The_leaf_in_use_serves_on_and_the_failure_is_on_record()
    {
        var first = _certificates.Current;
        Assert.Null(_certificates.State.Failure);
        _key.IsAway = true;
        _clock.Leap(Life * 0.64);
        Assert.Same(first, _certificates.Current);
        await Eventually.HoldsAsync(() => Warnings.Count > 0, "a warning");
        Assert.Contains("The token is away", _certificates.State.Failure?.Cause, StringComparison.Ordinal);
        Assert.Equal((first.NotAfter, first.RenewAt, _identity.PublicKey), (_certificates.State.NotAfter, _certificates.State.RenewAt, _certificates.State.IdentityKey));
        Assert.True(LeafCertificate.IsUnder(_certificates.Current.Tls, _identity.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
        Assert.Empty(Alarms);
    }

    [Fact]
    public async Task Below_a_quarter_of_its_life_each_try_is_an_alarm_with_cause_and_way_out_though_nobody_asks()
    {
        _key.IsAway = true;
        _clock.Leap(Life * 0.74);
        await Eventually.HoldsAsync(() => Warnings.Count == 1, "a warning");
        Assert.Empty(Alarms);
        _clock.Leap(Life * 0.02);
        await Eventually.HoldsAsync(() => Alarms.Count == 1, "an alarm");
        Assert.Contains("The token is away", Alarms[0].Text, StringComparison.Ordinal);
        Assert.Contains("Bring the identity key back", Alarms[0].Text, StringComparison.Ordinal);
        _clock.Leap(Minute);
        await Eventually.HoldsAsync(() => Alarms.Count == 2, "the next alarm");
        Assert.Single(Warnings);
    }

    [Fact]
    public async Task A_key_that_comes_back_ends_the_alarm()
    {
        var first = _certificates.Current;
        _key.IsAway = true;
        _clock.Leap(Life * 0.8);
        await Eventually.HoldsAsync(() => Alarms.Count == 1, "an alarm");
        _key.IsAway = false;
        _clock.Leap(Minute);
        await Eventually.HoldsAsync(() => !ReferenceEquals(first, _certificates.Current), "a new generation");
        Assert.Null(_certificates.State.Failure);
        _clock.Leap(Minute);
        Assert.Single(Alarms);
    }

    [Fact]
    public async Task An_idle_host_renews_by_itself()
    {
        var first = _certificates.State;
        _clock.Leap(Life * 0.63);
        await Eventually.HoldsAsync(() => _certificates.State.NotAfter > first.NotAfter, "a new generation"); // Looking at the state renews nothing.
    }

    [Fact]
    public async Task Callers_do_not_try_again_what_failed_a_moment_ago()
    {
        _key.IsAway = true;
        _clock.Leap(Life * 0.7);
        await Eventually.HoldsAsync(() => Warnings.Count == 1, "a warning");
        var asked = _key.Asked;
        Parallel.For(0, 50, _ => Assert.NotNull(_certificates.Current));
        Assert.Equal(asked, _key.Asked);
        Assert.Single(Warnings);
    }

    [Fact]
    public async Task A_token_that_does_not_answer_holds_nobody_up_and_is_an_alarm_too()
    {
        var first = _certificates.Current;
        _key.IsSilent = true;
        var asked = _key.Asked;
        _clock.Leap(Life * 0.8);
        await Eventually.HoldsAsync(() => _key.Asked > asked, "a renewal that began");
        _clock.Leap(Minute);
        await Eventually.HoldsAsync(() => Alarms.Count == 1, "an alarm");
        Assert.Contains("has not answered for 60 s", Alarms[0].Text, StringComparison.Ordinal);
        Parallel.For(0, 50, _ => Assert.Same(first, _certificates.Current));
        Assert.Equal(asked + 1, _key.Asked);
        _key.IsSilent = false;
        await Eventually.HoldsAsync(() => !ReferenceEquals(first, _certificates.Current), "a new generation");
    }

    [Fact]
    public async Task A_silent_token_does_not_hold_up_its_own_replacement()
    {
        _key.IsSilent = true;
        var asked = _key.Asked;
        _clock.Leap(Life * 0.8);
        await Eventually.HoldsAsync(() => _key.Asked > asked, "a renewal that began");
        using var next = IdentityKey.Create(Name);
        _certificates.SwitchTo(next);
        await Eventually.HoldsAsync(() => _certificates.State.IdentityKey.Equals(next.PublicKey), "a generation under the new key");
        var current = _certificates.Current;
        _key.IsSilent = false;
        await Eventually.HoldsAsync(() => _key.Asked > asked + 1, "the old renewal's end"); // Its second leaf.
        _clock.Leap(Minute);
        Assert.Same(current, _certificates.Current);
        Assert.Null(_certificates.State.Failure);
    }

    [Fact]
    public void A_key_that_fails_at_the_start_stops_the_start()
    {
        _key.IsAway = true;
        var refused = Assert.Throws<InvalidOperationException>(() => new LeafCertificates(_identity, _clock).Dispose());
        Assert.Contains("The token is away", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(19)]
    [InlineData((72 * 3600) + 1)]
    public void A_leaf_lives_20_seconds_to_72_hours(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LeafCertificates(_identity, _clock, TimeSpan.FromSeconds(seconds)).Dispose());

    [Fact]
    public void A_shorter_life_is_renewed_from_its_own_half()
    {
        var life = TimeSpan.FromMinutes(10);
        using var certificates = new LeafCertificates(_identity, _clock, life);
        var first = certificates.Current;
        Assert.Equal(_clock.GetUtcNow() + life, first.NotAfter);
        Assert.InRange(first.RenewAt, _clock.GetUtcNow() + (life / 2), _clock.GetUtcNow() + (life * 5 / 8));
        _clock.Leap(life * 5 / 8);
        Assert.NotSame(first, certificates.Current);
    }

    [Fact]
    public void A_switch_issues_under_the_new_key_at_once_and_leaves_what_runs_its_own()
    {
        using var next = IdentityKey.Create(Name);
        var before = _certificates.Current;
        _certificates.SwitchTo(_identity); // The same key: nothing.
        Assert.Same(before, _certificates.Current);
        _certificates.SwitchTo(next);
        var after = _certificates.Current;
        Assert.True(LeafCertificate.IsUnder(after.Tls, next.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
        Assert.False(LeafCertificate.IsUnder(after.Tls, _identity.PublicKey, LeafPurpose.Tls, _clock.GetUtcNow()));
        Assert.Equal(next.PublicKey, _certificates.State.IdentityKey);
        Assert.NotEmpty(System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(before.Signing)!.SignHash(new byte[32]));
    }

    [Fact]
    public async Task A_switch_to_a_key_that_fails_leaves_the_leaf_in_use_and_is_tried_again()
    {
        var before = _certificates.Current;
        using var faulty = new FaultyKey { IsAway = true };
        using var next = IdentityKey.Of(Name, faulty);
        _certificates.SwitchTo(next);
        await Eventually.HoldsAsync(() => _certificates.State.Failure is not null, "a failure");
        Assert.Same(before, _certificates.Current);
        faulty.IsAway = false;
        _clock.Leap(Minute);
        await Eventually.HoldsAsync(() => _certificates.State.IdentityKey.Equals(next.PublicKey), "a generation under the new key");
    }

    [Fact]
    public void Another_partys_key_is_refused()
    {
        using var other = IdentityKey.Create(SpiffeName.ForAgency("infolink.example", AgencyId.Parse("141003")));
        Assert.Throws<ArgumentException>(() => _certificates.SwitchTo(other));
    }
}
