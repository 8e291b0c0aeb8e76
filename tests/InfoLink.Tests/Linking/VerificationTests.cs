using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using InfoLink.Agent.Host;
using InfoLink.Agent.Host.Linking;
using InfoLink.Agent.Linking;
using InfoLink.Agent.Links;
using InfoLink.Contracts.Refusals;
using InfoLink.Hosting;
using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Refusal = InfoLink.Contracts.Refusals.Refusal;

namespace InfoLink.Tests.Linking;

/// <summary>Links are compared with the registry again: on schedule, on moves, and when somebody wants it.</summary>
public sealed class VerificationTests
{
    [Fact]
    public async Task What_is_due_is_confirmed_quarantined_or_listed_and_the_counts_agree()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "right", "wrong", "gone", "twice");
        world.Registry.Add("wrong", 999); // The registry means somebody else by now.
        world.Registry.Residents.Remove("gone");
        world.Registry.Residents["twice"] = [LinkingWorld.Record(1_003), LinkingWorld.Record(2_003)];
        Age(world, days: 31);

        var progress = new List<VerificationCounts>();
        var counts = await world.Yokohama.Agent.VerifyDueAsync(progress: new Told(progress));

        Assert.Equal(new VerificationCounts(4, 1, 1, 2), counts);
        Assert.True(counts.Agrees);
        Assert.Equal([counts], progress);
        Assert.Equal("wrong", Assert.Single(await world.Yokohama.Agent.Links.QuarantinedAsync()).Id.Value);
        Assert.Null(await world.Yokohama.Agent.Links.CodeOfAsync("wrong", CancellationToken.None));
        Assert.NotNull(await world.Yokohama.Agent.Links.CodeOfAsync("gone", CancellationToken.None)); // In doubt, and in use.
        Assert.Equal([("gone", "name-differs"), ("twice", "several-persons")], (await world.Yokohama.Agent.Links.UnconfirmedAsync()).Select(link => (link.Id.Value, Assert.Single(link.Reasons))));
        var standing = await world.Yokohama.Agent.VerificationAsync();
        Assert.Equal(new VerificationStanding(4, 1, 0, 2, 1, 0, null), standing);
        Assert.True(standing.Agrees);

        // Nobody is due any more, so the queue has moved on.
        var asked = world.Registry.Matches;
        Assert.Equal(0, (await world.Yokohama.Agent.VerifyDueAsync()).Looked);
        Assert.Equal(asked, world.Registry.Matches);
    }

    [Fact]
    public async Task The_schedule_finds_by_itself_a_link_that_became_wrong()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "right", "wrong");
        world.Registry.Add("wrong", 999);
        Age(world, days: 31);
        var agent = world.Yokohama.Agent;
        await using var schedule = new VerificationSchedule(
            agent.Now.Upkeep.Verification, agent.Links, new VerificationPace(30, 1), TimeProvider.System, world.Network.Journal.Loggers.CreateLogger<VerificationSchedule>());
        schedule.Start();
        await Eventually.HoldsAsync(async () => (await schedule.StandingAsync(CancellationToken.None)).Due == 1, "the first of two is looked at");
        Assert.True((await schedule.StandingAsync(CancellationToken.None)).Agrees);
        await agent.VerifyDueAsync();
        Assert.Equal("wrong", Assert.Single(await agent.Links.QuarantinedAsync()).Id.Value);
    }

    [Fact]
    public async Task Who_has_moved_is_confirmed_by_the_newest_attributes()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "maiden", "other");
        world.Registry.Residents["married"] = world.Registry.Residents["maiden"];
        world.Registry.Former["maiden"] = "married";
        var results = await world.Yokohama.Agent.VerifyAsync([LocalId.Of("maiden"), LocalId.Of("nobody")]);
        Assert.Equal(VerificationResult.Confirmed, Assert.Single(results).Result);

        // And where the newest attributes lead to another person, the link is stopped all the same.
        world.Registry.Add("married", 999);
        Assert.Equal(VerificationResult.Contradicted, Assert.Single(await world.Yokohama.Agent.VerifyAsync([LocalId.Of("maiden")])).Result);
    }

    [Fact]
    public async Task Of_two_links_whose_records_come_to_one_resident_the_wrong_one_is_found()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "one", "other");
        Enter(world, "other", "one"); // A clerk's slip: the record of one bears the attributes of the other.
        var results = await world.Yokohama.Agent.VerifyAsync([LocalId.Of("one"), LocalId.Of("other")]);
        Assert.Equal([VerificationResult.Confirmed, VerificationResult.Contradicted], results.Select(result => result.Result));
    }

    [Fact]
    public async Task Two_records_of_one_person_are_each_confirmed_and_one_of_somebody_else_is_not()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "one", "other");
        Enter(world, "second", "one");
        await world.Yokohama.Agent.Links.JoinAsync(LocalId.Of("second"), LocalId.Of("one"), LinkingWorld.Clerk);
        Assert.Equal(VerificationResult.Confirmed, Assert.Single(await world.Yokohama.Agent.VerifyAsync([LocalId.Of("second")])).Result);
        Enter(world, "second", "other");
        Assert.Equal(VerificationResult.Contradicted, Assert.Single(await world.Yokohama.Agent.VerifyAsync([LocalId.Of("second")])).Result);
    }

    [Fact]
    public async Task A_registry_that_goes_away_in_the_middle_stops_the_run_which_goes_on_where_it_was()
    {
        await using var world = await LinkingWorld.StartAsync();
        string[] names = [.. Enumerable.Range(0, 1_200).Select(i => $"person {i:0000}")];
        await LinkAsync(world, names);
        Age(world, days: 31);
        var first = world.Registry.Matches + 1;
        world.Registry.Answering = match => match > first ? throw new Refusal(RefusalName.LogUnavailable).ToRpcException() : Task.CompletedTask;
        var progress = new List<VerificationCounts>();
        var refused = await Assert.ThrowsAsync<RefusedException>(() => world.Yokohama.Agent.VerifyDueAsync(progress: new Told(progress)));
        Assert.Equal(RefusalName.LogUnavailable, refused.Refusal.Name);
        Assert.Equal(1_000, Assert.Single(progress).Confirmed);
        Assert.Equal(200, (await world.Yokohama.Agent.VerificationAsync()).Due);

        world.Registry.Answering = _ => Task.CompletedTask;
        Assert.Equal(new VerificationCounts(200, 200, 0, 0), await world.Yokohama.Agent.VerifyDueAsync());
        Assert.Equal(1_200, (await world.Yokohama.Agent.VerificationAsync()).Fresh);
    }

    [Fact]
    public async Task An_operators_command_runs_it_at_the_running_agent_and_says_how_it_ended()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "right", "wrong");
        world.Registry.Add("wrong", 999);
        Age(world, days: 31);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(world.Yokohama.Agent);
        var socket = LocalApi.Listen(builder, world.Network.Folder.AgentOptions(NetworkFolder.Requester));
        await using var host = builder.Build();
        VerificationApi.Map(host);
        await host.StartAsync();
        using var client = LocalSocket.Client(socket, TestNetwork.Patience);
        using var reply = await client.PostAsJsonAsync(new Uri("/v1/verification", UriKind.Relative), new { });
        var lines = (await reply.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(2, lines.Count); // A page, and the end.
        Assert.Equal((2, 1, 1), (Of(lines[1], "counts", "looked"), Of(lines[1], "counts", "confirmed"), Of(lines[1], "counts", "contradicted")));
        Assert.Equal(1, Of(lines[1], "standing", "quarantined"));

        var config = world.Network.Folder.AgencyPath(NetworkFolder.Requester, "agent.json");
        foreach (var arguments in new[] { new[] { "--all" }, ["--person", "right"], ["--status"] })
        {
            Assert.Equal(0, await VerifyCommand.Create().Parse([.. arguments, "--config", config]).InvokeAsync());
        }

        world.Registry.Answering = _ => throw new Refusal(RefusalName.LogUnavailable).ToRpcException();
        Assert.Equal(1, await VerifyCommand.Create().Parse(["--all", "--config", config]).InvokeAsync());
        using var malformed = await client.PostAsJsonAsync(new Uri("/v1/verification", UriKind.Relative), new { who = "right" });
        Assert.Equal(System.Net.HttpStatusCode.BadRequest, malformed.StatusCode);

        static int Of(JsonElement line, string part, string count) => line.GetProperty(part).GetProperty(count).GetInt32();
    }

    [Fact]
    public async Task A_verification_from_the_future_is_not_believed()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "right", "lost");
        world.Registry.Residents.Remove("lost");
        Age(world, days: 31);
        await world.Yokohama.Agent.VerifyDueAsync();
        await using (var links = Links(world))
        {
            links.Execute("UPDATE person SET verified_ms = verified_ms + 315360000000 WHERE verified_ms > 1; UPDATE link_doubt SET next_ms = next_ms + 315360000000"); // A clock that was ten years ahead.
        }

        Assert.Equal(new VerificationCounts(2, 1, 0, 1), await world.Yokohama.Agent.VerifyDueAsync());
        Assert.Equal(2, Assert.Single(await world.Yokohama.Agent.Links.UnconfirmedAsync()).Tries);
    }

    [Fact]
    public async Task What_a_clerk_took_away_meanwhile_is_not_put_back_and_what_a_human_released_is_not_taken_again_at_once()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "one", "two");
        var links = world.Yokohama.Agent.Links;
        world.Registry.Answering = async _ => await links.UnlinkAsync(LocalId.Of("one"), LinkingWorld.Clerk);
        await world.Yokohama.Agent.VerifyAsync([LocalId.Of("one")]);
        world.Registry.Answering = _ => Task.CompletedTask;
        Assert.Null(await links.CodeOfAsync("one", CancellationToken.None));
        Assert.Equal([LinkChange.Linked, LinkChange.Unlinked], (await links.HistoryAsync(LocalId.Of("one"))).Select(row => row.What));

        world.Registry.Add("two", 999);
        Age(world, days: 31);
        Assert.Equal(1, (await world.Yokohama.Agent.VerifyDueAsync()).Contradicted);
        await links.ReleaseAsync(LocalId.Of("two"), new LinkAct("係長", "本人に確認した"));
        Assert.Equal(0, (await world.Yokohama.Agent.VerifyDueAsync()).Looked);
        Assert.Equal(1, (await world.Yokohama.Agent.VerifyDueAsync(everybody: true)).Contradicted);
    }

    [Fact]
    public async Task Who_is_not_in_the_agencys_own_system_is_listed_and_without_a_system_nobody_is_looked_at()
    {
        await using var world = await LinkingWorld.StartAsync();
        await LinkAsync(world, "one");
        await using (var persons = new SqliteConnection($"Data Source={world.Network.Folder.AgencyPath(NetworkFolder.Requester, "persons.db")};Pooling=false"))
        {
            persons.Execute("DELETE FROM person");
        }

        var result = Assert.Single(await world.Yokohama.Agent.VerifyAsync([LocalId.Of("one")]));
        Assert.Equal((VerificationResult.Unconfirmed, "not-in-own-system"), (result.Result, Assert.Single(result.Reasons)));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => world.Network.Running.Bystander.Agent.VerifyDueAsync());
        Assert.Equal(RefusalName.SourceUnavailable, refused.Refusal.Name);
    }

    /// <summary>Persons whom the registry and Yokohama's own system know, linked; the sample's own are taken away.</summary>
    private static async Task LinkAsync(LinkingWorld world, params string[] names)
    {
        foreach (var sample in new[] { ExistingSystems.ClaimantAtYokohama, ExistingSystems.OddAtYokohama, ExistingSystems.StrangerAtYokohama })
        {
            await world.Yokohama.Agent.Links.UnlinkAsync(LocalId.Of(sample), LinkingWorld.Clerk);
        }

        for (var i = 0; i < names.Length; i++)
        {
            world.Registry.Add(names[i], (ulong)i + 1_000);
        }

        Enter(world, names);
        var job = await world.Yokohama.Agent.LinkAllAsync("all", Persons(), LinkingWorld.Clerk);
        Assert.Equal(names.Length, job.Of(LinkingResult.Linked));

        async IAsyncEnumerable<LocalPerson> Persons()
        {
            foreach (var name in names)
            {
                yield return LinkingWorld.Person(name, name);
            }

            await Task.CompletedTask;
        }
    }

    private static void Enter(LinkingWorld world, string id, string name) => ExistingSystems.Enter(world.Network.Folder, NetworkFolder.Requester, LinkingWorld.Person(id, name));

    private static void Enter(LinkingWorld world, string[] names)
    {
        using var persons = new SqliteConnection($"Data Source={world.Network.Folder.AgencyPath(NetworkFolder.Requester, "persons.db")};Pooling=false");
        persons.Open();
        using var transaction = persons.BeginTransaction();
        persons.Execute("INSERT INTO person(person, name) VALUES (@name, @name)", names.Select(name => new { name }), transaction);
        transaction.Commit();
    }

    /// <summary>As if so many days had passed since the links were found right.</summary>
    private static void Age(LinkingWorld world, int days)
    {
        using var links = Links(world);
        links.Execute("UPDATE person SET verified_ms = verified_ms - @days * 86400000", new { days });
    }

    private static SqliteConnection Links(LinkingWorld world) => new($"Data Source={world.Network.Folder.AgencyPath(NetworkFolder.Requester, "data/links.db")};Pooling=false");

    private sealed class Told(List<VerificationCounts> counts) : IProgress<VerificationCounts>
    {
        public void Report(VerificationCounts value) => counts.Add(value);
    }
}
