using InfoLink.Audit.Bundles;
using InfoLink.Audit.Reconciling;
using InfoLink.Contracts.Identifiers;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Membership;
using InfoLink.Contracts.Refusals;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Tests.Providing;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Xunit;

namespace InfoLink.Tests.Threats;

/// <summary>
/// Design §6, row 5: the broker and one agency work together, against honest ones. Whatever they sign for one another, the honest side decides on a list and
/// a catalog that neither can sign.
/// </summary>
public sealed class BrokerAndAgencyTests
{
    private const string Invented = "999999";

    [Fact]
    public async Task A_member_that_the_broker_invents_is_nobody_to_the_honest_agencies()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        using var identity = IdentityKey.Create(SpiffeName.ForAgency(NetworkFolder.Platform, AgencyId.Parse(Invented)));
        using var leaf = identity.IssueLeaf(LeafPurpose.Tls, TimeProvider.System.GetUtcNow());
        var list = network.Folder.Members();
        list.TryFind(AgencyId.Parse(NetworkFolder.Requester), out var like);
        network.Bent.Believe(new MemberList(
            list.Version, list.Sha256.Span, list.Platform, list.Broker, [.. list.Members, like! with { Id = AgencyId.Parse(Invented), IdentityKey = identity.PublicKey, Logs = [], WitnessKey = null }], list.Quorum)
        {
            Expires = list.Expires,
        });

        using var atBroker = new BareClient(new Uri($"https://{network.Folder.BrokerOptions().Listen}"), leaf);
        var approval = await atBroker.Broker.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1, Invented)));
        Assert.NotEmpty(approval.Token);
        foreach (var honest in (Agent.AgentHost[])[network.Provider, kawasaki.Host])
        {
            using var client = new BareClient(honest.Endpoint, leaf);
            var fault = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () =>
            {
                using var call = client.Peer.Fetch(network.Network.Requester.Fetch(approval));
                await call.ResponseStream.MoveNext(CancellationToken.None);
            });
            Assert.Equal(RefusalName.MemberUnknown, RefusalWire.TryRead(fault)?.Name);
        }

        Assert.Equal((0, 0), (network.SpentTokens(), network.Reads.Count));
        await kawasaki.AskAsync();
        await kawasaki.AssertUntouchedAsync();
    }

    [Fact]
    public async Task An_accomplice_that_believes_everything_gets_nothing_from_an_honest_third_agency()
    {
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        network.Network.Journal.Expect("ALARM: the log");
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await network.LinkAsync(1);
        var yokohama = network.Network.Requester;
        using var forge = new TokenForge(network.Folder);

        // Under a catalog of their own, and under the true one's name.
        network.Bent.Believe(BrokerTests.WithKind(network, "unemployment-benefit"));
        var question = OfKawasaki(network, yokohama);
        question.Kinds.Add("unemployment-benefit");
        var approval = await yokohama.AuthorizeAsync(question);
        Assert.StartsWith("CATALOG-MISMATCH", await FetchedAsync(yokohama, yokohama.Fetch(approval)), StringComparison.Ordinal);
        network.Bent.Believe(network.Folder.Catalog());

        // With an approval that stands in no log, and with one in a log that only they have.
        var bare = yokohama.Fetch(await yokohama.AuthorizeAsync(OfKawasaki(network, yokohama)));
        TokenForge.Put(bare, forge.Resign(bare.Token, _ => { }, _ => { }));
        Assert.StartsWith("RECEIPT-INVALID", await FetchedAsync(yokohama, bare), StringComparison.Ordinal);
        await network.Bent.HideAsync();
        Assert.Contains(
            await FetchedAsync(yokohama, yokohama.Fetch(await yokohama.AuthorizeAsync(OfKawasaki(network, yokohama)))), (string[])["LOG-STALE", "LOG-FORKED"], StringComparer.Ordinal);
        var last = (await AgentNetwork.AllOfAsync(kawasaki.Host))[^1].Open.Refusal;
        await kawasaki.AssertRefusedAllAsync(RefusalName.CatalogMismatch, RefusalName.ReceiptInvalid, last);
    }

    [Fact]
    public async Task What_the_row_allows_they_can_ask_about_anybody_on_record_until_the_asked_agency_cuts_it_off_by_itself()
    {
        // Cannot be prevented: the broker can make Yokohama's code for a person whom Yokohama does not know. It is an exchange like any other:
        // approved, on record under the person's tag, where she and a warrant find it; and without an ASKED of Yokohama's it does not reconcile.
        await using var network = await AgentNetwork.StartAsync(new() { BendBroker = true });
        await network.Provider.Agent.Links.PutAsync(AgentNetwork.AtProvider(7), network.Network.CodeOf(7, NetworkFolder.Provider));
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        var yokohama = network.Network.Requester;
        Assert.StartsWith("(accepted)", await FromSetagayaAsync(), StringComparison.Ordinal);
        await AgentNetwork.UntilAsync(network.BrokerRecords, AccessEvent.Settled);
        Assert.NotNull((await AgentNetwork.OneAsync(network.BrokerRecords, AccessEvent.Approved)).Subjects[0].Tag);
        var found = await NetworkAudit.ReconcileAsync(network, network.Requester, network.Provider);
        Assert.Equal(["answered-never-received", "approved-without-asked"], found.Select(difference => difference.Class).Order(StringComparer.Ordinal), StringComparer.Ordinal);

        // The asked agency needs nobody's leave to end it: the peer, or the entry for all.
        await network.Provider.Will.BlockAsync(AgencyId.Parse(NetworkFolder.Requester), "does not reconcile", "officer");
        Assert.StartsWith("BLOCKED-BY-PROVIDER", await FromSetagayaAsync(), StringComparison.Ordinal);
        await network.Provider.Will.UnblockAsync(AgencyId.Parse(NetworkFolder.Requester), "heard", "officer");
        await network.Provider.Will.BlockAsync(EntryId.Parse(AgentNetwork.TaxEntry), "does not reconcile", "officer");
        Assert.StartsWith("BLOCKED-BY-PROVIDER", await FromSetagayaAsync(), StringComparison.Ordinal);
        Assert.Single(network.Reads);
        await kawasaki.AssertUntouchedAsync();

        async Task<string> FromSetagayaAsync()
        {
            var approval = await yokohama.AuthorizeAsync(yokohama.Ask(network.Network.CodeOf(7)));
            return await HandMadeClient.RefusalOfAsync(() => yokohama.FetchAsync(NetworkFolder.Provider, yokohama.Fetch(approval)));
        }
    }

    [Fact]
    public async Task A_broker_with_one_of_three_witnesses_can_show_two_histories_until_they_are_compared()
    {
        // Not prevented by two of three: each half has the bent witness and one honest one. It is found by the first who meets both, and by reconciling.
        await using var network = await AgentNetwork.StartAsync();
        network.Network.Journal.Expect("ALARM", "saw ");
        await network.LinkAsync(1);
        var backup = await ForkedBrokerTests.BackUpAsync(network);

        // What Kawasaki and the auditors are shown.
        await network.StopProviderAsync();
        await using (var witness = await ThirdAgency.JoinAsync(network))
        {
            await ForkedBrokerTests.ApproveAsync(network, 12);
            await network.CosignedAsync();
        }

        var bundles = Directory.CreateDirectory(network.Folder.Path("bundles")).FullName;
        await ExportAsync(network.BrokerRecords, Path.Combine(bundles, "broker"), null);

        // What Setagaya is shown: Yokohama's witness forgets what it has cosigned.
        await network.StopRequesterAsync();
        SqliteConnection.ClearAllPools();
        Array.ForEach(Directory.GetFiles(network.Folder.AgencyPath(NetworkFolder.Requester, "data"), "witness.db*"), File.Delete);
        await ForkedBrokerTests.RestoreAsync(network, backup);
        await network.StartRequesterAsync();
        await network.StartProviderAsync();
        await ForkedBrokerTests.ApproveAsync(network, 3);
        await network.CosignedAsync();
        Assert.IsType<Agent.Requesting.FetchedPerson.Answered>((await network.AskAsync(1)).Persons[0]);

        // Setagaya's own log and what it remembers of the broker's do not fit what was shown.
        using (var patience = new CancellationTokenSource(TestNetwork.Patience))
        {
            await network.Provider.Cosigning.UntilPublishedAsync(patience.Token);
        }

        await network.StopProviderAsync();
        await using (var setagaya = await ProviderAsync(network))
        {
            await ExportAsync(setagaya.Log.Store, Path.Combine(bundles, "setagaya"), network.Folder.AgencyPath(NetworkFolder.Provider, "data/pins"));
            var differences = new List<Difference>();
            var options = new ReconciliationOptions { Each = differences.Add, Margin = TimeSpan.Zero };
            await Reconciliation.RunAsync([Path.Combine(bundles, "broker"), Path.Combine(bundles, "setagaya")], network.Folder.Members(), options, CancellationToken.None);
            Assert.Contains(differences, found => found.Class is "fork");
        }

        // And Kawasaki, brought the second history once it is the longer one, refuses it and keeps both.
        await using var kawasaki = await ThirdAgency.JoinAsync(network);
        await ForkedBrokerTests.ApproveAsync(network, 20);
        await network.BrokerCosigning.RoundAsync(CancellationToken.None);
        Assert.NotEmpty(BrokerTests.Evidence(network, NetworkFolder.Bystander, "fork"));
    }

    private static Task<Agent.AgentHost> ProviderAsync(AgentNetwork network) => Agent.AgentHost.StartAsync(
        network.Folder.AgentOptions(NetworkFolder.Provider), new Dictionary<KindId, Agent.Sources.IInformationSource>(), network.ProviderClock, network.Network.Journal.Loggers);

    private static Task ExportAsync(Transparency.IEntryReader records, string to, string? pins) =>
        BundleExport.WriteAsync(records, to, pins, TimeProvider.System, CancellationToken.None);

    private static AuthorizeRequest OfKawasaki(AgentNetwork network, HandMadeClient yokohama)
    {
        var question = yokohama.Ask(network.Network.CodeOf(ThirdAgency.Person));
        question.Provider = NetworkFolder.Bystander;
        return question;
    }

    private static Task<string> FetchedAsync(HandMadeClient client, FetchRequest request) =>
        HandMadeClient.RefusalOfAsync(() => client.FetchAsync(NetworkFolder.Bystander, request));
}
