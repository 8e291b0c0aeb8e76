using InfoLink.Agent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.Canary;
using InfoLink.Tests.Catalog;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Numbers;

/// <summary>A number can be content, in marked entries between members that keep numbers; it is never a key.</summary>
public sealed class NumberAsContentTests
{
    private const string Number = "889654457031"; // From the vectors.

    private static StatuteCatalog Marked { get; } = SmallestCatalog.Load(text => text
        .Replace("tasks:\n", "      number: { name: { ja: 個人番号, en: number }, type: individualNumber, required: true }\ntasks:\n", StringComparison.Ordinal)
        .Replace("    impactAssessment: done\n", "    impactAssessment: done\n    carriesIndividualNumber: true\n", StringComparison.Ordinal));

    [Fact]
    public void Between_members_that_keep_numbers_a_marked_entry_is_allowed() => Assert.Null(Marked.DenialOf(SmallestCatalog.Question()));

    [Theory]
    [InlineData(true, false, "the requester")]
    [InlineData(false, true, "the provider")]
    [InlineData(true, true, "the requester")]
    public void A_numberless_member_neither_gets_nor_gives_a_kind_that_holds_a_number(bool requester, bool provider, string named)
    {
        var question = SmallestCatalog.Question();
        question = question with
        {
            Requester = question.Requester with { IsNumberless = requester },
            Provider = question.Provider with { IsNumberless = provider },
        };
        var (reason, detail) = Marked.DenialOf(question)!.Value;
        Assert.Equal(CatalogDenial.KindNotInEntry, reason);
        Assert.Contains(named, detail, StringComparison.Ordinal);
        Assert.Null(SmallestCatalog.Load().DenialOf(question)); // The same kind without the number goes.
    }

    [Fact]
    public void No_catalog_is_made_whose_unmarked_entry_holds_a_number()
    {
        var entries = Marked.Entries.Values.Select(entry => entry with { CarriesIndividualNumber = false });
        Assert.Throws<ArgumentException>(() => new StatuteCatalog(
            2, Marked.Sha256.Span, Marked.EffectiveFrom, Marked.Expires, Marked.Categories.Values, Marked.Kinds.Values, entries, []));
    }

    [Fact]
    public void The_layout_of_both_ends_takes_canonical_numbers_alone()
    {
        var kind = Marked.Kinds[SmallestCatalog.Tax];
        LayoutRule? Broken(string text) =>
            Layout.Check(kind, new Dictionary<string, ItemAnswer>(StringComparer.Ordinal) { ["number"] = new ItemAnswer.Value(text) }).SingleOrDefault(found => found.Item is "number")?.Rule;
        Assert.Null(Broken(Number));
        Assert.Equal(LayoutRule.CheckDigitWrong, Broken("889654457032"));
        Assert.Equal(LayoutRule.NotCanonical, Broken("8896-5445-7031"));
        Assert.Equal(LayoutRule.NotCanonical, Broken("８８９６５４４５７０３１"));
    }

    [Fact]
    public void The_member_list_says_who_is_numberless()
    {
        var member = new Member { Id = AgencyId.Parse("a"), Name = new("a", "a"), Categories = [], IdentityKey = null!, CodeEpochs = default };
        Assert.False(member.AsParty().IsNumberless);
        Assert.True((member with { Flags = [MemberFlags.Numberless] }).AsParty().IsNumberless);
    }

    [Theory]
    [InlineData("889654457031")]
    [InlineData("８８９６-５４４５-７０３１")]
    public async Task Nobody_stands_in_the_link_table_under_a_number(string person)
    {
        using var folder = new TemporaryFolder();
        var links = LinkTable.Open(folder.Path("links.db"));
        foreach (var act in (Func<Task>[])[() => links.PutAsync(person, default), () => links.MarkAsync(person, withheld: true)])
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(act);
            Assert.Equal(RefusalName.NumberAsKey, refused.Refusal.Name);
            Assert.DoesNotContain("8896", refused.ToString(), StringComparison.Ordinal);
        }

        await links.PutAsync("Y-889654457031", default);
    }

    [Fact]
    public async Task Nobody_is_asked_about_under_a_number()
    {
        await using var network = await AgentNetwork.StartAsync();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.Requester.Agent.FetchAsync(
            "８８９６ 5445 7031", AgentNetwork.TaxEntry, NetworkFolder.Provider, new() { TaxYear = 2026 }, AgentNetwork.Clerk, "claimant"));
        Assert.Equal((RefusalName.NumberAsKey, "persons[0]"), (refused.Refusal.Name, refused.Refusal.Detail));
        Assert.DoesNotContain("5445", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_numberless_agency_does_not_start_with_a_source_of_numbers()
    {
        await using var network = TestNetwork.PrepareOnly(new()
        {
            Prepare = folder =>
            {
                File.WriteAllText(folder.CatalogPath, CanaryWorld.WithNumbers(File.ReadAllText(folder.CatalogPath)));
                folder.Flag(NetworkFolder.Provider, MemberFlags.Numberless);
            },
        });
        var config = network.Folder.AgentOptions(NetworkFolder.Provider);
        config.Sources.Add(new SourceOptions { Kind = CanaryWorld.NumberKind, Sqlite = "existing.db", Query = "SELECT 1 AS \"number\"" });
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => AgentHost.StartAsync(
            config, new Dictionary<KindId, IInformationSource>(), TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains("number-less", fault.Message, StringComparison.Ordinal);
    }
}
