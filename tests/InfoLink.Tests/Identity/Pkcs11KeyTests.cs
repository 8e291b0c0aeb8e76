using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Identity;

/// <summary>An identity key in a PKCS#11 token (SoftHSM), through OpenSSL.</summary>
public sealed class Pkcs11KeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 15, 1, 0, 0, TimeSpan.Zero);
    private static readonly SpiffeName Name = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121"));

    [Fact]
    public void A_key_in_a_token_issues_leaves_and_does_not_leave_it()
    {
        var token = SoftHsm.OrSkip();
        using var identity = IdentityKey.Open(Name, "/", token.Uri());
        Assert.Equal(token.PublicKey, identity.PublicKey);
        foreach (var purpose in Enum.GetValues<LeafPurpose>())
        {
            using var leaf = identity.IssueLeaf(purpose, Now);
            Assert.True(LeafCertificate.IsUnder(leaf, token.PublicKey, purpose, Now));
        }

        var fault = Assert.Throws<InvalidOperationException>(identity.RevealPem);
        Assert.Contains("does not leave", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_PIN_file_is_named_from_where_the_configuration_lies()
    {
        var token = SoftHsm.OrSkip();
        using var folder = new TemporaryFolder();
        KeyFile.WriteNew(folder.Path("the pin; of ours?"), SoftHsm.Pin);
        using var identity = IdentityKey.Open(Name, folder.Path(), $"pkcs11:token={SoftHsm.Token};object={SoftHsm.Key}?pin-source=the%20pin%3B%20of%20ours%3F");
        Assert.Equal(token.PublicKey, identity.PublicKey);
    }

    [Fact]
    public void A_wrong_PIN_is_named_and_not_repeated()
    {
        var token = SoftHsm.OrSkip();
        const string Wrong = "918273645546";
        var refused = Refused(token.Uri(SoftHsm.TokenForWrongPin, pinFile: token.WritePin("wrong", Wrong)));
        Assert.Contains("does not accept the PIN", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Wrong, refused.ToString(), StringComparison.Ordinal);
        IdentityKey.Open(Name, "/", token.Uri(SoftHsm.TokenForWrongPin)).Dispose(); // The token is not locked by one mistake.
    }

    [Theory]
    [InlineData("nobody", SoftHsm.Key)]
    [InlineData(SoftHsm.Token, "nothing")]
    public void A_token_or_a_key_that_is_not_there_is_named(string token, string key)
    {
        var refused = Refused(SoftHsm.OrSkip().Uri(token, key));
        Assert.Contains($"token={token};object={key}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("There is no token with the key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(SoftHsm.Pin, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_on_another_curve_is_refused() =>
        Assert.Contains("P-256", Refused(SoftHsm.OrSkip().Uri(key: SoftHsm.KeyOnAnotherCurve)).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_a_PIN_nobody_is_asked_for_one()
    {
        _ = SoftHsm.OrSkip();
        Assert.Contains("pin-source", Refused($"pkcs11:token={SoftHsm.TokenForNoPin};object={SoftHsm.Key}").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_lost_breaks_nothing_while_the_leaf_lives_and_raises_the_alarm_in_time()
    {
        var token = SoftHsm.OrSkip();
        var journal = new Journal();
        var clock = LeapingClock.Standing();
        using var identity = IdentityKey.Open(Name, "/", token.Uri(SoftHsm.LostToken));
        using var certificates = new LeafCertificates(identity, clock, logger: journal.Loggers.CreateLogger<LeafCertificates>());
        var first = certificates.Current;
        Directory.Delete(token.LostTokenFolder, recursive: true);
        clock.Leap(IdentityKey.LeafLifetime * 0.7);
        await Eventually.HoldsAsync(() => certificates.State.Failure is not null, "a failure");
        Assert.Same(first, certificates.Current);
        Assert.True(LeafCertificate.IsUnder(first.Tls, identity.PublicKey, LeafPurpose.Tls, clock.GetUtcNow()));
        clock.Leap(IdentityKey.LeafLifetime * 0.1);
        await Eventually.HoldsAsync(() => journal.Lines.Any(line => line.Level == LogLevel.Critical), "an alarm");
        Assert.DoesNotContain(journal.Lines, line => line.Text.Contains(SoftHsm.Pin, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_engine_a_broker_says_what_to_install()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There is no OpenSSL here.");
        }

        await using var network = TestNetwork.PrepareOnly();
        var options = network.Folder.BrokerOptions();
        KeyFile.WriteNew(network.Folder.Path("broker", "keys", "identity.pin"), SoftHsm.Pin);
        options.IdentityKey = "pkcs11:token=broker;object=identity?pin-source=identity.pin";
        options.Write(network.Folder.BrokerPath);
        var (code, output) = await PartyProcess.RefuseBrokerAsync(network.Folder.BrokerPath, ("OPENSSL_ENGINES", "/nowhere"));
        Assert.Equal(1, code);
        Assert.Contains("apt-get install libengine-pkcs11-openssl", output, StringComparison.Ordinal);
        Assert.DoesNotContain(SoftHsm.Pin, output, StringComparison.Ordinal);
    }

    private static InvalidOperationException Refused(string uri) =>
        Assert.Throws<InvalidOperationException>(() => IdentityKey.Open(Name, "/", uri).Dispose());
}
