using System.Net.Http.Json;
using System.Text.Json;
using InfoLink.Agent;
using InfoLink.Agent.Host;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Requesting;

/// <summary>Who is asked where the clerk names nobody: by the kind's rule, the registry's word and the member list.</summary>
public sealed class ProviderChoiceTests
{
    private const string Claimant = ExistingSystems.ClaimantAtYokohama;

    [Fact]
    public async Task Tax_is_asked_for_where_the_person_lived_on_1_January_though_she_has_moved_since()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));

        var choice = await world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Year2026);
        Assert.Equal(new ProviderChoice(AgencyId.Parse(ChoosingWorld.Setagaya), null, ProviderRule.AddressOnFirstOfJanuary, new DateOnly(2026, 1, 1)), choice);

        var inquiry = new Inquiry { Entry = EntryId.Parse(ChoosingWorld.TaxEntry), Role = SubjectRole.Parse(Walk.Role), Conditions = ChoosingWorld.Year2026 };
        var fetched = await world.Yokohama.FetchAsync([Claimant], inquiry, ChoosingWorld.Clerk);
        Assert.IsType<FetchedPerson.Answered>(Assert.Single(fetched.Persons));
        Assert.Equal(choice, fetched.Choice);
        var asked = await AgentNetwork.OneAsync(world.Network.Running.Requester.Log.Store, AccessEvent.Asked);
        Assert.Equal((ChoosingWorld.Setagaya, "address-on-1-january 2026-01-01"), (asked.Open.Provider, asked.Particulars!.ProviderChoice));
    }

    [Fact]
    public async Task A_ward_folds_to_its_city_and_stays_as_department_in_the_own_record_alone()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.KawasakiWard, (new DateOnly(2026, 1, 2), ChoosingWorld.Tsurumi));
        var choice = await world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Year2026);
        Assert.Equal(("141305", ChoosingWorld.KawasakiWard), (choice.Provider.Value, choice.Department));
        Assert.DoesNotContain(ChoosingWorld.KawasakiWard, choice.ToString(), StringComparison.Ordinal);

        // Setagaya asks where she lives now.
        var now = await world.Network.Running.Provider.Agent.ChooseProviderAsync(ExistingSystems.ClaimantAtSetagaya, ChoosingWorld.ResidentEntry, InquiryConditions.None);
        Assert.Equal((NetworkFolder.Requester, ChoosingWorld.Tsurumi, ProviderRule.CurrentAddress), (now.Provider.Value, now.Department, now.Rule));
        Assert.DoesNotContain(world.Network.Journal.Lines, line => line.Text.Contains(ChoosingWorld.KawasakiWard, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whom_the_clerk_names_is_asked_and_the_registry_is_not()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.KawasakiWard);
        var answered = await world.Yokohama.FetchAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Setagaya, ChoosingWorld.Year2026, ChoosingWorld.Clerk, Walk.Role);
        Assert.NotNull(answered.Value(Walk.Kind, "income-levy"));
        Assert.Equal(0, world.Asked());
        var asked = await AgentNetwork.OneAsync(world.Network.Running.Requester.Log.Store, AccessEvent.Asked);
        Assert.Equal("named", asked.Particulars!.ProviderChoice);
    }

    [Fact]
    public async Task A_municipality_that_takes_no_part_is_told_to_the_clerk_and_to_no_log()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live("011011", (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        var elsewhere = await Assert.ThrowsAsync<ProviderNotMemberException>(() => world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Year2026));
        Assert.Equal((RefusalName.ProviderNotMember, "011002"), (elsewhere.Refusal.Name, elsewhere.Municipality));
        Assert.DoesNotContain("0110", elsewhere.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProviderNotMemberException>(() => world.Yokohama.FetchAsync(Claimant, ChoosingWorld.TaxEntry, null, ChoosingWorld.Year2026, ChoosingWorld.Clerk, Walk.Role));
        Assert.DoesNotContain(world.Network.Journal.Lines, line => line.Text.Contains("0110", StringComparison.Ordinal));
        Assert.Empty(await AgentNetwork.AllOfAsync(world.Network.Running.Requester)); // Nothing was asked.
    }

    [Fact]
    public async Task Without_an_address_in_Japan_on_the_day_the_clerk_hears_why()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live("", (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        Assert.Equal("no-fixed-address", await DetailAsync(RefusalName.ProviderAddressUnknown, 2026));
        Assert.Equal("not-yet-born", await DetailAsync(RefusalName.ProviderAddressUnknown, 1984));
        Assert.Equal("before-the-register", await DetailAsync(RefusalName.ProviderAddressUnknown, 2010));
        Assert.Equal("taxYear", await DetailAsync(RefusalName.ConditionOutOfRange, 2199));
        Assert.Equal("taxYear", await DetailAsync(RefusalName.ConditionMissing, null));
        world.Know(NetworkFolder.Requester, Claimant, ChoosingWorld.At(ChoosingWorld.Tsurumi, "乙川　次郎", "オトカワ　ジロウ"));
        Assert.Equal("not-found, nobody-found", await DetailAsync(RefusalName.ProviderAddressUnknown, 2026));

        async Task<string> DetailAsync(RefusalName name, int? year)
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, new InquiryConditions { TaxYear = year }));
            Assert.Equal(name, refused.Refusal.Name);
            return refused.Refusal.Detail;
        }
    }

    [Fact]
    public async Task The_sole_agency_of_an_entry_is_found_without_the_registry_and_none_or_no_rule_is_refused()
    {
        await using var world = await ChoosingWorld.StartAsync(folder =>
        {
            ChoosingWorld.Edit(folder.MembersPath, "category: health-minister", "category: justice-minister");
            ChoosingWorld.Edit(folder.CatalogPath, "    provider: current-address\n", "");
        });
        var sole = await world.Yokohama.ChooseProviderAsync(Claimant, "106.justice-minister.108-1-i", InquiryConditions.None);
        Assert.Equal(new ProviderChoice(AgencyId.Parse(NetworkFolder.HealthMinister), null, ProviderRule.Sole, null), sole);
        Assert.Equal("the entry names 0 members", await DetailAsync("106.prime-minister.108-1-ni"));
        Assert.Equal("resident-record-relationship", await DetailAsync(ChoosingWorld.ResidentEntry));
        Assert.Equal(0, world.Asked());

        async Task<string> DetailAsync(string entry)
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(() => world.Yokohama.ChooseProviderAsync(Claimant, entry, InquiryConditions.None));
            Assert.Equal(RefusalName.ProviderRuleMissing, refused.Refusal.Name);
            return refused.Refusal.Detail;
        }
    }

    [Fact]
    public async Task What_a_municipality_does_not_do_itself_is_asked_of_its_prefecture()
    {
        await using var world = await ChoosingWorld.StartAsync(folder =>
        {
            // Setagaya holds another category; Tokyo is a member, of whom nothing runs.
            using var tokyo = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse("130001")));
            var members = File.ReadAllText(folder.MembersPath);
            var at = members.IndexOf("category: municipality", members.IndexOf("\"131121\"", StringComparison.Ordinal), StringComparison.Ordinal);
            members = members.Remove(at, "category: municipality".Length).Insert(at, "category: public-housing-operator");
            File.WriteAllText(
                folder.MembersPath,
                $$"""
                {{members.TrimEnd()}}
                  "130001":
                    name: { ja: 東京都, en: "Tokyo" }
                    categories:
                      - { category: municipality, from: 2001-01-06 }
                    identityKey: {{tokyo.PublicKey}}
                    codeEpochs: { current: {{NetworkFolder.Epoch}} }

                """);
        });
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.KawasakiWard));
        var above = await world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Year2026);
        Assert.Equal(("130001", null), (above.Provider.Value, above.Department));
    }

    [Fact]
    public async Task Several_persons_go_to_one_provider_or_each_is_asked_about_by_itself()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        var other = ChoosingWorld.At(ChoosingWorld.KawasakiWard, "丙田　次郎", "ヘイダ　ジロウ") with { BirthDate = "1970-02-03", Sex = "男" };
        world.Register.Enter(other, ChangeKind.Entered, new DateOnly(2010, 4, 1));
        world.Know(NetworkFolder.Requester, ExistingSystems.OddAtYokohama, other);
        var inquiry = new Inquiry { Entry = EntryId.Parse(ChoosingWorld.TaxEntry), Role = SubjectRole.Parse(Walk.Role), Conditions = ChoosingWorld.Year2026 };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => world.Yokohama.FetchAsync([Claimant, ExistingSystems.OddAtYokohama], inquiry, ChoosingWorld.Clerk));
        Assert.Equal(RefusalName.RequestMalformed, refused.Refusal.Name);
        Assert.StartsWith("provider", refused.Refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(1, world.Asked()); // One question about both.
        Assert.Empty(await AgentNetwork.AllOfAsync(world.Network.Running.Requester));
    }

    [Fact]
    public async Task Who_lives_at_home_is_not_asked_about_elsewhere_and_a_registry_that_is_away_is_named()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.Tsurumi);
        await RefusedAsync(RefusalName.RequesterIsProvider);
        await world.StopRegistryAsync();
        await RefusedAsync(RefusalName.RegistryUnreachable);

        async Task RefusedAsync(RefusalName name) => Assert.Equal(
            name, (await Assert.ThrowsAsync<RefusedException>(() => world.Yokohama.ChooseProviderAsync(Claimant, ChoosingWorld.TaxEntry, ChoosingWorld.Year2026))).Refusal.Name);
    }

    [Fact]
    public async Task An_existing_system_may_leave_the_provider_out_and_is_told_who_it_was()
    {
        await using var world = await ChoosingWorld.StartAsync();
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        using var folder = new TemporaryFolder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(world.Yokohama);
        var socket = LocalApi.Listen(builder, new AgentOptions { Folder = folder.Path() });
        await using var host = builder.Build();
        LocalApi.Map(host);
        await host.StartAsync();
        using var client = LocalSocket.Client(socket, TestNetwork.Patience);

        var answer = await AskAsync(new { taxYear = 2026 });
        Assert.Equal(("answered", ChoosingWorld.Setagaya), (answer.GetProperty("outcome").GetString(), answer.GetProperty("provider").GetString()));
        world.Register.Apply(world.Register.All().Last().Code, new Change.Move("北海道札幌市中央区栄町三丁目１４番１号", "011011", new DateOnly(2026, 5, 1), "転居"));
        var elsewhere = await AskAsync(new { taxYear = 2026 }, ChoosingWorld.ResidentEntry, conditions: false);
        Assert.Equal(("PROVIDER-NOT-MEMBER", "011002"), (elsewhere.GetProperty("refused").GetString(), elsewhere.GetProperty("detail").GetString()));

        async Task<JsonElement> AskAsync(object year, string entry = ChoosingWorld.TaxEntry, bool conditions = true)
        {
            using var reply = await client.PostAsJsonAsync(
                new Uri("/v1/fetch", UriKind.Relative),
                new { person = Claimant, entry, role = Walk.Role, conditions = conditions ? year : null, @operator = "係", terminal = "t", use = "審査" });
            return await reply.Content.ReadFromJsonAsync<JsonElement>();
        }
    }
}
