using System.Diagnostics.Metrics;
using InfoLink.Agent;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources.Replicas;
using InfoLink.Tests.EndToEnd;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.Sources.Replicas;

/// <summary>Exchanges over the wire that are answered from a replica, while the system that delivered it sleeps.</summary>
public sealed class ReplicaExchangeTests : IAsyncLifetime
{
    private const int Known = 1;
    private const int Withheld = 2;
    private const int NoRecord = 3;
    private const int Unknown = 4;
    private readonly TemporaryFolder _files = new();
    private AgentNetwork _network = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await AgentNetwork.StartAsync(new AgentNetworkOptions
        {
            Kinds = [],
            Witnessed = false,
            Provider = options => options.Sources.Add(new SourceOptions
            {
                Kind = Asked.Tax,
                Replica = new ReplicaOptions { Key = "atena", TaxYear = "nendo", RefuseAfterHours = 20, MaxAgeHours = 10 },
                Map = ReplicaWorld.Map(),
            }),
        });
        await _network.LinkAsync(Known, Withheld, NoRecord);
        await _network.LinkAtRequesterAsync(Unknown);
        await _network.Provider.Agent.Links.MarkAsync(AgentNetwork.AtProvider(Withheld), withheld: true);
        _network.Network.Journal.Expect("did not answer", "too old to answer from");
    }

    public async ValueTask DisposeAsync()
    {
        await _network.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task A_running_agent_answers_from_what_was_delivered_last()
    {
        await ImportAsync(1);
        Assert.Equal("1", await IncomeAsync());
        await ImportAsync(2);
        Assert.Equal("2", await IncomeAsync());
        await _network.Provider.Agent.Replicas.RecallAsync(Asked.Tax, "税務係", "昨年度の表");
        Assert.Equal("1", await IncomeAsync());
        Assert.Equal(
            ["import replica", "import replica", "recall replica"],
            (await AgentNetwork.AllOfAsync(_network.Provider)).Where(entry => entry.Open.Event == AccessEvent.Act).Select(entry => entry.Open.Act.What),
            StringComparer.Ordinal);

        await _network.StopProviderAsync();
        await _network.StartProviderAsync();
        Assert.Equal("1", await IncomeAsync());
    }

    [Fact]
    public async Task Where_nothing_can_be_answered_everybody_hears_the_same()
    {
        Assert.Equal("SOURCE-UNAVAILABLE", Assert.Single(await OutcomesAsync()));
        await ImportAsync(1);
        await _network.AskAsync(Known); // That it has just failed is remembered until somebody is answered.
        Assert.Equal(["answered", "NOT-AVAILABLE", "NOT-AVAILABLE", "NOT-AVAILABLE"], await AllAsync());
        await _network.Provider.Agent.Replicas.RecallAsync(Asked.Tax, "税務係", "昨年度の表");
        Assert.Equal("SOURCE-UNAVAILABLE", Assert.Single(await OutcomesAsync()));

        async Task<IEnumerable<string>> OutcomesAsync() => (await AllAsync()).Distinct(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Its_age_is_told_once_in_the_log_and_shown_to_metrics_and_ends_its_answers()
    {
        await ImportAsync(1);
        var journal = new Fixtures.Journal(); // The agent's own watch has its own minute.
        await using var watch = new ReplicaWatch(_network.Provider.Agent.Replicas, _network.ProviderClock, journal.Loggers.CreateLogger<ReplicaWatch>());
        watch.Look();
        _network.ProviderClock.Shift(TimeSpan.FromHours(11));
        watch.Look();
        watch.Look();
        Assert.InRange(Age(watch), 11 * 3_600, (11 * 3_600) + 600);
        _network.ProviderClock.Shift(TimeSpan.FromHours(21));
        watch.Look();
        _network.ProviderClock.Shift(TimeSpan.Zero);
        watch.Look();
        Assert.Equal(
            [LogLevel.Warning, LogLevel.Error, LogLevel.Information],
            journal.Lines.Where(line => line.Text.Contains($"replica '{Asked.Tax}'", StringComparison.Ordinal) && line.Text.Contains("exported at", StringComparison.Ordinal)).Select(line => line.Level));

        static long Age(ReplicaWatch watch)
        {
            long age = -1;
            using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => Enable(instrument, listener, watch) };
            listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => age = instrument.Name.EndsWith(".age", StringComparison.Ordinal) ? value : age);
            listener.Start();
            listener.RecordObservableInstruments();
            return age;
        }

        static void Enable(Instrument instrument, MeterListener listener, ReplicaWatch watch)
        {
            if (instrument.Meter == watch.Meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
    }

    private Task<ReplicaStanding> ImportAsync(int income)
    {
        var path = _files.Path($"{income}.csv");
        File.WriteAllText(path, $"{ReplicaWorld.Heading}\n{ReplicaWorld.Line(AgentNetwork.AtProvider(Known), income)}\n{ReplicaWorld.Line(AgentNetwork.AtProvider(Withheld))}\n");
        return _network.Provider.Agent.Replicas.ImportAsync(new DeliveryWish(Asked.Tax, path, "税務係") { AsOf = _network.ProviderClock.GetUtcNow() });
    }

    private async Task<string> IncomeAsync() =>
        Assert.IsType<FetchedPerson.Answered>((await _network.AskAsync(Known)).Persons[0]).Kinds.Value(Asked.Tax, "total-income")!;

    private async Task<List<string>> AllAsync() => [.. (await _network.AskAsync(Known, Withheld, NoRecord, Unknown)).Persons.Select(person => person is FetchedPerson.Refused refused ? refused.Refusal.Text : "answered")];
}
