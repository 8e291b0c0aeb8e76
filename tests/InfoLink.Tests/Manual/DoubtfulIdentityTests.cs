using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Xunit;
using BasicAttributes = InfoLink.Matching.BasicAttributes;

namespace InfoLink.Tests.Manual;

/// <summary>An entry that is answered automatically, but for the person whom the identity check leaves in doubt.</summary>
public sealed class DoubtfulIdentityTests
{
    private static readonly BasicAttributes Before = new() { Kana = "ジンブツ イチ", BirthDate = "1990-01-01", Sex = "2" };

    [Fact]
    public async Task People_decide_and_what_they_approve_is_collected_in_spite_of_the_doubt()
    {
        var here = new Person { Attributes = Before };
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Witnessed = false,
            Prepare = AgentNetwork.CheckIdentityForTax,
            PersonsAtRequester = here,
            PersonsAtProvider = new Person { Attributes = Before with { Kana = "ケッコン シタ" } },
        });
        await network.LinkAsync(1);
        var exchange = await DoubtedAsync(network);
        var question = Assert.Single(await network.Provider.Agent.Queue.ListAsync(), question => question.Exchange == exchange);
        Assert.Equal(QueueCause.DoubtfulIdentity, question.Content!.Cause);
        Assert.Empty(network.Reads);
        await network.Provider.Agent.Queue.ApproveAsync(question.Number, HandWorld.Clerk);
        Assert.Equal("1000001", HandWorld.IncomeOf(Assert.Single((await network.Requester.Agent.Pending.CollectAsync(exchange)).Persons)));

        // Whoever it is then by the check, gets nothing.
        here.Attributes = Before with { BirthDate = "1971-07-07", Kana = "ベツジン" };
        for (var again = 0; again < 3; again++)
        {
            // A tag has eight bits: one question in 256 takes somebody else for her.
            if (Assert.Single((await network.Requester.Agent.Pending.CollectAsync(exchange)).Persons) is FetchedPerson.Refused refused)
            {
                Assert.Equal(RefusalName.IdentityMismatch, refused.Refusal.Name);
                return;
            }
        }

        Assert.Fail("Somebody else was answered for.");
    }

    private static async Task<Contracts.Identifiers.ExchangeId> DoubtedAsync(AgentNetwork network)
    {
        for (var again = 0; again < 3; again++)
        {
            var fetched = await network.AskAsync(1);
            if (fetched.Persons[0] is FetchedPerson.Pending)
            {
                return fetched.ExchangeId!.Value;
            }
        }

        throw new InvalidOperationException("Three times in a row two names had one tag.");
    }

    private sealed class Person : IPersonSource
    {
        public required BasicAttributes Attributes { get; set; }

        public Task<BasicAttributes?> FindAsync(string person, CancellationToken cancellation) => Task.FromResult<BasicAttributes?>(person.EndsWith("-1", StringComparison.Ordinal) ? Attributes : null);
    }
}
