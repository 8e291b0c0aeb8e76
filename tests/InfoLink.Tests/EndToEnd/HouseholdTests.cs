using System.Security.Cryptography;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

public sealed class HouseholdTests
{
    [Fact]
    public async Task Each_person_of_a_household_keeps_the_place_in_the_question()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1, 2, 3, 4, 5);

        // 4 and 5 the provider does not answer for, 6 is nobody's code, 7 has no link at all.
        await network.Provider.Agent.Links.MarkAsync("S-4", withheld: true);
        await network.LinkAtRequesterAsync(8);
        await network.Requester.Agent.Links.PutAsync("Y-6", new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16)));
        var fetched = await network.AskAsync(3, 6, 4, 7, 1, 8, 2);

        Assert.Equal("Y-3 Y-6 Y-4 Y-7 Y-1 Y-8 Y-2", string.Join(' ', fetched.Persons.Select(person => person.Person)));
        Assert.Equal("1000003 LINK-CODE-REFUSED NOT-AVAILABLE LINK-MISSING 1000001 NOT-AVAILABLE 1000002", Shown(fetched));
        Assert.Equal("S-1 S-2 S-3", string.Join(' ', network.Reads.Select(read => read.Person).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Every_log_has_the_household_under_the_same_indices()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1, 2);
        await network.Requester.Agent.Links.PutAsync("Y-6", new LinkCode(NetworkFolder.Epoch, RandomNumberGenerator.GetBytes(16)));
        await network.AskAsync(2, 6, 1);
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);

        Assert.Equal<uint>([0, 1, 2], await IndicesAsync(network.Requester.Log.Store, AccessEvent.Asked));
        Assert.Equal<uint>([1], await IndicesAsync(network.BrokerRecords, AccessEvent.Refused));
        foreach (var (store, what) in ((Transparency.IEntryReader, AccessEvent)[])
            [
                (network.BrokerRecords, AccessEvent.Approved), (network.BrokerRecords, AccessEvent.Redeemed), (network.Provider.Log.Store, AccessEvent.Answered),
                (network.BrokerRecords, AccessEvent.Settled), (network.Requester.Log.Store, AccessEvent.Received),
            ])
        {
            Assert.Equal<uint>([0, 2], await IndicesAsync(store, what));
        }

        static async Task<IEnumerable<uint>> IndicesAsync(Transparency.IEntryReader store, AccessEvent what) =>
            (await AgentNetwork.OneAsync(store, what)).Subjects.Select(subject => subject.Index);
    }

    [Fact]
    public async Task A_thousand_persons_are_one_exchange()
    {
        await using var network = await AgentNetwork.StartAsync();
        int[] persons = [.. Enumerable.Range(1, 1000)];
        await network.LinkAsync(persons);
        var fetched = await network.AskAsync(persons);
        Assert.Equal(string.Join(' ', persons.Select(person => 1_000_000 + person)), Shown(fetched));
        Assert.Equal(1000u, (await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Approved)).Open.Count);
        Assert.Equal(1, network.SpentTokens());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public async Task No_persons_or_more_than_a_thousand_are_refused_before_anything_leaves(int count)
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(Enumerable.Range(1, count)));
        Assert.Equal(RefusalName.SubjectCount, refused.Refusal.Name);
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));
    }

    [Fact]
    public async Task The_same_person_twice_is_refused_before_anything_leaves()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1, 1));
        Assert.Equal(RefusalName.SubjectRepeated, refused.Refusal.Name);
        Assert.Empty(await AgentNetwork.AllOfAsync(network.Requester));
    }

    [Fact]
    public async Task Persons_without_a_link_alone_ask_nobody()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        var fetched = await network.AskAsync(1, 2);
        Assert.Null(fetched.ExchangeId);
        Assert.Equal("LINK-MISSING LINK-MISSING", Shown(fetched));
        Assert.Empty(await network.AllOfBrokerAsync());
    }

    [Fact]
    public async Task One_persons_bad_record_refuses_that_person_alone()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1, 2, 3);
        network.Network.Journal.Expect("outside the layout", "did not answer");
        network.Source = (request, _) => request.Person switch
        {
            "S-2" => Task.FromResult<Agent.Sources.Items?>(new() { { "tax-year", "SECRET" } }),
            "S-3" => throw new InvalidOperationException("SECRET"),
            _ => Task.FromResult<Agent.Sources.Items?>(AgentNetwork.TaxOf(1)),
        };
        var fetched = await network.AskAsync(1, 2, 3);
        Assert.Equal("1000001 LAYOUT-VIOLATION SOURCE-UNAVAILABLE", Shown(fetched));
        Assert.DoesNotContain(network.Network.Journal.Lines, line => line.Text.Contains("SECRET", StringComparison.Ordinal));
        Assert.All(fetched.Persons.OfType<FetchedPerson.Refused>(), person => Assert.DoesNotContain("SECRET", person.Refusal.ToString(), StringComparison.Ordinal));
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        Assert.Equal([SubjectOutcome.AnsweredOutcome, SubjectOutcome.RefusedOutcome, SubjectOutcome.RefusedOutcome], received.Subjects.Select(subject => subject.Outcome));
    }

    /// <summary>For each person the own value, or the refusal's name.</summary>
    private static string Shown(Fetched fetched) => string.Join(' ', fetched.Persons.Select(person => person switch
    {
        FetchedPerson.Answered answered => answered.Kinds.Value("municipal-inhabitant-tax", "total-income")!,
        FetchedPerson.Refused refused => refused.Refusal.Text,
        _ => "pending",
    }));
}
