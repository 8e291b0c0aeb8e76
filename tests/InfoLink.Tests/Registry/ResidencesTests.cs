using InfoLink.Samples.Registry;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Registry;

/// <summary>The registry says in which municipality somebody lived on a day, and nothing else of it.</summary>
public sealed class ResidencesTests
{
    private static readonly DateOnly Come = new(2010, 4, 1);

    [Fact]
    public async Task Each_day_has_the_municipality_that_held_on_it_and_a_move_counts_from_its_day()
    {
        await using var served = await ServedRegistry.StartAsync();
        var code = served.Sample.Register.Enter(SampleRegister.Somebody(), ChangeKind.Entered, Come);
        served.Sample.Register.Apply(code, new Change.Move("東京都世田谷区太子堂二丁目３番４号", "131121", new DateOnly(2026, 1, 1), "転入"));
        served.Sample.Register.Apply(code, new Change.Rename("甲野　花子", "コウノ　ハナコ", new DateOnly(2026, 2, 1), "婚姻"));

        var match = await AskAsync(served, "2025-12-31", "2026-01-01", "2026-02-01");
        Assert.Equal([In("141011"), In("131121"), In("131121")], match.Residences);
        Assert.Equal((null, ""), (match.Current, match.Municipality)); // Not asked for.
        Assert.DoesNotContain("太子堂", match.ToString(), StringComparison.Ordinal);
        Assert.Empty(served.Asked);
    }

    [Fact]
    public async Task Abroad_unborn_dead_homeless_and_unknown_are_each_said()
    {
        await using var served = await ServedRegistry.StartAsync();
        var register = served.Sample.Register;
        var code = register.Enter(SampleRegister.Somebody(), ChangeKind.Entered, Come);
        Assert.Equal([ResidenceOutcome.NotYetBorn, ResidenceOutcome.LivedAbroad, ResidenceOutcome.LivedInMunicipality], await OutcomesAsync("1980-03-04", "2010-03-31", "2010-04-01"));

        register.Apply(code, new Change.Emigrate("ブラジル", new DateOnly(2020, 5, 1), "出国"));
        register.Apply(code, new Change.Rename("甲野　花子", "コウノ　ハナコ", new DateOnly(2021, 1, 1), "婚姻"));
        register.Apply(code, new Change.Move("住所不定", "", new DateOnly(2022, 5, 1), "帰国"));
        register.Apply(code, new Change.Move("東京都世田谷区太子堂二丁目３番４号", "131121", new DateOnly(2023, 5, 1), "転入"));
        register.Apply(code, new Change.Die(new DateOnly(2024, 5, 1), "死亡"));
        Assert.Equal([ResidenceOutcome.LivedInMunicipality, ResidenceOutcome.LivedAbroad, ResidenceOutcome.LivedAbroad], await OutcomesAsync("2020-04-30", "2020-05-01", "2022-04-30"));
        Assert.Equal([ResidenceOutcome.WithoutFixedAddress, ResidenceOutcome.LivedInMunicipality, ResidenceOutcome.NotAlive], await OutcomesAsync("2022-05-01", "2024-05-01", "2024-05-02"));
        Assert.Equal([ResidenceOutcome.BeforeTheRegister], await OutcomesAsync("2010-03-31")); // How the first state began is not kept once it has ended.

        async Task<IEnumerable<ResidenceOutcome>> OutcomesAsync(params string[] days) => (await AskAsync(served, days)).Residences.Select(residence =>
        {
            Assert.Equal(residence.Outcome == ResidenceOutcome.LivedInMunicipality, residence.Municipality.Length > 0);
            return residence.Outcome;
        });
    }

    [Fact]
    public async Task Attributes_and_residences_come_in_one_answer_where_both_are_asked_for()
    {
        await using var served = await ServedRegistry.StartAsync();
        served.Sample.Register.Enter(SampleRegister.Somebody(), ChangeKind.Entered, Come);
        var request = new MatchRequest { Purpose = MatchPurpose.RefreshPurpose, Persons = { Somebody, new BasicAttributes() }, AsOf = { "2026-01-01" } };
        var reply = await served.MatchAsync(ServedRegistry.Flagged, request);
        Assert.Equal(("渡邊　花子", In("141011")), (reply.Persons[0].Current.Name, Assert.Single(reply.Persons[0].Residences)));
        Assert.Empty(reply.Persons[1].Residences); // Nobody was found.
    }

    [Theory]
    [InlineData(MatchPurpose.LinkPurpose, "2026-01-01")] // Links are not made by residences.
    [InlineData(MatchPurpose.ResidencePurpose)] // Of which day?
    [InlineData(MatchPurpose.ResidencePurpose, "2026-1-1")]
    [InlineData(MatchPurpose.ResidencePurpose, "2026-02-30")]
    [InlineData(MatchPurpose.ResidencePurpose, "令和8年1月1日")]
    [InlineData(MatchPurpose.ResidencePurpose, "2026-01-01", "2026-01-01")]
    [InlineData(MatchPurpose.ResidencePurpose, "2026-01-01", "2025-01-01", "2024-01-01", "2023-01-01")]
    [InlineData(MatchPurpose.RefreshPurpose, "9999-12-31")]
    public async Task Days_that_are_none_are_refused_by_name(MatchPurpose purpose, params string[] days)
    {
        await using var served = await ServedRegistry.StartAsync();
        var request = new MatchRequest { Purpose = purpose, Persons = { Somebody }, AsOf = { days } };
        await Refused.ByAsync(RefusalName.RequestMalformed, () => served.MatchAsync(ServedRegistry.Flagged, request), "asOf");
    }

    private static BasicAttributes Somebody => SampleRegister.Asking(SampleRegister.Somebody());

    private static Residence In(string municipality) => new() { Outcome = ResidenceOutcome.LivedInMunicipality, Municipality = municipality };

    private static async Task<PersonMatch> AskAsync(ServedRegistry served, params string[] days)
    {
        var request = new MatchRequest { Purpose = MatchPurpose.ResidencePurpose, Persons = { Somebody }, AsOf = { days } };
        return Assert.Single((await served.MatchAsync(ServedRegistry.Flagged, request)).Persons);
    }
}
