using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Identity;

/// <summary>Which key a host issues under is the member list's word.</summary>
public sealed class OwnIdentityTests : IDisposable
{
    private static readonly SpiffeName Name = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121"));
    private readonly TemporaryFolder _folder = new();
    private readonly Journal _journal = new();
    private readonly IdentityKey _today = IdentityKey.Create(Name);
    private readonly IdentityKey _next = IdentityKey.Create(Name);
    private readonly IdentityKey _stranger = IdentityKey.Create(Name);
    private readonly OwnIdentity _own;

    public OwnIdentityTests()
    {
        KeyFile.WriteNew(_folder.Path("identity.pem"), _today.RevealPem());
        _own = OwnIdentity.Open(Name, _folder.Path(), "identity.pem", "identity-next.pem", _journal.Loggers.CreateLogger<OwnIdentity>());
    }

    public void Dispose()
    {
        _own.Dispose();
        foreach (var key in (IdentityKey[])[_today, _next, _stranger])
        {
            key.Dispose();
        }

        _folder.Dispose();
    }

    [Fact]
    public void Before_during_and_after_a_change_the_host_follows_the_list()
    {
        Assert.Equal(_today.PublicKey, Issuer(_today.PublicKey));
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _next.RevealPem()); // While the host runs.
        Assert.Equal(_today.PublicKey, Issuer(_today.PublicKey));
        Assert.Equal(_next.PublicKey, Issuer(new(_next.PublicKey, _today.PublicKey)));
        Assert.Equal(_next.PublicKey, Issuer(_next.PublicKey));
        Assert.Empty(_journal.Lines);
    }

    [Fact]
    public async Task A_change_comes_a_minute_after_its_list_however_often_something_else_is_renewed_meanwhile()
    {
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _next.RevealPem());
        var clock = LeapingClock.Standing();
        using var certificates = new LeafCertificates(_today, clock);
        using var change = new IdentityChange(_own, certificates, clock);
        var listed = new IdentityKeys(_next.PublicKey, _today.PublicKey);
        for (var seconds = 0; seconds < 60; seconds += 5)
        {
            change.Follow(listed);
            Assert.Equal(_today.PublicKey, certificates.State.IdentityKey);
            clock.Leap(TimeSpan.FromSeconds(5));
        }

        await Eventually.HoldsAsync(() => certificates.State.IdentityKey.Equals(_next.PublicKey), "a leaf under the next key");
    }

    [Fact]
    public async Task A_change_that_is_taken_back_within_the_minute_does_not_come()
    {
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _next.RevealPem());
        var clock = LeapingClock.Standing();
        using var certificates = new LeafCertificates(_today, clock);
        using var change = new IdentityChange(_own, certificates, clock);
        change.Follow(new IdentityKeys(_next.PublicKey, _today.PublicKey));
        clock.Leap(TimeSpan.FromSeconds(30));
        change.Follow(_today.PublicKey);
        clock.Leap(TimeSpan.FromSeconds(90));
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        Assert.Equal(_today.PublicKey, certificates.State.IdentityKey);
    }

    [Fact]
    public void Without_the_new_key_the_host_goes_on_under_the_retiring_one_and_says_so()
    {
        Assert.Equal(_today.PublicKey, Issuer(new(_next.PublicKey, _today.PublicKey)));
        Assert.Equal(LogLevel.Warning, Assert.Single(_journal.Lines).Level);
    }

    [Fact]
    public void A_host_that_holds_neither_key_has_none_to_issue_under()
    {
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _next.RevealPem());
        Assert.Null(Issuer(_stranger.PublicKey));
    }

    [Fact]
    public void Two_changes_in_a_row_need_no_restart()
    {
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _next.RevealPem());
        Assert.Equal(_next.PublicKey, Issuer(new(_next.PublicKey, _today.PublicKey)));
        File.Delete(_folder.Path("identity-next.pem"));
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), _stranger.RevealPem());
        Assert.Equal(_stranger.PublicKey, Issuer(new(_stranger.PublicKey, _next.PublicKey)));
    }

    [Fact]
    public void A_next_key_that_cannot_be_read_is_named_and_the_host_goes_on()
    {
        KeyFile.WriteNew(_folder.Path("identity-next.pem"), "SECRET");
        Assert.Equal(_today.PublicKey, Issuer(new(_next.PublicKey, _today.PublicKey)));
        var error = Assert.Single(_journal.Lines, line => line.Level == LogLevel.Error);
        Assert.Contains("identity-next.pem", error.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", error.Text, StringComparison.Ordinal);
    }

    private P256PublicKey? Issuer(IdentityKeys listed) => _own.For(listed)?.PublicKey;
}
