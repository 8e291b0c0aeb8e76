using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.V1;
using Xunit;
using static InfoLink.Tests.Manual.HandWorld;

namespace InfoLink.Tests.Manual;

/// <summary>Unknown, withheld, quarantined: through all that people decide they are one, to the requester, to the broker, and on the wire.</summary>
public sealed class WithheldTests
{
    [Fact]
    public async Task In_the_queue_nobody_may_be_answered_for_and_one_decision_is_left()
    {
        await using var world = await StartAsync();
        await world.PendingAsync(Hidden);
        var questions = await world.Queue.ListAsync();
        Assert.Equal(3, questions.Count);
        foreach (var question in questions)
        {
            Assert.Empty(question.Content!.Persons);
            Assert.Equal(QueueCause.Entry, question.Content.Cause);
            Assert.Contains("Nobody here", (await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.ApproveAsync(question.Number, Clerk))).Message, StringComparison.Ordinal);
            foreach (var telling in (DenialReason[])[DenialReason.Grounds, DenialReason.OtherAgency, DenialReason.ByLetter])
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => world.Queue.DenyAsync(question.Number, telling, Clerk));
            }
        }

        Assert.Empty(world.Network.Reads);
    }

    [Fact]
    public async Task They_are_alike_while_they_wait_when_they_are_denied_and_when_they_lapse()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync([Known, .. Hidden]);
        var waiting = (await world.Pending.CollectAsync(exchange)).Persons;
        Assert.Single(waiting.Select(person => Assert.IsType<FetchedPerson.Pending>(person).Deadline).Distinct());

        // A known person who is denied in the same way is like them, too.
        foreach (var question in await world.Queue.ListAsync())
        {
            await world.Queue.DenyAsync(question.Number, DenialReason.NotAvailable, Clerk);
        }

        var denied = (await world.Pending.CollectAsync(exchange)).Persons.Select(person => Assert.IsType<FetchedPerson.Refused>(person).Refusal).ToList();
        Assert.Equal((RefusalName.NotAvailable, ""), (denied[0].Name, denied[0].Detail));
        Assert.Single(denied.Distinct());

        // On the requester's and on the broker's record they differ in nothing but what is random.
        var received = (await AgentNetwork.AllOfAsync(world.Network.Requester)).Last(entry => entry.Open.Event == AccessEvent.Received);
        AssertAlike(received, SubjectOutcome.NotAvailableOutcome);
        await AgentNetwork.UntilAsync(world.Network.BrokerRecords, AccessEvent.Settled, times: 3);
        foreach (var settled in (await world.Network.AllOfBrokerAsync()).Where(entry => entry.Open.Event == AccessEvent.Settled))
        {
            AssertAlike(settled, settled.Subjects[0].Outcome);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_the_wire_they_have_one_shape_pending_and_decided(bool decided)
    {
        await using var world = await StartAsync();
        var network = world.Network.Network;
        var (yokohama, shapes) = (network.Requester, new List<string>());
        foreach (var person in (int[])[Known, .. Hidden])
        {
            var approved = await yokohama.AuthorizeAsync(yokohama.Ask(network.CodeOf(person)));
            var parts = await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(approved));
            if (decided)
            {
                var question = Assert.Single(await world.Queue.ListAsync());
                await world.Queue.DenyAsync(question.Number, DenialReason.NotAvailable, Clerk);
                var again = yokohama.Ask(network.CodeOf(person));
                again.Continues = Google.Protobuf.ByteString.CopyFrom(question.Exchange.ToArray());
                parts = await yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(await yokohama.AuthorizeAsync(again)));
            }

            Assert.Equal(2, parts.Count);
            shapes.Add($"{parts[1].Subject.Ciphertext.Length} {parts[1].Subject.Digest.Length} {parts[1].Subject.Signature.Length}");
        }

        Assert.Equal("1040 32 64", Assert.Single(shapes.Distinct(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task Who_is_released_from_quarantine_before_the_decision_can_be_answered()
    {
        await using var world = await StartAsync();
        var exchange = await world.PendingAsync(Quarantined);
        var number = Assert.Single(await world.Queue.ListAsync()).Number;
        await world.Network.Provider.Agent.Links.ReleaseAsync(Agent.Links.LocalId.Of(AgentNetwork.AtProvider(Quarantined)), Clerk);
        await world.Queue.ApproveAsync(number, Clerk);
        Assert.Equal("1000003", IncomeOf(await world.CollectOneAsync(exchange)));
    }

    [Fact]
    public async Task At_rest_neither_persons_nor_values_nor_conditions_stand_open()
    {
        await using var world = await StartAsync();
        var exchange = (await world.AskAsync(Tax with { CollectsItself = true }, Known)).ExchangeId!.Value;
        await world.Queue.ApproveAsync((await world.QuestionAsync(Known)).Number, Clerk);
        world.MakeDue();
        await world.Pending.LookAsync(CancellationToken.None);
        Assert.True(Assert.Single((await world.Pending.FindAsync(exchange))!.Persons).IsKept);
        await world.Network.StopAgentsAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var (agency, file, marks) in ((string, string, string[])[])
            [
                (NetworkFolder.Provider, "queue.db", ["S-1", "1000001", "claimant", "taxYear"]),
                (NetworkFolder.Requester, "pending.db", ["Y-1", "1000001", "claimant", "児童手当係", "2026-KJ-1"]),
            ])
        {
            foreach (var bytes in FilesInUse.ReadAll(() => Directory.EnumerateFiles(world.Network.Folder.AgencyPath(agency, "data"), file + "*")).Values)
            {
                Assert.All(marks, mark => Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(mark))));
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Agent.Links.LinkTable.Bytes(world.Network.Network.CodeOf(Known, agency))));
            }
        }
    }

    private static void AssertAlike(StoredEntry entry, SubjectOutcome outcome)
    {
        Assert.All(entry.Subjects, subject => Assert.Equal(outcome, subject.Outcome));
        Assert.All(entry.Subjects.Skip(2), subject => Assert.Equal(entry.Subjects[1].Record.CalculateSize(), subject.Record.CalculateSize(), tolerance: 4));
    }
}
