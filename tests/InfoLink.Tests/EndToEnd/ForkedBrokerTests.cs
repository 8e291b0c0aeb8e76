using System.Text.Json;
using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Xunit;

namespace InfoLink.Tests.EndToEnd;

/// <summary>
/// A broker that keeps two histories under one name: its database and its head are put back to where they were, and it approves other things.
/// Whoever has seen the first history shows that it has, and stops.
/// </summary>
public sealed class ForkedBrokerTests
{
    private const string Alarm = "ALARM";

    [Fact]
    public async Task A_provider_that_was_shown_one_history_refuses_the_other_and_stays_so_after_a_restart()
    {
        await using var network = await AgentNetwork.StartAsync(new() { Witnessed = false });
        network.Network.Journal.Expect(Alarm);
        await network.LinkAsync(1);
        await AnsweredAsync(network);
        var backup = await BackUpAsync(network);
        await AnsweredAsync(network);
        await RestoreAsync(network, backup);
        await ApproveAsync(network, 10);

        // No witness told of it: the provider finds it by its own pin.
        await Refused.ByAsync(RefusalName.LogForked, () => FetchAsync(network));
        AssertBothKept(network, NetworkFolder.Provider);
        await network.StopProviderAsync();
        await network.StartProviderAsync();
        await Refused.ByAsync(RefusalName.LogForked, () => FetchAsync(network));
        Assert.Equal(2, network.Reads.Count);
    }

    [Fact]
    public async Task Witnesses_refuse_the_second_history_show_both_checkpoints_and_stop_their_own_agencies()
    {
        await using var network = await AgentNetwork.StartAsync();
        network.Network.Journal.Expect(Alarm, "saw ");
        await network.LinkAsync(1);
        await AnsweredAsync(network);
        var backup = await BackUpAsync(network);
        await AnsweredAsync(network);
        await network.CosignedAsync();
        var published = await network.Network.Broker.Log.Tree.PublishedAsync(CancellationToken.None);
        await RestoreAsync(network, backup);
        await ApproveAsync(network, 10);

        Assert.False(await network.BrokerCosigning.RoundAsync(CancellationToken.None));
        Assert.True((await network.Network.Broker.Log.Tree.PublishedAsync(CancellationToken.None))!.Size < published!.Size);
        AssertBothKept(network, NetworkFolder.Provider);
        AssertBothKept(network, NetworkFolder.Requester);
        await Refused.ByAsync(RefusalName.LogForked, () => FetchAsync(network));
        await AssertAlarmAtBrokerAsync(network);

        // Neither asks nor answers on the word of this log, now and after a restart.
        await network.StopAgentsAsync();
        await network.StartRequesterAsync();
        await network.StartProviderAsync();
        await Refused.ByAsync(RefusalName.LogForked, () => FetchAsync(network));
        var refused = await Assert.ThrowsAsync<Contracts.Refusals.RefusedException>(() => network.AskAsync(1));
        Assert.Equal(RefusalName.LogForked, refused.Refusal.Name);
    }

    [Fact]
    public async Task One_history_for_one_witness_and_another_for_the_other_reaches_no_quorum()
    {
        await using var network = await AgentNetwork.StartAsync();
        network.Network.Journal.Expect(Alarm, "saw ");
        await network.LinkAsync(1);
        await AnsweredAsync(network);
        await network.CosignedAsync();
        var backup = await BackUpAsync(network);

        // The first history, with the requester's witness alone.
        await network.StopProviderAsync();
        await ApproveAsync(network, 4);
        Assert.False(await network.BrokerCosigning.RoundAsync(CancellationToken.None));

        // The second one, with the provider's witness alone.
        await network.StopRequesterAsync();
        await RestoreAsync(network, backup);
        await ApproveAsync(network, 7);
        await network.StartProviderAsync();
        Assert.False(await network.BrokerCosigning.RoundAsync(CancellationToken.None));
        Assert.False(Directory.Exists(network.Folder.AgencyPath(NetworkFolder.Provider, "data/evidence")));

        // Once both are asked about one of them, it is over.
        await network.StartRequesterAsync();
        Assert.False(await network.BrokerCosigning.RoundAsync(CancellationToken.None));
        AssertBothKept(network, NetworkFolder.Requester);
        await AssertAlarmAtBrokerAsync(network);
    }

    [Fact]
    public async Task A_broker_with_an_old_database_does_not_start_beside_its_newer_head()
    {
        await using var network = await AgentNetwork.StartAsync();
        var backup = await BackUpAsync(network);
        await ApproveAsync(network, 3);
        await network.CosignedAsync();
        var newest = await BackUpAsync(network);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RestoreAsync(network, backup, withHead: false));
        Assert.Contains("rewound", refused.Message, StringComparison.Ordinal);

        await RestoreAsync(network, newest);
        await network.CosignedAsync();
    }

    private static async Task AnsweredAsync(AgentNetwork network) => Assert.Single(await FetchAsync(network), part => part.Subject is not null);

    private static async Task<IReadOnlyList<FetchReply>> FetchAsync(AgentNetwork network)
    {
        var client = network.Network.Requester;
        return await client.FetchAsync(NetworkFolder.Provider, client.Fetch(await client.AuthorizeAsync(client.Ask(network.Network.CodeOf(1)))));
    }

    internal static async Task ApproveAsync(AgentNetwork network, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await network.Network.Requester.AuthorizeAsync(network.Network.Requester.Ask(network.Network.CodeOf(1)));
        }
    }

    /// <summary>The broker's database and head as they are now; the broker goes on.</summary>
    internal static async Task<string> BackUpAsync(AgentNetwork network)
    {
        await network.Network.StopBrokerAsync();
        SqliteConnection.ClearAllPools();
        var to = Directory.CreateDirectory(network.Folder.Path("backup-" + Directory.GetDirectories(network.Folder.FullPath, "backup-*").Length)).FullName;
        foreach (var file in FilesOf(network))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        await network.Network.StartBrokerAsync();
        if (File.ReadAllText(network.Folder.MembersPath).Contains("quorum:", StringComparison.Ordinal))
        {
            await network.CosignedAsync();
        }

        return to;
    }

    internal static async Task RestoreAsync(AgentNetwork network, string backup, bool withHead = true)
    {
        await network.Network.StopBrokerAsync();
        SqliteConnection.ClearAllPools();
        foreach (var file in FilesOf(network).Where(file => withHead || !Path.GetFileName(file).StartsWith("head-", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }

        foreach (var file in Directory.GetFiles(backup))
        {
            var to = network.Folder.Path("broker", "data", Path.GetFileName(file));
            if (!File.Exists(to))
            {
                File.Copy(file, to);
            }
        }

        await network.Network.StartBrokerAsync();
    }

    private static IEnumerable<string> FilesOf(AgentNetwork network) => Directory.GetFiles(network.Folder.Path("broker", "data"))
        .Where(file => Path.GetFileName(file) is var name
            && (name.StartsWith("head-", StringComparison.Ordinal) || (name.StartsWith("access-log.db", StringComparison.Ordinal) && !name.EndsWith(".lease", StringComparison.Ordinal))));

    /// <summary>The two checkpoints are in the file that stops the log and, as they came, among the evidence; both are the broker's own.</summary>
    private static void AssertBothKept(AgentNetwork network, string agency)
    {
        var log = LogKeyOf(network);
        var fork = File.ReadAllText(Assert.Single(Directory.GetFiles(network.Folder.AgencyPath(agency, "data/pins"), "*.fork")));
        var kept = JsonSerializer.Deserialize<Dictionary<string, byte[]>>(
            File.ReadAllText(Directory.GetFiles(network.Folder.AgencyPath(agency, "data/evidence"), "*-fork.json").Order(StringComparer.Ordinal).Last()))!;
        var (one, other) = (SignedCheckpoint.Open(kept["checkpoint"], log), SignedCheckpoint.Open(kept["other"], log));
        Assert.NotNull(one);
        Assert.NotNull(other);
        Assert.NotEqual(one.Checkpoint, other.Checkpoint);
        Assert.Contains(one.Note.Text, fork, StringComparison.Ordinal);
        Assert.Contains(other.Note.Text, fork, StringComparison.Ordinal);
    }

    /// <summary>The log's own operator learns it too.</summary>
    private static async Task AssertAlarmAtBrokerAsync(AgentNetwork network)
    {
        var kept = JsonSerializer.Deserialize<Dictionary<string, byte[]>>(await File.ReadAllTextAsync(
            Directory.GetFiles(network.Folder.Path("broker", "data", "evidence"), "*-conflict.json")[0], CancellationToken.None))!;
        Assert.All(["checkpoint", "other"], name => Assert.NotNull(SignedCheckpoint.Open(kept[name], LogKeyOf(network))));
        Assert.Contains(network.Network.Journal.Lines, line => line.Level == LogLevel.Critical && line.Text.Contains("two histories under one name", StringComparison.Ordinal));
    }

    private static NoteKey LogKeyOf(AgentNetwork network) => network.Network.Broker.Log.Key;
}
