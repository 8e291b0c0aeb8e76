using Dapper;
using InfoLink.Agent;
using InfoLink.Agent.Links;
using InfoLink.Agent.Manual;
using InfoLink.Agent.Requesting;
using InfoLink.Contracts.Identifiers;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using Microsoft.Data.Sqlite;
using Xunit;
using InquiryConditions = InfoLink.Contracts.Catalog.InquiryConditions;

namespace InfoLink.Tests.Manual;

/// <summary>Two agencies under an entry that people answer: Yokohama asks, people in Setagaya decide.</summary>
internal sealed class HandWorld : IAsyncDisposable
{
    public const int Known = 1;
    public const int Withheld = 2;
    public const int Quarantined = 3;
    public const int Unknown = 4;
    public const int ManualOnly = 5;
    public static readonly LinkAct Clerk = new("課税課 甲", "確認した");
    public static readonly LinkAct Second = new("課税課 乙", "再確認した");
    public static readonly int[] Hidden = [Withheld, Quarantined, Unknown];

    private HandWorld(AgentNetwork network) => Network = network;

    public AgentNetwork Network { get; }

    public AnswerQueue Queue => Network.Provider.Agent.Queue;

    public PendingAnswers Pending => Network.Requester.Agent.Pending;

    public static async Task<HandWorld> StartAsync(Action<AgentOptions>? provider = null, Action<AgentOptions>? requester = null)
    {
        var network = await AgentNetwork.StartAsync(new() { Witnessed = false, Prepare = AgentNetwork.AnswerTaxByHand, Provider = provider, Requester = requester });
        await network.LinkAsync(Known, Withheld, Quarantined, ManualOnly);
        await network.LinkAtRequesterAsync(Unknown);
        var links = network.Provider.Agent.Links;
        await links.MarkAsync(AgentNetwork.AtProvider(Withheld), withheld: true);
        await links.MarkAsync(AgentNetwork.AtProvider(Quarantined), LinkState.Quarantined);
        await links.MarkAsync(AgentNetwork.AtProvider(ManualOnly), manualOnly: true);
        return new HandWorld(network);
    }

    public static Inquiry Tax => new()
    {
        Entry = EntryId.Parse(AgentNetwork.TaxEntry),
        Provider = AgencyId.Parse(NetworkFolder.Provider),
        Role = SubjectRole.Parse("claimant"),
        Conditions = new InquiryConditions { TaxYear = 2026 },
    };

    public Task<Fetched> AskAsync(Inquiry inquiry, params IEnumerable<int> persons) =>
        Network.Requester.Agent.FetchAsync([.. persons.Select(AgentNetwork.AtRequester)], inquiry, AgentNetwork.Clerk);

    /// <summary>Asks, and everybody's answer is pending.</summary>
    public async Task<ExchangeId> PendingAsync(params int[] persons)
    {
        var fetched = await AskAsync(Tax, persons);
        Assert.All(fetched.Persons, person => Assert.IsType<FetchedPerson.Pending>(person));
        return fetched.ExchangeId!.Value;
    }

    /// <summary>The question about one person of the network in the provider's queue.</summary>
    public async Task<QueuedQuestion> QuestionAsync(int person) => Assert.Single(
        await Queue.ListAsync(all: true), question => question.Content!.Persons.Contains(LocalId.Of(AgentNetwork.AtProvider(person))));

    public async Task<FetchedPerson> CollectOneAsync(ExchangeId exchange) => Assert.Single((await Pending.CollectAsync(exchange)).Persons);

    public static string? IncomeOf(FetchedPerson person) => Assert.IsType<FetchedPerson.Answered>(person).Kinds.Value("municipal-inhabitant-tax", "total-income");

    /// <summary>What was asked to collect itself is due.</summary>
    public void MakeDue()
    {
        using var store = new SqliteConnection($"Data Source={Network.Folder.AgencyPath(NetworkFolder.Requester, "data/pending.db")};Pooling=false");
        store.Execute("UPDATE pending_exchange SET next_ms = 0");
    }

    public ValueTask DisposeAsync() => Network.DisposeAsync();
}
