using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>Withheld, quarantined, unknown, not for automatic answers, without a record: five reasons at the provider, one answer at the requester.</summary>
public sealed class NotAvailableTests
{
    private const int Known = 1;
    private const int Withheld = 2;
    private const int Quarantined = 3;
    private const int Unknown = 4;
    private const int NoRecord = 5;
    private const int ManualOnly = 6;

    public static TheoryData<int> Reasons => [Withheld, Quarantined, Unknown, ManualOnly, NoRecord];

    [Fact]
    public async Task The_five_reasons_look_the_same_in_one_exchange()
    {
        await using var network = await StartAsync();
        var fetched = await network.AskAsync(Known, Withheld, Quarantined, Unknown, ManualOnly, NoRecord);
        Assert.IsType<FetchedPerson.Answered>(fetched.Persons[0]);
        var refusals = fetched.Persons.Skip(1).Select(person => Assert.IsType<FetchedPerson.Refused>(person).Refusal).ToList();
        Assert.Equal(RefusalName.NotAvailable, refusals[0].Name);
        Assert.Single(refusals.Distinct());
        Assert.Empty(refusals[0].Detail);

        // On the requester's record too they differ in nothing but what is random.
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        Assert.All(received.Subjects.Skip(1), subject =>
        {
            Assert.Equal(SubjectOutcome.NotAvailableOutcome, subject.Outcome);
            Assert.Equal(received.Subjects[1].Record.CalculateSize(), subject.Record.CalculateSize(), tolerance: 4);
        });
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task On_the_wire_the_five_reasons_have_one_shape(int person)
    {
        await using var network = await StartAsync();
        var client = network.Network.Requester;
        var parts = await client.FetchAsync("131121", client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(person)))));
        Assert.Equal(2, parts.Count);
        Assert.Equal(1024 + 16, parts[1].Subject.Ciphertext.Length);
        Assert.Equal(32, parts[1].Subject.Digest.Length);
        Assert.Equal(64, parts[1].Subject.Signature.Length);

        // An answer in the same bucket does not stand out either.
        var answered = await client.FetchAsync("131121", client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(Known)))));
        Assert.Equal(answered[1].Subject.Ciphertext.Length, parts[1].Subject.Ciphertext.Length);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task None_of_them_comes_sooner_than_the_floor(int person)
    {
        await using var network = await StartAsync();
        var began = TimeProvider.System.GetTimestamp();
        await network.AskAsync(person);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task The_broker_hears_the_same_of_each(int person)
    {
        await using var network = await StartAsync();
        await network.AskAsync(person);
        var settled = await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        Assert.Equal(SubjectOutcome.NotAvailableOutcome, Assert.Single(settled.Subjects).Outcome);
        Assert.Equal(Contracts.Identifiers.Sha256Digest.Zero, settled.Subjects[0].Digest);
    }

    [Fact]
    public async Task The_existing_system_is_not_asked_for_whom_no_automatic_answer_is_for()
    {
        await using var network = await StartAsync();
        await network.AskAsync(Withheld, Quarantined, Unknown, ManualOnly);
        Assert.Empty(network.Reads);
    }

    [Fact]
    public async Task Where_a_human_answers_everyone_is_pending_until_the_end_of_the_entrys_deadline_who_is_not_here_too()
    {
        await using var network = await StartAsync(new() { Prepare = AgentNetwork.AnswerTaxByHand });
        var fetched = await network.AskAsync(Known, Withheld, Quarantined, Unknown, NoRecord);
        var pending = fetched.Persons.Select(person => Assert.IsType<FetchedPerson.Pending>(person)).ToList();
        Assert.Single(pending.Select(person => person.Deadline).Distinct());
        Assert.InRange(pending[0].Deadline, network.ProviderClock.GetUtcNow() + TimeSpan.FromDays(7), network.ProviderClock.GetUtcNow() + TimeSpan.FromDays(8));
        Assert.Empty(network.Reads);
        var received = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received);
        Assert.All(received.Subjects, subject => Assert.Equal(SubjectOutcome.PendingOutcome, subject.Outcome));
    }

    private static async Task<AgentNetwork> StartAsync(AgentNetworkOptions? options = null)
    {
        var network = await AgentNetwork.StartAsync(options);
        await network.LinkAsync(Known, Withheld, Quarantined, ManualOnly, NoRecord);
        await network.LinkAtRequesterAsync(Unknown);
        await network.Provider.Agent.Links.MarkAsync(AgentNetwork.AtProvider(Withheld), withheld: true);
        await network.Provider.Agent.Links.MarkAsync(AgentNetwork.AtProvider(Quarantined), LinkState.Quarantined);
        await network.Provider.Agent.Links.MarkAsync(AgentNetwork.AtProvider(ManualOnly), manualOnly: true);
        network.Source = (request, _) => Task.FromResult<Items?>(
            AgentNetwork.NumberOf(request.Person) == NoRecord ? null : AgentNetwork.TaxOf(AgentNetwork.NumberOf(request.Person)));
        return network;
    }
}
