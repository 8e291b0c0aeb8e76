using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>Disk full, at each party in turn: nothing is approved, answered or handed over, it is said, and the service returns by itself.</summary>
[Collection(RealProcesses.FirstRow)]
public sealed class DiskFullTests
{
    [Fact]
    public async Task A_full_disk_stops_what_could_not_be_recorded_and_loses_nothing()
    {
        await using var world = await FaultWorld.StartAsync(new() { OnSmallDisks = true });
        foreach (var party in (Party[])[Party.Broker, Party.Requester, Party.Provider])
        {
            world.Clerks.Begin(2);
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
            await world.HitAsync(party, "disk full", () => Task.Run(world.DiskOf(party).Fill));
            await world.Clerks.StopAsync();

            // What free pages its database still had does not last long.
            await RefusedAsync(world);
            world.DiskOf(party).Clear();
            await world.Clerks.AnsweredAsync();
        }

        Assert.All(world.Asked, question => Assert.True(
            question.Ending is Ending.Answered or Ending.Refused { Name: "LOG-UNAVAILABLE" }, $"{question}"));
        await world.CheckAsync();
    }

    private static async Task RefusedAsync(FaultWorld world)
    {
        const int Most = 300;
        for (var asked = 0; await world.Clerks.AskAsync(1) is not Ending.Refused; asked++)
        {
            Assert.True(asked < Most, "A full disk was noticed by nobody.");
        }
    }
}
