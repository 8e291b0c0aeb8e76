using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Trust;
using Xunit;

namespace InfoLink.Tests.Trust;

/// <summary>Which document may follow which, and on which days one may be used: the rules as a table.</summary>
public sealed class SuccessionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 9, 15, 3, 0, 0, TimeSpan.Zero); // In Japan.
    private static readonly Sha256Digest A = Sha256Digest.Of([1]);
    private static readonly Sha256Digest B = Sha256Digest.Of([2]);

    /// <summary>Held version 5 with hash A. Offered: version, its hash, the hash it names; what becomes of it.</summary>
    public static TheoryData<int, bool, bool?, string> Offers => new()
    {
        { 6, false, true, "follows" },
        { 6, false, false, nameof(DocumentFault.Forked) },
        { 6, false, null, nameof(DocumentFault.Forked) },
        { 5, true, false, "is held" },
        { 5, false, true, nameof(DocumentFault.Forked) },
        { 4, true, true, nameof(DocumentFault.Rollback) },
        { 4, false, true, nameof(DocumentFault.Rollback) },
        { 1, false, null, nameof(DocumentFault.Rollback) },
        { 7, false, false, "follows" }, // Away for a while: the authority's signatures alone must do.
        { int.MaxValue, false, false, "follows" },
    };

    [Theory]
    [MemberData(nameof(Offers))]
    public void A_document_follows_upwards_only_and_its_direct_successor_by_hash(int version, bool isHeld, bool? namesHeld, string outcome)
    {
        var held = Header(5, A, B);
        var offered = Header(version, isHeld ? A : B, namesHeld switch { true => A, false => Sha256Digest.Of([3]), null => null });
        if (outcome is "follows" or "is held")
        {
            Assert.Equal(outcome is "follows", offered.Follows(held));
        }
        else
        {
            Assert.Equal(outcome, Assert.Throws<DocumentException>(() => offered.Follows(held)).Fault.ToString(), StringComparer.Ordinal);
        }
    }

    [Fact]
    public void Nothing_that_is_held_is_followed_by_anything_and_another_platform_by_nothing()
    {
        Assert.True(Header(3, A, B).Follows(held: null));
        var elsewhere = Assert.Throws<DocumentException>(() => Header(6, B, A).Follows(Header(5, A, B) with { Platform = "infolink.other" }));
        Assert.Equal(DocumentFault.OtherPlatform, elsewhere.Fault);
    }

    [Fact]
    public void The_last_version_of_all_has_no_successor()
    {
        var held = Header(int.MaxValue, A, B);
        Assert.Equal(DocumentFault.Rollback, Assert.Throws<DocumentException>(() => Header(1, B, null).Follows(held)).Fault);
    }

    [Theory]
    [InlineData(DocumentKind.Catalog, 0, 35, null)]
    [InlineData(DocumentKind.Catalog, 0, 36, DocumentFault.LivesTooLong)]
    [InlineData(DocumentKind.Members, 0, 100, null)]
    [InlineData(DocumentKind.Members, 0, 101, DocumentFault.LivesTooLong)]
    [InlineData(DocumentKind.Authority, 0, 3_660, null)]
    [InlineData(DocumentKind.Authority, 0, 3_661, DocumentFault.LivesTooLong)]
    [InlineData(DocumentKind.Directory, 0, 1, DocumentFault.LivesTooLong)]
    [InlineData(DocumentKind.Catalog, 0, 0, null)] // Its last day is today.
    [InlineData(DocumentKind.Catalog, 0, -1, DocumentFault.LivesTooLong)]
    [InlineData(DocumentKind.Catalog, -1_440, 0, DocumentFault.Expired)] // Yesterday was its last.
    [InlineData(DocumentKind.Catalog, 10, 5, null)] // The other's clock is ten minutes fast.
    [InlineData(DocumentKind.Catalog, 11, 5, DocumentFault.FromTheFuture)]
    public void A_document_is_used_in_its_time(DocumentKind kind, int issuedMinutes, int days, DocumentFault? fault)
    {
        var issued = Noon.AddMinutes(issuedMinutes);
        var header = new DocumentHeader(kind, "infolink.test", 1, A, Previous: null, issued, Contracts.Catalog.JapanTime.CivilDate(issued).AddDays(days));
        if (fault is null)
        {
            header.RequireTimely(Noon);
        }
        else
        {
            Assert.Equal(fault, Assert.Throws<DocumentException>(() => header.RequireTimely(Noon)).Fault);
        }
    }

    [Theory]
    [InlineData("2026-09-15T14:59:59Z", true)]
    [InlineData("2026-09-15T15:00:00Z", false)]
    public void The_last_day_ends_at_midnight_in_Japan(string now, bool good)
    {
        var header = new DocumentHeader(DocumentKind.Members, "infolink.test", 1, A, Previous: null, Noon, new DateOnly(2026, 9, 15));
        var refused = Record.Exception(() => header.RequireTimely(DateTimeOffset.Parse(now)));
        Assert.Equal(good, refused is null);
    }

    [Fact]
    public void A_change_of_keys_in_between_is_not_left_out()
    {
        using var some = new SomeAuthority();
        var (_, first) = some.Authority(2, previous: null, 0, 1, 2);
        var (second, secondValue) = some.Authority(2, first, 0, 1, 2, 3);
        var (third, thirdValue) = some.Authority(2, secondValue, 0, 1, 3);
        first.RequireSuccessor(second, secondValue);
        secondValue.RequireSuccessor(third, thirdValue);
        Assert.Equal(DocumentFault.Forked, Assert.Throws<DocumentException>(() => first.RequireSuccessor(third, thirdValue)).Fault);
        Assert.Equal(DocumentFault.Rollback, Assert.Throws<DocumentException>(() => thirdValue.RequireSuccessor(second, secondValue)).Fault);
        Assert.Throws<ArgumentException>(() => first.RequireSuccessor(second, thirdValue));
    }

    private static DocumentHeader Header(int version, Sha256Digest sha256, Sha256Digest? previous) =>
        new(DocumentKind.Members, "infolink.test", version, sha256, previous, Noon, new DateOnly(2026, 12, 1));
}
