using System.Text;
using InfoLink.Authoring;
using InfoLink.Contracts.Trust;
using InfoLink.Hosting.Trust;
using InfoLink.Tests.Catalog;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>What a party takes of the authority's documents, in which order, when, and what it still has after a restart.</summary>
public sealed class TrustFolderTests : IDisposable
{
    private static readonly TimeSpan ToNow = SomeAuthority.Now - LeapingClock.Standing().GetUtcNow();
    private readonly TemporaryFolder _folder = new();
    private readonly SomeAuthority _some = new();
    private readonly LeapingClock _clock = LeapingClock.Standing();
    private readonly SignedDocument _authority;

    public TrustFolderTests()
    {
        _clock.Leap(ToNow);
        _authority = _some.Authority(2, null, 0, 1, 2).Envelope;
    }

    public void Dispose()
    {
        _some.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_is_effective_tomorrow_is_held_today_and_in_force_tomorrow()
    {
        var trust = Adopted();
        var first = Signed(Catalog(null));
        Assert.True(trust.Accept(first));
        Assert.True(trust.Accept(Signed(Catalog(first, "2026-09-16"))));
        Assert.Equal((2, 1), (trust.Held!.Catalogs.Newest!.Version, trust.Held.Catalogs.InForce(_clock.GetUtcNow()).Version));

        // Midnight in Japan is 15:00 UTC.
        _clock.Leap(new DateTimeOffset(2026, 9, 15, 15, 0, 0, TimeSpan.Zero) - _clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, trust.Held.Catalogs.InForce(_clock.GetUtcNow()).Version);
        _clock.Leap(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, trust.Held.Catalogs.InForce(_clock.GetUtcNow()).Version);

        // After a restart too, and a token under the first is still known.
        var again = TrustFolder.Open(_folder.Path("trust"), _clock).Held!.Catalogs;
        Assert.Equal(2, again.InForce(_clock.GetUtcNow()).Version);
        Assert.NotNull(again.Find(1, first.Sha256));
        Assert.Null(again.Find(2, first.Sha256));
    }

    [Fact]
    public void Who_was_away_takes_the_newest_without_those_between_and_keeps_two_behind()
    {
        var trust = Adopted();
        var versions = new List<SignedDocument> { Signed(Catalog(null)) };
        for (var i = 0; i < 5; i++)
        {
            versions.Add(Signed(Catalog(versions[^1], "2026-01-01", i)));
        }

        trust.Accept(versions[0]);
        Assert.True(trust.Accept(versions[3]));
        Assert.True(trust.Accept(versions[4]));
        Assert.True(trust.Accept(versions[5]));
        Assert.False(trust.Accept(versions[5]));
        Assert.Equal([4, 5, 6], trust.Held!.Catalogs.Versions.Select(catalog => catalog.Version));
        foreach (var older in (int[])[0, 1, 2, 4])
        {
            Refused(trust, DocumentFault.Rollback, versions[older]);
        }

        Assert.Equal([4, 5, 6], TrustFolder.Open(_folder.Path("trust"), _clock).Held!.Catalogs.Versions.Select(catalog => catalog.Version));
    }

    [Fact]
    public void Two_histories_under_the_authoritys_own_keys_are_not_followed()
    {
        var trust = Adopted();
        var first = Signed(Catalog(null));
        trust.Accept(first);
        Refused(trust, DocumentFault.Forked, Signed(Catalog(null, "2026-01-01", 1)));

        // The next one of a first one that nobody here saw.
        Refused(trust, DocumentFault.Forked, Signed(Catalog(Signed(Catalog(null, "2026-01-01", 2)))));
        Assert.True(trust.Accept(Signed(Catalog(first))));
        Assert.Equal(2, trust.Held!.Catalogs.Newest!.Version);
    }

    [Fact]
    public void What_has_expired_or_is_anothers_or_from_tomorrow_is_not_taken_and_what_is_held_stays()
    {
        var trust = Adopted();
        var first = Signed(Catalog(null));
        trust.Accept(first);
        Refused(trust, DocumentFault.OtherPlatform, Signed(Catalog(first, platform: "other.test")));
        var next = Signed(Catalog(first));
        _clock.Leap(TimeSpan.FromDays(31));
        Refused(trust, DocumentFault.Expired, next);
        Assert.Equal(1, trust.Held!.Catalogs.InForce(_clock.GetUtcNow()).Version);
        Assert.True(Contracts.Catalog.JapanTime.Today(_clock) > trust.Held.Catalogs.InForce(_clock.GetUtcNow()).Expires); // In force, and allows nothing.
        _clock.Leap(TimeSpan.FromDays(-32));
        Refused(trust, DocumentFault.FromTheFuture, next);
    }

    [Fact]
    public void Signatures_are_looked_at_before_more_of_a_document_is_read()
    {
        var trust = Adopted();
        foreach (var kind in (string[])["members", "catalog"])
        {
            var garbage = SignedDocument.Draft(Encoding.UTF8.GetBytes($$"""{"nonsense":"yes","type":"{{kind}}"}"""));
            Refused(trust, DocumentFault.SignaturesMissing, garbage);
            var of = kind is "members" ? DocumentKind.Members : DocumentKind.Catalog;
            Refused(trust, DocumentFault.SignaturesMissing, _some.Sign(garbage, of, 0, 3, 4)); // One of the authority's, two strangers.
            Refused(trust, DocumentFault.Malformed, _some.Sign(garbage, of, 0, 1));
        }

        Refused(trust, DocumentFault.SignaturesMissing, _some.Sign(Catalog(null), DocumentKind.Members, 0, 1, 2)); // Signed, as something else.
    }

    [Fact]
    public void After_a_change_of_keys_the_old_ones_sign_nothing_new_and_what_they_signed_stays()
    {
        var trust = Adopted();
        var list = SomeAuthority.EmptyList().Envelope;
        Assert.True(trust.Accept(_some.Sign(list, DocumentKind.Members, 0, 1)));
        var next = _some.Sign(_some.Authority(2, trust.Held!.Authority, 2, 3, 4).Envelope, DocumentKind.Authority, 0, 1);
        Assert.True(trust.Accept(next));
        var catalog = Catalog(null);
        Refused(trust, DocumentFault.SignaturesMissing, _some.Sign(catalog, DocumentKind.Catalog, 0, 1));
        Assert.True(trust.Accept(_some.Sign(catalog, DocumentKind.Catalog, 3, 4)));

        var again = TrustFolder.Open(_folder.Path("trust"), _clock).Held!;
        Assert.Equal((2, 1, 1), (again.Authority.Header.Version, again.Members!.Header.Version, again.Catalogs.Newest!.Version));
    }

    [Fact]
    public void What_does_not_fit_here_is_refused_with_its_reasons_and_a_damaged_file_is_named()
    {
        var trust = Adopted();
        trust.Misfits = next => next.Members is null ? [] : ["The broker has no such key.", "Nor such a master."];
        var list = _some.Sign(SomeAuthority.EmptyList().Envelope, DocumentKind.Members, 0, 1);
        Assert.Contains("Nor such a master.", Refused(trust, DocumentFault.DoesNotFit, list).Message, StringComparison.Ordinal);
        Assert.Throws<DocumentException>(() => trust.Try(list));
        trust.Misfits = _ => [];
        trust.Try(list);
        Assert.Null(trust.Held!.Members);
        Assert.True(trust.Accept(list));

        var file = _folder.Path("trust", "members-1.json");
        File.WriteAllBytes(file, SomeAuthority.EmptyList().Envelope.ToBytes());
        Assert.Contains(file, Assert.Throws<InvalidOperationException>(() => TrustFolder.Open(_folder.Path("trust"), _clock)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_authority_is_the_one_that_was_expected_and_there_is_one()
    {
        var trust = TrustFolder.Open(_folder.Path("trust"), _clock);
        Assert.Null(trust.Held);
        Assert.Throws<DocumentException>(() => trust.Accept(Signed(Catalog(null))));
        var other = _some.Authority(1, null, 3).Envelope;
        Assert.Equal(DocumentFault.Forked, Assert.Throws<DocumentException>(() => trust.Adopt(other, Fingerprint.OfDigest(_authority.Sha256))).Fault);
        Assert.Null(trust.Held);
        trust.Adopt(_authority, Fingerprint.OfDigest(_authority.Sha256));
        Assert.Throws<DocumentException>(() => trust.Adopt(other));
        Refused(trust, DocumentFault.Forked, other);
    }

    private TrustFolder Adopted()
    {
        var trust = TrustFolder.Open(_folder.Path("trust"), _clock);
        trust.Adopt(_authority);
        return trust;
    }

    /// <summary>Refused, and nothing of it is held or on disk.</summary>
    private DocumentException Refused(TrustFolder trust, DocumentFault fault, SignedDocument document)
    {
        var (held, files) = (trust.Held, Files());
        var refused = Assert.Throws<DocumentException>(() => trust.Accept(document));
        Assert.True(fault == refused.Fault, $"{refused.Fault}: {refused.Message}");
        Assert.Same(held, trust.Held);
        Assert.Equal(files, Files(), StringComparer.Ordinal);
        return refused;

        string[] Files() => [.. Directory.GetFiles(_folder.Path("trust")).Order(StringComparer.Ordinal)];
    }

    private SignedDocument Signed(SignedDocument draft) => _some.Sign(draft, DocumentKind.Catalog, 0, 1);

    /// <summary>The smallest catalog after this one; the number makes it another.</summary>
    private static SignedDocument Catalog(SignedDocument? previous, string from = "2026-01-01", int number = 0, string platform = SomeAuthority.Platform)
    {
        var text = SmallestCatalog.Text.Replace("version: 1\n", "", StringComparison.Ordinal).Replace("effectiveFrom: 2026-01-01", $"effectiveFrom: {from}", StringComparison.Ordinal)
            .Replace("date: 2026-09-15", "date: 2026-09-16", StringComparison.Ordinal)
            .Replace("max: 999", $"max: {999 + number}", StringComparison.Ordinal);
        var header = previous is null ? null : Documents.Catalog(previous).Header;
        return CatalogFile.Draft("catalog.yaml", Encoding.UTF8.GetBytes(text), platform, header, SomeAuthority.Now, new DateOnly(2026, 10, 15)) switch
        {
            Loaded<SignedDocument>.Whole whole => whole.Value,
            Loaded<SignedDocument>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException(),
        };
    }
}
