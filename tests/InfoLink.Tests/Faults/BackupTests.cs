using InfoLink.Samples.Network;
using InfoLink.Tests.Audit;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>The drill: a provider's data folder is lost and put back from a backup that was taken while it answered.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class BackupTests
{
    private static readonly string[] Held = ["access-log.db", "agent.json", "asking.db", "backup.json", "links.db", "pending.db", "queue.db", "release.db", "remedy.db"];

    [Fact]
    public async Task A_provider_that_lost_its_disk_answers_again_and_takes_no_token_that_was_spent_after_the_backup()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        var config = world.Folder.AgencyPath(NetworkFolder.Provider, "agent.json");
        var backup = world.Folder.Path("backup");
        await world.Clerks.AnsweredAsync();
        var (code, said) = await RunAsync("backup", backup, "--config", config);
        Assert.True(code == 0, said);
        Assert.Equal(Held, Directory.GetFiles(backup).Select(file => Path.GetFileName(file)!).Where(name => name is not "switches.json").Order(StringComparer.Ordinal), StringComparer.Ordinal);
        await RefusedAsync("is not empty", "backup", backup, "--config", config);

        // After the backup a token is spent, which no file will know of.
        var client = world.Network.Requester;
        var token = await world.AuthorizeByHandAsync(1);
        Assert.Single(await client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)), part => part.Subject is not null);
        await RefusedAsync("stop it first", "restore", backup, "--config", config);
        await world.KillAsync(Party.Provider);
        await RefusedAsync("nothing is written over", "restore", backup, "--config", config);
        Directory.Delete(world.DataOf(Party.Provider), recursive: true);

        // Nobody can know from an empty disk what was recorded since; the operator says it.
        await RefusedAsync("--log-tail-lost", "restore", backup, "--config", config);
        (code, said) = await RunAsync("restore", backup, "--log-tail-lost", "--config", config);
        Assert.True(code == 0, said);

        // Under its old name, the log would say another thing than others were shown.
        var refused = await PartyProcess.RefuseAgentAsync(world.Folder, NetworkFolder.Provider);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("was ended when a backup was put back", refused.Output, StringComparison.Ordinal);

        // What that start left behind is empty, and is said to be.
        await BeginNextLogAsync(world, said);
        refused = await PartyProcess.RefuseAgentAsync(world.Folder, NetworkFolder.Provider);
        Assert.Contains("It holds no record: remove it.", refused.Output, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(world.DataOf(Party.Provider), "access-log.db*"))
        {
            File.Delete(file);
        }

        // Whom it must not answer for, a backup does not know: nobody is answered until somebody has looked.
        await world.StartAsync(Party.Provider);
        await Refused.ByAsync(RefusalName.SourceUnavailable, () => client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)), "after a restore");
        Assert.Contains("The agent answers.", (await RunAsync("marks-reviewed", "--reason", "list of the residents' desk", "--config", config)).Said, StringComparison.Ordinal);
        await Refused.ByAsync(RefusalName.LedgerReopened, () => client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)));
        await world.Clerks.AnsweredAsync(2);
    }

    [Fact]
    public async Task An_agent_that_did_not_run_after_its_backup_goes_on_with_its_log()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        var config = world.Folder.AgencyPath(NetworkFolder.Provider, "agent.json");
        var (data, lost, backup) = (world.DataOf(Party.Provider), world.Folder.Path("lost"), world.Folder.Path("backup"));
        await world.Clerks.AnsweredAsync();
        await world.RestAsync();
        await world.StopAsync(Party.Provider);
        Assert.Equal(0, (await RunAsync("backup", backup, "--config", config)).Code);

        // What the folder still knew of the log's end tells by itself that nothing is missing.
        Directory.Move(data, lost);
        Directory.CreateDirectory(data);
        foreach (var head in Directory.GetFiles(lost, "head-*"))
        {
            File.Copy(head, Path.Combine(data, Path.GetFileName(head)));
        }

        await RefusedAsync("nothing of it is lost", "restore", backup, "--log-tail-lost", "--config", config);
        var links = Path.Combine(backup, "links.db");
        var whole = await File.ReadAllBytesAsync(links, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(links, new Dice(1).Flip([.. whole]), TestContext.Current.CancellationToken);
        await RefusedAsync("'links.db' in the backup is missing or not as it was made", "restore", backup, "--config", config);
        await File.WriteAllBytesAsync(links, whole, TestContext.Current.CancellationToken);
        await RefusedAsync("the configuration names 141003", "restore", backup, "--config", world.Folder.AgencyPath(NetworkFolder.Requester, "agent.json"));
        Assert.Equal(0, (await RunAsync("restore", backup, "--config", config)).Code);

        await world.StartAsync(Party.Provider);
        Assert.Contains("This agent answers nobody.", (await RunAsync("doctor", "--config", config)).Said, StringComparison.Ordinal);
        await world.StopAsync(Party.Provider);
        await world.StartAsync(Party.Provider);
        var client = world.Network.Requester;
        var token = await world.AuthorizeByHandAsync(1);
        await Refused.ByAsync(RefusalName.SourceUnavailable, () => client.FetchAsync(NetworkFolder.Provider, client.Fetch(token)), "after a restore");
        Assert.Equal(0, (await RunAsync("marks-reviewed", "--reason", "list of the residents' desk", "--config", config)).Code);
        Assert.Contains("nothing to look through", (await RunAsync("marks-reviewed", "--reason", "again", "--config", config)).Said, StringComparison.Ordinal);
        await world.Clerks.AnsweredAsync();
        await world.CheckAsync(new() { LedgerRestored = true });
    }

    /// <summary>What restore says: another name for the log, and its key in the member list.</summary>
    private static async Task BeginNextLogAsync(FaultWorld world, string said)
    {
        var key = said.Split("--log ")[^1].Trim();
        var options = world.Folder.AgentOptions(NetworkFolder.Provider);
        options.LogOrigin = said.Split("\"logOrigin\": \"")[1].Split('"')[0];
        options.LogKey = said.Split("\"logKey\": \"")[1].Split('"')[0];
        options.Write(world.Folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
        var members = await File.ReadAllTextAsync(world.Folder.MembersPath);
        var at = members.IndexOf(']', members.IndexOf("logs: [", members.IndexOf($"\"{NetworkFolder.Provider}\":", StringComparison.Ordinal), StringComparison.Ordinal));
        await File.WriteAllTextAsync(world.Folder.MembersPath, members.Insert(at, $", {key}"));
        await world.StopAsync(Party.Broker);
        world.Folder.Publish();
        await world.StartAsync(Party.Broker);
    }

    private static async Task RefusedAsync(string because, params string[] arguments)
    {
        var (code, said) = await RunAsync(arguments);
        Assert.Equal(1, code);
        Assert.Contains(because, said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments) =>
        await Canary.Tool.TryAsync("dotnet", [Canary.Party.Built("agent/InfoLink.Agent.Host", "infolink-agent"), .. arguments]);
}
