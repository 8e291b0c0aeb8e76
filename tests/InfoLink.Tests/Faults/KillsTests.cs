using InfoLink.Tests.Audit;
using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>kill -9 of broker, agents and Redis at any step: at moments that a printed seed draws, under a steady load.</summary>
[Collection(RealProcesses.FirstRow)]
public sealed class KillsTests
{
    private const int Kills = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_is_killed_at_whatever_step_nothing_is_lost_and_nothing_happens_twice(bool onRedis)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The test sends Unix signals.");
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = onRedis });
        var dice = new Dice(System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue));
        Party[] parties = onRedis ? [Party.Broker, Party.Requester, Party.Provider, Party.Redis] : [Party.Broker, Party.Requester, Party.Provider];
        world.Clerks.Begin(3);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Everybody's turn comes; when, and at which step of whose question, is chance.
            var victim = kill < parties.Length ? parties[kill] : parties[dice.Below(parties.Length)];
            await Task.Delay(TimeSpan.FromMilliseconds(300 + dice.Below(700)), TimeProvider.System, TestContext.Current.CancellationToken);
            if (victim == Party.Redis)
            {
                world.Diary.Note(Party.Redis, "kill -9, back empty");
                await world.Redis!.StartAgainAsync();
            }
            else
            {
                await world.KillAndStartAsync(victim);
            }
        }

        // It returns by itself.
        await world.Clerks.StopAsync();
        await world.Clerks.AnsweredAsync();
        await world.CheckAsync();
    }
}
