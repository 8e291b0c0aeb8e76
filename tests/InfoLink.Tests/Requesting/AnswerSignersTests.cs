using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Requesting;

/// <summary>A signing certificate is verified once and kept; what list and clock say of it is asked each time.</summary>
public sealed class AnswerSignersTests : IDisposable
{
    private static readonly SpiffeName Setagaya = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("131121"));
    private static readonly SpiffeName Kawasaki = SpiffeName.ForAgency("infolink.example", AgencyId.Parse("141305"));
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly IdentityKey _identity = IdentityKey.Create(Setagaya);
    private readonly IdentityKey _next = IdentityKey.Create(Setagaya);
    private readonly AnswerSigners _signers;

    public AnswerSignersTests() => _signers = new AnswerSigners(_clock);

    public void Dispose()
    {
        _identity.Dispose();
        _next.Dispose();
    }

    [Fact]
    public void A_good_certificate_is_read_once()
    {
        var der = Leaf(LeafPurpose.Signing);
        var first = _signers.Find(Setagaya, _identity.PublicKey, der);
        Assert.NotNull(first);
        Assert.Equal(der, first.RawData);
        Assert.Same(first, _signers.Find(Setagaya, _identity.PublicKey, der));
    }

    [Fact]
    public void A_kept_certificate_goes_with_its_identity_key_and_comes_back_with_it()
    {
        var der = Leaf(LeafPurpose.Signing);
        Assert.NotNull(_signers.Find(Setagaya, _identity.PublicKey, der));
        Assert.NotNull(_signers.Find(Setagaya, new IdentityKeys(_next.PublicKey, _identity.PublicKey), der));
        Assert.Null(_signers.Find(Setagaya, _next.PublicKey, der));
        Assert.NotNull(_signers.Find(Setagaya, _identity.PublicKey, der));
    }

    [Fact]
    public void A_kept_certificate_is_nobody_elses()
    {
        var der = Leaf(LeafPurpose.Signing);
        Assert.NotNull(_signers.Find(Setagaya, _identity.PublicKey, der));
        Assert.Null(_signers.Find(Kawasaki, _identity.PublicKey, der));
    }

    [Fact]
    public void A_kept_certificate_ends_with_its_time_and_does_not_begin_before_it()
    {
        var der = Leaf(LeafPurpose.Signing);
        Assert.NotNull(_signers.Find(Setagaya, _identity.PublicKey, der));
        _clock.Leap(LeafCertificate.MaxValidity + TimeSpan.FromMinutes(1));
        Assert.Null(_signers.Find(Setagaya, _identity.PublicKey, der));
        _clock.Shift(-2 * LeafCertificate.MaxValidity);
        Assert.Null(_signers.Find(Setagaya, _identity.PublicKey, der));
    }

    [Fact]
    public void What_is_no_signing_certificate_of_the_party_is_refused_each_time()
    {
        byte[][] others = [Leaf(LeafPurpose.Tls), [], [1, 2, 3]];
        foreach (var der in others)
        {
            Assert.Null(_signers.Find(Setagaya, _identity.PublicKey, der));
            Assert.Null(_signers.Find(Setagaya, _identity.PublicKey, der));
        }
    }

    private byte[] Leaf(LeafPurpose purpose)
    {
        using var leaf = _identity.IssueLeaf(purpose, _clock.GetUtcNow());
        return leaf.RawData;
    }
}
