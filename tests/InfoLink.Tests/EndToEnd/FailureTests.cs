using System.Net;
using InfoLink.Agent.Requesting;
using InfoLink.Agent.Sources;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>What was asked for and did not come has a name, and stands in the requester's log under it.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task The_provider_is_away()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        await AssertFailsAsync(network, RefusalName.ProviderUnreachable, exchangeNamed: true);
        Assert.Equal([AccessEvent.Approved], (await network.AllOfBrokerAsync()).Select(entry => entry.Open.Event));
    }

    [Fact]
    public async Task The_broker_is_away()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.Network.StopBrokerAsync();
        await AssertFailsAsync(network, RefusalName.BrokerUnreachable, exchangeNamed: false);
        Assert.Empty(network.Reads);
    }

    [Fact]
    public async Task The_brokers_reply_to_the_provider_is_lost_again_and_again()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        network.Bent.Redeeming = (_, reply, context) =>
        {
            BentBroker.HangUp(context);
            return Task.FromResult(reply);
        };
        network.Network.Journal.Expect("Hung up");
        await AssertFailsAsync(network, RefusalName.AnswerLost, exchangeNamed: true);
        Assert.Empty(network.Reads);
        Assert.Equal(RefusalName.AnswerLost, (await AgentNetwork.OneAsync(network.Provider.Log.Store, AccessEvent.Refused)).Open.Refusal);
        Assert.Equal(1, network.SpentTokens());
    }

    [Fact]
    public async Task The_connection_breaks_while_the_provider_answers_and_nobody_asks_it_twice()
    {
        TcpRelay? relay = null;
        await using var network = await AgentNetwork.StartAsync(new()
        {
            Witnessed = false,
            Prepare = folder =>
            {
                var provider = new Uri("https://" + folder.AgentOptions(NetworkFolder.Provider).Listen);
                relay = new TcpRelay(provider);
                folder.Redirect(NetworkFolder.Provider, relay.Address);
            },
        });
        await using var wire = relay!;
        await network.LinkAsync(1);
        network.Source = async (_, stop) =>
        {
            wire.Cut();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            return null;
        };
        await AssertFailsAsync(network, RefusalName.AnswerLost, exchangeNamed: true);

        // The provider, too, says what came of the token; and it was one token, asked for once, sent once.
        var lost = await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Failed);
        Assert.Equal(RefusalName.AnswerLost, lost.Open.Refusal);
        Assert.Single(network.Reads);
        Assert.Equal(1, wire.Connections);
        Assert.Equal([AccessEvent.Approved, AccessEvent.Redeemed], (await network.AllOfBrokerAsync()).Select(entry => entry.Open.Event));
    }

    [Fact]
    public async Task The_existing_system_is_too_slow()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        network.Network.Journal.Expect("did not answer");
        var asked = new TaskCompletionSource();
        network.Source = async (_, stop) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, network.ProviderClock, stop);
            return null;
        };
        var asking = network.AskAsync(1);
        await asked.Task.WaitAsync(TestNetwork.Patience);
        network.ProviderClock.Leap(TimeSpan.FromSeconds(10));
        var fetched = await asking.WaitAsync(TestNetwork.Patience);
        Assert.Equal(RefusalName.SourceUnavailable, Assert.IsType<FetchedPerson.Refused>(fetched.Persons[0]).Refusal.Name);
        Assert.Equal(SubjectOutcome.RefusedOutcome, (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Received)).Subjects[0].Outcome);
    }

    [Fact]
    public async Task The_whole_answer_is_too_slow()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        var asked = new TaskCompletionSource();
        network.Source = async (_, stop) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, network.ProviderClock, stop);
            return null;
        };
        var asking = Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        await asked.Task.WaitAsync(TestNetwork.Patience);
        network.RequesterClock.Leap(TimeSpan.FromSeconds(60));
        Assert.Equal(RefusalName.DeadlineExceeded, (await asking.WaitAsync(TestNetwork.Patience)).Refusal.Name);
        Assert.Equal(RefusalName.DeadlineExceeded, (await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed)).Open.Refusal);
        Assert.Equal(RefusalName.AnswerLost, (await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Failed)).Open.Refusal);
    }

    [Fact]
    public async Task Another_member_stands_at_the_providers_port_and_never_sees_the_token()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        using var identity = network.Folder.IdentityOf(NetworkFolder.Bystander);
        using var certificates = new LeafCertificates(identity, TimeProvider.System);
        await using var impostor = new ImpostorServer(IPEndPoint.Parse(network.Folder.AgentOptions(NetworkFolder.Provider).Listen), certificates.Current);
        await AssertFailsAsync(network, RefusalName.PeerMismatch, exchangeNamed: true);
        Assert.True(impostor.Visits > 0);
        Assert.Equal(0, impostor.Told);
    }

    [Fact]
    public async Task A_signing_certificate_of_the_provider_does_not_make_a_server_of_it()
    {
        await using var network = await AgentNetwork.StartAsync(new() { WithProvider = false });
        await network.LinkAtRequesterAsync(1);
        using var identity = network.Folder.IdentityOf(NetworkFolder.Provider);
        using var own = new LeafCertificates(identity, TimeProvider.System);
        using var crossed = new LeafGeneration(identity.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow()), identity.IssueLeaf(LeafPurpose.Signing, TimeProvider.System.GetUtcNow()), DateTimeOffset.MaxValue);
        await using var impostor = new ImpostorServer(IPEndPoint.Parse(network.Folder.AgentOptions(NetworkFolder.Provider).Listen), crossed);
        await AssertFailsAsync(network, RefusalName.PeerMismatch, exchangeNamed: true);
        Assert.Equal(0, impostor.Told);
    }

    [Fact]
    public async Task Another_member_stands_at_the_brokers_port_and_never_sees_a_code()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        await network.Network.StopBrokerAsync();
        using var identity = network.Folder.IdentityOf(NetworkFolder.Bystander);
        using var certificates = new LeafCertificates(identity, TimeProvider.System);
        await using var impostor = new ImpostorServer(IPEndPoint.Parse(network.Folder.BrokerOptions().Listen), certificates.Current);
        await AssertFailsAsync(network, RefusalName.PeerMismatch, exchangeNamed: false);
        Assert.Equal(0, impostor.Told);
    }

    [Fact]
    public async Task The_asker_gives_up_and_that_is_on_record()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        using var patience = new CancellationTokenSource();
        network.Source = async (_, stop) =>
        {
            await patience.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            return null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.AskAsync(patience.Token, 1).WaitAsync(TestNetwork.Patience));
        var failed = await AgentNetwork.OneAsync(network.Requester.Log.Store, AccessEvent.Failed);
        Assert.Equal(RefusalName.AnswerLost, failed.Open.Refusal);
        Assert.Equal(16, failed.Open.ExchangeId.Length);
        Assert.Equal(RefusalName.AnswerLost, (await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Failed)).Open.Refusal);
    }

    [Fact]
    public async Task A_requester_that_goes_away_while_the_provider_redeems_is_on_the_providers_record()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.LinkAsync(1);
        using var patience = new CancellationTokenSource();
        network.Bent.Redeeming = async (_, reply, _) =>
        {
            await patience.CancelAsync();
            await AgentNetwork.UntilAsync(network.Requester.Log.Store, AccessEvent.Failed); // It has gone away for good.
            return reply;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.AskAsync(patience.Token, 1).WaitAsync(TestNetwork.Patience));
        Assert.Equal(RefusalName.AnswerLost, (await AgentNetwork.UntilAsync(network.Provider.Log.Store, AccessEvent.Failed)).Open.Refusal);
        await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Redeemed);
        Assert.Single(network.Bent.Redeems);
    }

    [Fact]
    public async Task Without_its_own_log_a_requester_asks_nobody()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        network.Network.Journal.Expect("access log could not write");
        Break(network, NetworkFolder.Requester);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.LogUnavailable, refused.Refusal.Name);
        Assert.Empty(await network.AllOfBrokerAsync());
    }

    [Fact]
    public async Task Without_its_own_log_a_requester_hands_nothing_over()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        network.Network.Journal.Expect("access log could not write");
        network.Source = (_, _) =>
        {
            Break(network, NetworkFolder.Requester);
            return Task.FromResult<Items?>(AgentNetwork.TaxOf(1));
        };
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.LogUnavailable, refused.Refusal.Name);
    }

    [Fact]
    public async Task Without_its_own_log_a_provider_lets_no_value_go()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        network.Network.Journal.Expect("access log could not write", "Settling could not go on");
        network.Source = (_, _) =>
        {
            Break(network, NetworkFolder.Provider);
            return Task.FromResult<Items?>(AgentNetwork.TaxOf(1));
        };
        await AssertFailsAsync(network, RefusalName.LogUnavailable, exchangeNamed: true);
        Assert.DoesNotContain(await network.AllOfBrokerAsync(), entry => entry.Open.Event == AccessEvent.Settled);
    }

    [Fact]
    public async Task Without_its_ledger_a_provider_redeems_nothing()
    {
        await using var network = await AgentNetwork.StartAsync();
        await network.LinkAsync(1);
        network.Network.Journal.Expect("The ledger of spent tokens cannot be written");
        using (var ledger = new SqliteConnection($"Data Source={network.Folder.AgencyPath(NetworkFolder.Provider, "data/ledger.db")};Pooling=false"))
        {
            ledger.Open();
            Dapper.SqlMapper.Execute(ledger, "DROP TABLE spent");
        }

        await AssertFailsAsync(network, RefusalName.LogUnavailable, exchangeNamed: true);
        Assert.Empty(network.Reads);
        Assert.DoesNotContain(await network.AllOfBrokerAsync(), entry => entry.Open.Event == AccessEvent.Redeemed);
    }

    [Fact]
    public async Task Clocks_of_the_requester_that_are_minutes_off_do_no_harm()
    {
        foreach (var off in (int[])[-4, 4])
        {
            await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
            await network.LinkAsync(1);
            network.RequesterClock.Shift(TimeSpan.FromMinutes(off));
            Assert.IsType<FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);
        }
    }

    /// <summary>From now on nothing more can be written to the agency's log.</summary>
    private static void Break(AgentNetwork network, string agency)
    {
        using var log = new SqliteConnection($"Data Source={network.Folder.AgencyPath(agency, "data/access-log.db")};Pooling=false");
        log.Open();
        Dapper.SqlMapper.Execute(log, "CREATE TRIGGER broken BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'disk full'); END");
    }

    private static async Task AssertFailsAsync(AgentNetwork network, RefusalName name, bool exchangeNamed)
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => network.AskAsync(1).WaitAsync(TestNetwork.Patience));
        Assert.Equal(name, refused.Refusal.Name);
        var records = await AgentNetwork.AllOfAsync(network.Requester);
        Assert.Equal([AccessEvent.Asked, AccessEvent.Failed], records.Select(entry => entry.Open.Event));
        Assert.Equal(name, records[1].Open.Refusal);
        Assert.Equal(AgentNetwork.Clerk.Use, records[1].Particulars?.Use);
        Assert.Single(records[1].Subjects);
        Assert.Equal(exchangeNamed ? 16 : 0, records[1].Open.ExchangeId.Length);
        Assert.Equal(32, records[1].Open.RequestCommitment.Length);
    }
}
