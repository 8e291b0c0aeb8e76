using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Catalog;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>
/// Clocks that are minutes off, stepped through <see cref="TimeProvider"/>: a process has the machine's clock, so these parties run in the test. Their
/// records are looked over as everybody's.
/// </summary>
public sealed class ClockTests
{
    [Fact]
    public async Task Clocks_that_are_minutes_off_are_named_and_cost_nothing()
    {
        var diary = new Diary();
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        await network.LinkAsync(1, 2);
        await AskAsync("answered");

        // The provider's: every token is too old, or not yet.
        network.ProviderClock.Shift(TimeSpan.FromMinutes(3));
        await AskAsync("TOKEN-EXPIRED");
        network.ProviderClock.Shift(TimeSpan.FromMinutes(-3));
        await AskAsync("TOKEN-INVALID");
        network.ProviderClock.Shift(TimeSpan.Zero);
        await AskAsync("answered");

        // The requester's does not matter.
        foreach (var minutes in (int[])[3, -3])
        {
            network.RequesterClock.Shift(TimeSpan.FromMinutes(minutes));
            await AskAsync("answered");
        }

        network.RequesterClock.Shift(TimeSpan.Zero);

        // The broker's: its tokens are from the future to the provider.
        network.Network.Clock.Ahead = TimeSpan.FromMinutes(3);
        await AskAsync("TOKEN-INVALID");
        network.Network.Clock.Ahead = TimeSpan.FromMinutes(-3);
        await AskAsync("TOKEN-EXPIRED");
        network.Network.Clock.Ahead = TimeSpan.Zero;
        await AskAsync("answered");

        var places = new WorldPlaces(network.Folder);
        await WorldRest.ComesAsync(places, settled: true);
        Assert.Empty(await WorldInvariants.FindAsync(places, diary, new() { ClocksApart = true }));

        async Task AskAsync(string end)
        {
            var question = diary.Begin(1);
            try
            {
                var fetched = await network.Requester.Agent.FetchAsync(
                    ["Y-1"],
                    new Inquiry
                    {
                        Entry = EntryId.Parse(Walk.Entry),
                        Provider = AgencyId.Parse(NetworkFolder.Provider),
                        Role = SubjectRole.Parse(Walk.Role),
                        Conditions = new InquiryConditions { TaxYear = Walk.TaxYear },
                    },
                    AgentNetwork.Clerk with { CaseReference = question.Id });
                var answered = Assert.IsType<FetchedPerson.Answered>(fetched.Persons[0]);
                var income = Assert.IsType<ItemAnswer.Value>(answered.Kinds.All[AgentNetwork.Tax]["total-income"]).Text;
                question.Ending = new Ending.Answered($"{fetched.ExchangeId}", income);
            }
            catch (RefusedException refused)
            {
                question.Ending = new Ending.Refused(refused.Refusal.Text, refused.Refusal.Detail, null);
            }

            Assert.Equal(end, question.Ending is Ending.Refused no ? no.Name : "answered");
        }
    }
}
