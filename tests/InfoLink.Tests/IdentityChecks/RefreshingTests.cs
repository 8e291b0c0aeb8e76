using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Samples.Registry.Keeping;
using InfoLink.Tests.Requesting;
using Xunit;

namespace InfoLink.Tests.IdentityChecks;

/// <summary>Before others are asked, the registry is: who has married or moved is not taken for somebody else.</summary>
public sealed class RefreshingTests
{
    [Fact]
    public async Task Who_has_married_is_answered_for_where_the_agency_refreshes_and_waits_for_a_human_where_it_does_not()
    {
        await using var plain = await ChoosingWorld.StartAsync();
        Marry(plain);

        // A tag of eight bits takes one question in 256 for hers: three in a row it does not.
        FetchedPerson[] asked = [await AskAsync(plain, NetworkFolder.Provider), await AskAsync(plain, NetworkFolder.Provider), await AskAsync(plain, NetworkFolder.Provider)];
        Assert.Contains(asked, person => person is FetchedPerson.Pending);
        Assert.Equal(0, plain.Asked());

        await using var refreshing = await ChoosingWorld.StartAsync(ChoosingWorld.Refreshing);
        Marry(refreshing);
        Assert.IsType<FetchedPerson.Answered>(await AskAsync(refreshing, NetworkFolder.Provider));
        Assert.Equal(1, refreshing.Asked());

        // Choosing and refreshing are one question.
        Assert.IsType<FetchedPerson.Answered>(await AskAsync(refreshing, provider: null));
        Assert.Equal(2, refreshing.Asked());
    }

    [Fact]
    public async Task Without_the_registry_the_agencys_own_attributes_count_and_the_operator_is_told_once()
    {
        await using var world = await ChoosingWorld.StartAsync(ChoosingWorld.Refreshing);
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        await world.StopRegistryAsync();
        Assert.IsType<FetchedPerson.Answered>(await AskAsync(world, NetworkFolder.Provider));
        Assert.IsType<FetchedPerson.Answered>(await AskAsync(world, NetworkFolder.Provider));
        Assert.Single(world.Network.Journal.Lines, line => line.Text.Contains("does not tell newer attributes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whom_the_registry_does_not_find_is_asked_about_as_the_agency_has_her_and_looked_at_soon()
    {
        await using var world = await ChoosingWorld.StartAsync(ChoosingWorld.Refreshing);
        world.Know(NetworkFolder.Requester, ExistingSystems.ClaimantAtYokohama, ChoosingWorld.At(ChoosingWorld.Tsurumi));
        world.Know(NetworkFolder.Provider, ExistingSystems.ClaimantAtSetagaya, ChoosingWorld.At(ChoosingWorld.Tsurumi));
        using (var links = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={world.Network.Folder.AgencyPath(NetworkFolder.Requester, "data/links.db")};Pooling=false"))
        {
            Dapper.SqlMapper.Execute(links, "UPDATE person SET verified_ms = verified_ms - 2 * 86400000");
        }

        Assert.Equal(0, (await world.Yokohama.VerificationAsync()).Due);
        Assert.IsType<FetchedPerson.Answered>(await AskAsync(world, NetworkFolder.Provider));
        Assert.True(await world.Yokohama.VerificationAsync() is { Due: 1 } or { Unconfirmed: 1 }, "It is due; or the agent, which looks by itself, has looked already, and the registry still knows nobody.");
    }

    /// <summary>She lived in Setagaya on 1 January, and married in May; Setagaya knows, Yokohama does not yet.</summary>
    private static void Marry(ChoosingWorld world)
    {
        world.Live(ChoosingWorld.Setagaya, (new DateOnly(2026, 4, 1), ChoosingWorld.Tsurumi));
        world.Register.Apply(world.Register.All().Last().Code, new Change.Rename("乙川　花子", "オトカワ　ハナコ", new DateOnly(2026, 5, 1), "婚姻"));
        world.Know(NetworkFolder.Provider, ExistingSystems.ClaimantAtSetagaya, ChoosingWorld.At(ChoosingWorld.Tsurumi, "乙川　花子", "オトカワ　ハナコ"));
    }

    private static async Task<FetchedPerson> AskAsync(ChoosingWorld world, string? provider)
    {
        var inquiry = new Inquiry
        {
            Entry = EntryId.Parse(ChoosingWorld.CheckedEntry),
            Provider = provider is null ? null : AgencyId.Parse(provider),
            Role = SubjectRole.Parse("insured-person"),
            Conditions = ChoosingWorld.Year2026,
        };
        return Assert.Single((await world.Yokohama.FetchAsync([ExistingSystems.ClaimantAtYokohama], inquiry, ChoosingWorld.Clerk)).Persons);
    }
}
