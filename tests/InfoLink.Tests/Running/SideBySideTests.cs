using System.Net;
using System.Net.Sockets;
using InfoLink.Agent.Host;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Identity;
using InfoLink.Contracts.Notes;
using InfoLink.Samples.Network;
using InfoLink.Tests.EndToEnd;
using InfoLink.Tests.Fixtures;
using InfoLink.Transparency.Postgres;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Running;

/// <summary>Two agent processes of one agency on one PostgreSQL, each with its folder, its port and its log.</summary>
public sealed class SideBySideTests
{
    private const string FirstOrigin = $"{NetworkFolder.Platform}/agency/{NetworkFolder.Provider}";
    private const string SecondOrigin = $"{FirstOrigin}/2";
    private const int Person = 7;

    [Fact]
    public async Task Each_answers_and_what_one_has_spent_the_other_refuses_also_when_the_first_is_dead()
    {
        var database = await SharedPostgres.CreateDatabaseAsync();
        await using var network = await TestNetwork.StartAsync(new() { Prepare = folder => Prepare(folder, database) });
        var folder = network.Folder;
        await LinkTable.Open(folder.AgencyPath(NetworkFolder.Provider, "data/links.db")).PutAsync("S-77310", network.CodeOf(Person, NetworkFolder.Provider));
        var second = Beside(folder);
        await using var one = await PartyProcess.StartAgentAsync(folder, NetworkFolder.Provider);
        await using var other = await PartyProcess.StartAgentAsync(second);
        foreach (var config in (string[])[folder.AgencyPath(NetworkFolder.Provider, "agent.json"), second])
        {
            await Eventually.HoldsAsync(async () => await HealthCommand.Create().Parse(["--config", config]).InvokeAsync() == 0, "the ledger is past its opening");
        }

        using var atOne = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System);
        folder.Redirect(NetworkFolder.Provider, new Uri($"https://{Agent.AgentOptions.Read(second).Listen}"));
        using var atOther = new HandMadeClient(folder, NetworkFolder.Requester, TimeProvider.System);

        // The token is bound to the client's certificate, so what is replayed is what a thief of both would replay.
        await AnswersAndRefusesAsync(atOne, folder, second);
        await AnswersAndRefusesAsync(atOther, folder, second);
        Assert.Equal(2L, await PostgresServer.ExecuteAsync(database, "SELECT COUNT(*) FROM spent"));

        await one.KillAsync();
        Assert.NotEmpty(await atOther.FetchAsync(NetworkFolder.Provider, atOther.Fetch(await ApproveAsync(atOther))));
        foreach (var (origin, answers) in ((string, int)[])[(FirstOrigin, 1), (SecondOrigin, 2)])
        {
            var log = await PostgresEntryStore.ReadAsync(database, origin, CancellationToken.None);
            Assert.Equal(answers, (await log.ReadAsync(0, int.MaxValue, CancellationToken.None)).Count(entry => entry.Open.Event == AccessEvent.Answered));
        }

        async Task<AuthorizeReply> ApproveAsync(HandMadeClient client) => await client.AuthorizeAsync(client.Ask(network.CodeOf(Person)));

        // Answered where the client goes; then the same token at the process beside it.
        async Task AnswersAndRefusesAsync(HandMadeClient client, NetworkFolder folder, string second)
        {
            var fetch = client.Fetch(await ApproveAsync(client));
            Assert.NotEmpty(await client.FetchAsync(NetworkFolder.Provider, fetch));
            var elsewhere = ReferenceEquals(client, atOne) ? Agent.AgentOptions.Read(second).Listen : folder.AgentOptions(NetworkFolder.Provider).Listen;
            Assert.Equal("TOKEN-SPENT", await HandMadeClient.RefusalOfAsync(() => client.FetchAsync(NetworkFolder.Provider, fetch, new Uri($"https://{elsewhere}"))));
        }
    }

    /// <summary>The agency's agent is on the database, and the member list names a log of a second one.</summary>
    private static void Prepare(NetworkFolder folder, string database)
    {
        AgentNetwork.WithoutWitnesses(folder);
        var options = folder.AgentOptions(NetworkFolder.Provider);
        options.Postgres = database;
        options.Write(folder.AgencyPath(NetworkFolder.Provider, "agent.json"));
        Directory.CreateDirectory(folder.Path("beside"));
        KeyFile.WriteNewKey(folder.Path("beside", "log.key"));
        using var key = Ed25519PrivateKey.FromSeed(KeyFile.ReadKey(folder.Path("beside", "log.key")));
        var members = File.ReadAllText(folder.MembersPath);
        var at = members.IndexOf(']', members.IndexOf("logs: [", members.IndexOf($"\"{NetworkFolder.Provider}\":", StringComparison.Ordinal), StringComparison.Ordinal));
        File.WriteAllText(folder.MembersPath, members.Insert(at, $", {NoteKey.Of(SecondOrigin, NoteKeyKind.Log, key.PublicKey.Span)}"));
    }

    /// <summary>What an operator does for a second process: the folder once more, with a log and a port of its own.</summary>
    /// <returns>Its configuration.</returns>
    private static string Beside(NetworkFolder folder)
    {
        var first = folder.AgencyPath(NetworkFolder.Provider, "");
        foreach (var file in Directory.EnumerateFiles(first, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("/log.key", StringComparison.Ordinal)))
        {
            var copy = folder.Path("beside", Path.GetRelativePath(first, file));
            KeyFile.CreateFolder(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var config = folder.Path("beside", "agent.json");
        var options = Agent.AgentOptions.Read(config);
        (options.LogOrigin, options.Listen) = (SecondOrigin, listener.LocalEndpoint.ToString()!);
        options.Write(config);
        return config;
    }
}
