using System.Security.Cryptography;
using InfoLink.Agent;
using InfoLink.Agent.Calls;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Agent.Requesting;
using InfoLink.Broker.Codes;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Contracts.Trust;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency;
using InfoLink.Transparency.Sqlite;
using InfoLink.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace InfoLink.Tests.Rotation;

/// <summary>An agency's codes change as the member list says, while exchanges go on.</summary>
public sealed class CodeRotationTests
{
    private const int Persons = 20;

    [Theory]
    [InlineData(NetworkFolder.Requester)] // Whoever asks.
    [InlineData(NetworkFolder.Provider)] // Whoever is asked.
    [InlineData(NetworkFolder.Requester, NetworkFolder.Provider)]
    public async Task Codes_rotate_through_three_lists_and_no_exchange_fails(params string[] agencies)
    {
        await using var network = await AgentNetwork.StartAsync();
        Forget(network.Requester, network.Provider);
        await network.LinkAsync(Enumerable.Range(0, Persons));
        AgentHost[] hosts = [.. agencies.Select(agency => agency is NetworkFolder.Requester ? network.Requester : network.Provider)];
        Assert.Equal(Rotating.Next, network.Network.AddMaster());
        using var stop = new CancellationTokenSource();
        var exchanges = 0;
        var asking = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var asked = await network.AskAsync(exchanges % Persons);
                Assert.IsType<FetchedPerson.Answered>(asked.Persons[0]);
                Interlocked.Increment(ref exchanges);
            }
        });

        await SomeExchangesAsync();
        await network.Network.StepAsync(Rotating.Announced, agencies);
        await UntilAsync(hosts, (0, Persons, 0)); // Converted by itself: nobody asked it to.
        await SomeExchangesAsync();
        await network.Network.StepAsync(Rotating.Switched, agencies);
        await UntilAsync(hosts, (Persons, 0, 0));
        await SomeExchangesAsync();
        await network.Network.StepAsync(Rotating.Dropped, agencies);
        await UntilAsync(hosts, (Persons, 0, Persons));
        await SomeExchangesAsync();
        await stop.CancelAsync();
        await asking;

        // The codes are those of the same persons; the old ones are nobody's now.
        foreach (var (host, agency) in hosts.Zip(agencies))
        {
            var id = agency is NetworkFolder.Requester ? AgentNetwork.AtRequester(3) : AgentNetwork.AtProvider(3);
            Assert.Equal(network.Network.CodeOf(3, agency, Rotating.Next), await host.Agent.Links.CodeOfAsync(id, CancellationToken.None));
            Assert.Null(await host.Agent.Links.PersonOfAsync(network.Network.CodeOf(3, agency), CancellationToken.None));
            Assert.Equal([LinkChange.Linked, LinkChange.Rotated], (await host.Agent.Links.HistoryAsync(LocalId.Of(id))).Select(row => row.What));
            var renewed = (await network.AllOfBrokerAsync()).Where(entry => entry.Open.Event == AccessEvent.Renewed && string.Equals(entry.Open.Requester, agency, StringComparison.Ordinal)).ToList();
            Assert.Equal(Persons, renewed.Sum(entry => entry.Open.Count)); // Each person once, whatever came in between.
            Assert.All(renewed, entry => Assert.Empty(entry.Subjects));

            // And on record at the agency itself: each step before it began, with how many persons and none of them.
            Assert.Equal(
                [("convert link codes", "20 persons"), ("switch link codes", "20 persons"), ("destroy link codes of ended epochs", "20 persons")],
                (await AgentNetwork.AllOfAsync(host)).Select(entry => entry.Open.Act).Where(act => act is not null).Select(act => (act.What, act.Before)));
            Assert.All((await AgentNetwork.AllOfAsync(host)).Select(entry => entry.Open.Act).Where(act => act is not null), act => Assert.Equal(("automatic", $"code epoch {Rotating.Next}"), (act.Operator, act.About)));
        }

        async Task SomeExchangesAsync()
        {
            var before = Volatile.Read(ref exchanges);
            await Until.TrueAsync(() => asking.IsCompleted || Volatile.Read(ref exchanges) >= before + 10);
            if (asking.IsCompleted)
            {
                await asking; // Why it ended.
            }
        }
    }

    [Fact]
    public async Task Codes_of_an_epoch_that_was_dropped_are_refused_and_those_that_are_accepted_are_not()
    {
        await using var network = await TestNetwork.StartAsync();
        network.AddMaster();
        var (old, next) = (network.CodeOf(1), network.CodeOf(1, epoch: Rotating.Next));
        await AssertTakenAsync(old: true, next: false);
        await network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await AssertTakenAsync(old: true, next: true);
        await network.StepAsync(Rotating.Switched, NetworkFolder.Requester);
        await AssertTakenAsync(old: true, next: true);
        await network.StepAsync(Rotating.Dropped, NetworkFolder.Requester);
        await AssertTakenAsync(old: false, next: true);
        Assert.NotEmpty((await network.Bystander.AuthorizeAsync(network.Bystander.Ask(network.CodeOf(1, NetworkFolder.Bystander)))).Token); // Others notice nothing.

        async Task AssertTakenAsync(bool old, bool next)
        {
            foreach (var (code, taken) in ((LinkCode, bool)[])[(network.CodeOf(1), old), (network.CodeOf(1, epoch: Rotating.Next), next)])
            {
                var ask = network.Requester.Ask(code);
                if (taken)
                {
                    Assert.NotEmpty((await network.Requester.AuthorizeAsync(ask)).Token);
                }
                else
                {
                    await Refused.ByAsync(RefusalName.LinkCodeRefused, () => network.Requester.AuthorizeAsync(ask));
                }
            }
        }
    }

    [Fact]
    public async Task A_job_that_is_killed_in_the_middle_goes_on_where_it_stopped_and_its_counts_agree()
    {
        const int Many = 25_000;
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        Forget(network.Requester);
        network.Network.AddMaster();
        await network.Network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await Until.TrueAsync(() => network.Requester.Trust.Members.TryFind(AgencyId.Parse(NetworkFolder.Requester), out var own) && own.CodeEpochs.Next == Rotating.Next);
        var path = network.Folder.Path("many.db");
        var strange = new LinkCode(Rotating.Old, new byte[16]);
        await LinkTable.Open(path).WriteAsync(
            writing =>
            {
                foreach (var (code, i) in Codes(network.Folder, Many).Append(strange).Select((code, i) => (code, i)))
                {
                    writing.Put(LocalId.Of($"P-{i}"), code, LinkAct.ByProgram);
                }
            },
            CancellationToken.None);

        // Killed after its first page.
        using var kill = new CancellationTokenSource();
        var stood = new List<Agent.Linking.Rotation>();
        await using (var first = Job(network.Requester, LinkTable.Open(path)))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.RunAsync(again: false, new Telling<Agent.Linking.Rotation>(stand => { stood.Add(stand); kill.Cancel(); }), kill.Token));
        }

        Assert.Equal((Many + 1L, 10_000L, 0L, Many + 1L - 10_000L), (stood[0].Had, stood[0].Converted, stood[0].Refused, stood[0].Left));

        // Another process: the rest, and nobody twice.
        await using var second = Job(network.Requester, LinkTable.Open(path));
        var end = await second.RunAsync(again: false, new Telling<Agent.Linking.Rotation>(stood.Add), CancellationToken.None);
        Assert.Equal((Many + 1L, (long)Many, 1L, 0L), (end.Had, end.Converted, end.Refused, end.Left));
        Assert.All(stood.Append(end), stand => Assert.True(stand.Agrees));
        Assert.Equal([10_000L, 20_000L, Many], stood.Select(stand => stand.Converted));
        Assert.Equal(
            [$"{Many + 1} persons", $"{Many + 1 - 10_000} persons"],
            (await AgentNetwork.AllOfAsync(network.Requester)).Where(entry => entry.Open.Act is { What: "convert link codes" }).Select(entry => entry.Open.Act.Before),
            StringComparer.Ordinal);
        var renewed = (await network.AllOfBrokerAsync()).Where(entry => entry.Open.Event == AccessEvent.Renewed).Sum(entry => entry.Open.Count);
        Assert.Equal(Many, renewed);

        // The clerk finds who was refused; the link is as it was.
        var table = LinkTable.Open(path);
        Assert.Equal(strange, await table.CodeOfAsync($"P-{Many}", CancellationToken.None));
        Assert.Equal([LinkChange.Linked, LinkChange.RotationRefused], (await table.HistoryAsync(LocalId.Of($"P-{Many}"))).Select(row => row.What));
    }

    [Fact]
    public async Task Whoever_was_refused_is_asked_for_once_more_on_demand_and_never_by_itself()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        Forget(network.Requester);
        await network.Requester.Agent.Links.PutAsync("P-1", new LinkCode(Rotating.Old, new byte[16]));
        network.Network.AddMaster();
        await network.Network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await EventuallyRefusedAsync(1);
        var stand = await network.Requester.Agent.RotateAsync();
        Assert.Equal((1L, 0L, 1L, 0L), (stand.Had, stand.Converted, stand.Refused, stand.Left));
        await EventuallyRefusedAsync(2);

        async Task EventuallyRefusedAsync(int times) => await Until.TrueAsync(() => network.Requester.Agent.Links.HistoryAsync(LocalId.Of("P-1")).GetAwaiter().GetResult()
            .Count(row => row.What == LinkChange.RotationRefused) == times);
    }

    [Fact]
    public async Task An_agent_that_was_off_while_the_list_switched_and_dropped_does_both_at_its_start()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        Forget(network.Requester);
        await network.LinkAsync(1);
        network.Network.AddMaster();
        await network.Network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await UntilAsync([network.Requester], (0, 1, 0));
        await network.StopRequesterAsync();
        await network.Network.StepAsync(Rotating.Switched, NetworkFolder.Requester);
        await network.Network.StepAsync(Rotating.Dropped, NetworkFolder.Requester);
        await network.StartRequesterAsync();
        await UntilAsync([network.Requester], (1, 0, 1));
        Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
    }

    [Fact]
    public async Task An_agent_that_has_the_list_before_the_broker_goes_on_when_the_broker_has_it_too()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        Forget(network.Requester);
        network.Network.AddMaster();
        Rotating.Write(network.Folder, Rotating.Announced, "", NetworkFolder.Requester);
        var list = network.Folder.Sign(DocumentKind.Members);
        var table = LinkTable.Open(network.Folder.Path("early.db"));
        await table.PutAsync("P-1", network.Network.CodeOf(1));
        Assert.True(network.Requester.Trust.Folder.Accept(list)); // It heard it from another broker.
        await using var job = Job(network.Requester, table, loggers: network.Network.Journal.Loggers);
        job.Start();
        await Until.TrueAsync(() => network.Network.Journal.Lines.Any(line => line.Text.Contains("does not have this member list yet", StringComparison.Ordinal)));
        Assert.Equal(new CodeCounts(1, 0, 0, 1), await table.CountCodesAsync(Rotating.Next, CancellationToken.None));
        await network.Network.Broker.Acts.PublishAsync("tanaka", list);
        await Until.TrueAsync(() => table.CountCodesAsync(Rotating.Next, CancellationToken.None).GetAwaiter().GetResult() is { Converted: 1, Left: 0 });
    }

    [Fact]
    public async Task A_step_that_cannot_be_recorded_is_not_begun()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false, Witnessed = false });
        Forget(network.Requester);
        network.Network.AddMaster();
        await network.Network.StepAsync(Rotating.Announced, NetworkFolder.Requester);
        await Until.TrueAsync(() => network.Requester.Trust.Members.TryFind(AgencyId.Parse(NetworkFolder.Requester), out var own) && own.CodeEpochs.Next == Rotating.Next);
        var table = LinkTable.Open(network.Folder.Path("unrecorded.db"));
        await table.PutAsync("P-1", network.Network.CodeOf(1));
        using var key = Ed25519PrivateKey.FromSeed(RandomNumberGenerator.GetBytes(32));
        var store = new FaultyEntryStore(SqliteEntryStore.Open(network.Folder.Path("unrecorded-log.db"), "log.example"));
        await using var log = await Transparency.AccessLog.OpenAsync(store, new NoteSigner("log.example", NoteKeyKind.Log, key), TimeProvider.System, NullLogger<Transparency.AccessLog>.Instance);
        await using var job = Job(network.Requester, table, log);
        store.Fault = Fault.Lost;
        await Assert.ThrowsAsync<LogUnavailableException>(() => job.RunAsync(again: false, progress: null, CancellationToken.None));
        Assert.Equal(1, (await table.CountCodesAsync(Rotating.Next, CancellationToken.None)).Left);
        Assert.DoesNotContain(await network.AllOfBrokerAsync(), entry => entry.Open.Event == AccessEvent.Renewed);
    }

    /// <summary>The sample's own persons are in nobody's count.</summary>
    private static void Forget(params IEnumerable<AgentHost> hosts)
    {
        foreach (var host in hosts)
        {
            using var connection = host.Agent.Links.Connect();
            using var command = connection.CreateCommand();
            command.CommandText = "DELETE FROM person; DELETE FROM local_id";
            command.ExecuteNonQuery();
        }
    }

    private static CodeRotation Job(AgentHost agent, LinkTable table, Transparency.AccessLog? log = null, ILoggerFactory? loggers = null)
    {
        var calls = new LinkCalls(agent.Channels, agent.Trust, new CallPolicies(TimeProvider.System));
        var acts = new ActRecords(log ?? agent.Log, NetworkFolder.Requester, TimeProvider.System);
        return new CodeRotation(agent.Trust, table, new CodeRenewal(agent.Trust, calls, agent.Certificates, TimeProvider.System), acts, TimeProvider.System, (loggers ?? NullLoggerFactory.Instance).CreateLogger<CodeRotation>())
        {
            Pause = TimeSpan.FromMilliseconds(100),
        };
    }

    private static LinkCode[] Codes(NetworkFolder folder, int count)
    {
        using var masters = new CodeMasters();
        masters.Add(Rotating.Old, KeyFile.ReadKey(folder.Path("broker", "keys", "masters", $"{Rotating.Old}.key")));
        var codes = new LinkCode[count];
        new LinkCodeCipher(masters).EncodeAll([.. Enumerable.Range(0, count).Select(TestNetwork.Person)], AgencyId.Parse(NetworkFolder.Requester), Rotating.Old, codes);
        return codes;
    }

    /// <summary>Waits for tables with so many codes of the next epoch in use, beside the old one, and so many old ones destroyed.</summary>
    private static async Task UntilAsync(IEnumerable<AgentHost> hosts, (long InUse, long Beside, long Destroyed) expected)
    {
        foreach (var host in hosts)
        {
            await Until.TrueAsync(() => Read(host) == expected);
        }

        static (long InUse, long Beside, long Destroyed) Read(AgentHost host)
        {
            using var connection = host.Agent.Links.Connect();
            using var command = connection.CreateCommand();
            command.CommandText = $"""
                SELECT COALESCE(SUM(substr(link_code, 1, 1) = x'{Rotating.Next:x2}'), 0), COALESCE(SUM(substr(other_code, 1, 1) = x'{Rotating.Next:x2}'), 0),
                  (SELECT COALESCE(SUM(destroyed), 0) FROM link_code_end) FROM person
                """;
            using var row = command.ExecuteReader();
            row.Read();
            return (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        }
    }
}
