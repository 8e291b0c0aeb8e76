using System.Security.Cryptography;
using InfoLink.Authoring;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Tests.Catalog;
using Xunit;

namespace InfoLink.Tests.Membership;

public sealed class MemberListTests
{
    private static readonly MemberList Members = Load();

    public static TheoryData<string> Fixtures => [.. BadFixture.NamesIn("tests", "InfoLink.Tests", "Membership", "Bad")];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Every_accident_is_named_at_its_line(string fixture)
    {
        var bad = BadFixture.Read("tests", "InfoLink.Tests", "Membership", "Bad", fixture);
        bad.Matches(MembersFile.Read(bad.Path, SmallestCatalog.Load()));
    }

    [Fact]
    public void Without_a_catalog_any_category_will_do() =>
        Assert.IsType<Loaded<MemberList>.Whole>(
            MembersFile.Read(RepositoryRoot.Path("tests", "InfoLink.Tests", "Membership", "Bad", "category_unknown_to_the_catalog.yaml")));

    [Fact]
    public void The_example_list_loads_against_the_sample_catalog()
    {
        var catalog = Assert.IsType<Loaded<StatuteCatalog>.Whole>(CatalogFile.Read(RepositoryRoot.Path("samples", "Network", "catalog.yaml"))).Value;
        var file = RepositoryRoot.Path("samples", "Network", "members.example.yaml");
        var members = Assert.IsType<Loaded<MemberList>.Whole>(MembersFile.Read(file, catalog)).Value;
        Assert.True(members.Sha256.Span.SequenceEqual(SHA256.HashData(File.ReadAllBytes(file))));

        var question = catalog.Examples.First(example => example.Denial is null).Question with
        {
            Requester = Find(members, "141003").AsParty(),
            Provider = Find(members, "131121").AsParty(),
        };
        Assert.IsType<CatalogDecision.Allowed>(CatalogDecision.Decide(catalog, question));
    }

    [Fact]
    public void A_member_is_read_whole()
    {
        var member = Find(Members, "setagaya");
        Assert.Equal(new Bilingual("世田谷区", "Setagaya"), member.Name);
        Assert.Null(member.Endpoint); // The directory says where it is, and who is suspended.
        Assert.Equal((1, null), ((int)member.CodeEpochs.Current, member.CodeEpochs.Previous));
        Assert.False(member.Suspended);
        Assert.Equal(["test"], member.Flags, StringComparer.Ordinal);
        Assert.False(member.AsParty().Holds(SmallestCatalog.Mayor, new DateOnly(2026, 4, 30)));
        Assert.True(member.AsParty().Holds(SmallestCatalog.Mayor, new DateOnly(2026, 5, 1)));
        Assert.Equal(["k1"], Members.Broker.TokenKeys.Keys, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, true)]
    [InlineData(3, false)]
    [InlineData(0, false)]
    public void Codes_of_the_current_and_the_previous_epoch_are_read(byte epoch, bool accepted) =>
        Assert.Equal(accepted, Find(Members, "yokohama").CodeEpochs.Accepts(epoch));

    [Fact]
    public void A_member_is_found_by_the_name_in_its_certificate()
    {
        Assert.True(Members.TryFind("spiffe://infolink.test/agency/yokohama", out var member));
        Assert.Equal("yokohama", member.Id.Value);
        Assert.Equal("spiffe://infolink.test/agency/yokohama", Members.NameOf(member).ToString());
        Assert.Equal("spiffe://infolink.test/broker", Members.BrokerName.ToString());
    }

    [Theory]
    [InlineData("spiffe://infolink.other/agency/yokohama")] // Another platform's agency of the same id.
    [InlineData("spiffe://infolink.test/agency/nagoya")]
    [InlineData("spiffe://infolink.test/broker")]
    [InlineData("spiffe://infolink.test/agency/yokohama/")]
    [InlineData("spiffe://INFOLINK.test/agency/yokohama")]
    [InlineData("spiffe://infolink.test:443/agency/yokohama")]
    [InlineData("spiffe://user@infolink.test/agency/yokohama")]
    [InlineData("spiffe://infolink.test/agency/yoko%68ama")]
    [InlineData("spiffe://infolink.test/agency/../agency/yokohama")]
    [InlineData("SPIFFE://infolink.test/agency/yokohama")]
    [InlineData("https://infolink.test/agency/yokohama")]
    [InlineData("spiffe://infolink.test/agency/yokohama?x")]
    [InlineData("spiffe:///agency/yokohama")]
    [InlineData("spiffe://infolink.test")]
    [InlineData("")]
    [InlineData(null)]
    public void Any_other_name_is_nobodys(string? name) => Assert.False(Members.TryFind(name, out _));

    [Fact]
    public void A_key_has_one_form_and_verifies_with_it()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var key = P256PublicKey.Of(pair);
        Assert.True(P256PublicKey.TryParse(key.Spki.Span, out var again));
        Assert.Equal(key, again);
        Assert.Equal(key.GetHashCode(), again.GetHashCode());

        using var verifier = again.CreateVerifier();
        byte[] data = [1, 2, 3];
        Assert.True(verifier.VerifyData(data, pair.SignData(data, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.False(P256PublicKey.TryParse([.. key.Spki.Span, 0], out _));

        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => P256PublicKey.Of(larger));
    }

    [Fact]
    public void While_an_identity_key_is_being_changed_the_list_names_the_one_before_it_too()
    {
        using var one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var two = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var file = File.ReadAllText(RepositoryRoot.Path("tests", "InfoLink.Tests", "Membership", "smallest.yaml"))
            .Replace("  tokenKeys:", $"  retiringIdentityKey: {P256PublicKey.Of(one)}\n  tokenKeys:", StringComparison.Ordinal)
            .Replace("    codeEpochs: { current: 2, previous: 1 }", $"    retiringIdentityKey: {P256PublicKey.Of(two)}\n    codeEpochs: {{ current: 2, previous: 1 }}", StringComparison.Ordinal);
        var members = Assert.IsType<Loaded<MemberList>.Whole>(MembersFile.Parse("members.yaml", System.Text.Encoding.UTF8.GetBytes(file))).Value;
        Assert.Equal(new IdentityKeys(members.Broker.IdentityKey, P256PublicKey.Of(one)), members.Broker.IdentityKeys);
        Assert.Equal(new IdentityKeys(Find(members, "yokohama").IdentityKey, P256PublicKey.Of(two)), Find(members, "yokohama").IdentityKeys);
        Assert.Null(Find(members, "setagaya").IdentityKeys.Retiring);
    }

    private static Member Find(MemberList members, string id) =>
        members.TryFind(AgencyId.Parse(id), out var member) ? member : throw new InvalidOperationException(id);

    private static MemberList Load() =>
        MembersFile.Read(RepositoryRoot.Path("tests", "InfoLink.Tests", "Membership", "smallest.yaml"), SmallestCatalog.Load()) switch
        {
            Loaded<MemberList>.Whole whole => whole.Value,
            Loaded<MemberList>.Broken broken => throw new InvalidOperationException(string.Join('\n', broken.Errors)),
            _ => throw new InvalidOperationException(),
        };
}
