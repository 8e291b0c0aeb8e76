using InfoLink.Samples.Network;
using InfoLink.Tests.Fixtures;
using InfoLink.V1;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>A broker whose database and head are put back to where they were, against all that is said, and that goes on: a second history.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class ForkTests
{
    [Fact]
    public async Task A_second_history_is_refused_by_everybody_kept_as_evidence_and_found_by_the_checker()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync();
        await world.RestAsync();
        await world.StopAsync(Party.Broker);
        var old = Save(world);
        await world.StartAsync(Party.Broker);
        await world.Clerks.AnsweredAsync();
        await world.Clerks.AnsweredAsync(2);
        await world.CheckAsync();
        await world.StopAsync(Party.Broker);
        var newest = Save(world);

        // The old database alone does not start beside its newer head.
        Restore(world, old, file => !file.StartsWith("head-", StringComparison.Ordinal));
        var (code, said) = await PartyProcess.RefuseBrokerAsync(world.Folder.BrokerPath);
        Assert.Equal(1, code);
        Assert.Contains("has been rewound", said, StringComparison.Ordinal);

        // With its old head it does, and goes on as if nothing had been: nobody goes with it.
        Restore(world, old, _ => true);
        await world.StartAsync(Party.Broker);
        for (var i = 0; i < 8; i++)
        {
            await world.AuthorizeByHandAsync(1); // Past the size that was seen.
        }

        await Eventually.HoldsAsync(() => world.Clerks.AskAsync(1).GetAwaiter().GetResult() is Ending.Refused { Name: "LOG-FORKED" }, "the refusal");
        await Eventually.HoldsAsync(() => Forks(world, NetworkFolder.Requester).Length > 0, "evidence at the requester");
        Assert.Contains("ALARM", world[Party.Requester].Output, StringComparison.Ordinal);

        // The checker says of such a world what is wrong with it, whichever of the two databases it is shown.
        await world.StopAsync(Party.Broker);
        Assert.Contains(await WorldInvariants.FindAsync(world.Places, world.Diary), IsTwoHistories);
        Restore(world, newest, _ => true);
        await world.StartAsync(Party.Broker);
        var found = await WorldInvariants.FindAsync(world.Places, world.Diary, new() { Unsettled = true });
        Assert.Contains(found, IsTwoHistories);

        // And nothing else is wrong with it: the second history's tokens, which nobody could use, are all that is not on record.
        Assert.All(found, breach => Assert.True(IsTwoHistories(breach) || breach.Rule is "token-without-record", $"{breach}"));
        Assert.IsType<Ending.Refused>(await world.Clerks.AskAsync(1)); // Until an operator lifts the stop.
        Assert.Equal(0, (await WorldOnRecord.LogAsync(world.Places, NetworkFolder.Provider)).With(AccessEvent.Answered)
            .Count(record => world.Diary.IsByHand(record.Exchange)));
    }

    /// <summary>By which of the two is the longer, and whether the second was signed before it was stopped.</summary>
    private static bool IsTwoHistories(Breach breach) => breach.Rule is "fork" or "rewound" or "records-rewritten";

    private static string[] Forks(FaultWorld world, string agency) =>
        Directory.Exists(world.Folder.AgencyPath(agency, "data/pins")) ? Directory.GetFiles(world.Folder.AgencyPath(agency, "data/pins"), "*.fork") : [];

    private static Dictionary<string, byte[]> Save(FaultWorld world) => Directory.GetFiles(world.DataOf(Party.Broker))
        .Where(file => Path.GetFileName(file) is { } name && (name.StartsWith("access-log.db", StringComparison.Ordinal) || name.StartsWith("head-", StringComparison.Ordinal)))
        .Where(file => !file.EndsWith(".lease", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes, StringComparer.Ordinal);

    private static void Restore(FaultWorld world, Dictionary<string, byte[]> saved, Func<string, bool> which)
    {
        foreach (var file in Save(world).Keys.Where(which))
        {
            File.Delete(Path.Combine(world.DataOf(Party.Broker), file));
        }

        foreach (var (file, bytes) in saved.Where(file => which(file.Key)))
        {
            File.WriteAllBytes(Path.Combine(world.DataOf(Party.Broker), file), bytes);
        }
    }
}
