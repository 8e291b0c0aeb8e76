using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>A party that hangs (SIGSTOP) with questions in everybody's hands, and goes on as if nothing had been.</summary>
[Collection(RealProcesses.FirstRow)]
public sealed class StopsTests
{
    [Fact]
    public async Task Whoever_hangs_for_a_while_nothing_is_lost_and_nothing_happens_twice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true });
        world.Clerks.Begin(3);
        foreach (var party in (Party[])[Party.Broker, Party.Requester, Party.Provider, Party.Redis])
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken);
            if (party == Party.Redis)
            {
                world.Redis!.Freeze();
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken); // Longer than the broker waits for it.
                world.Redis.Thaw();
                continue;
            }

            await world[party].FreezeAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            await world[party].ThawAsync();
        }

        await world.Clerks.StopAsync();
        await world.Clerks.AnsweredAsync();
        Assert.All(world.Asked, question => Assert.True(
            question.Ending is Ending.Answered or Ending.Refused { Name: "TOKEN-STORE-UNAVAILABLE" or "ANSWER-LOST" }, $"{question}"));
        await world.CheckAsync();
    }
}
