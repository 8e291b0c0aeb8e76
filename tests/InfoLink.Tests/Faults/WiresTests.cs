using Xunit;

namespace InfoLink.Tests.Faults;

/// <summary>Lines that are cut, slow, held up or away, under a steady load.</summary>
[Collection(RealProcesses.SecondRow)]
public sealed class WiresTests
{
    [Fact]
    public async Task Whatever_the_lines_do_nothing_is_lost_and_nothing_happens_twice()
    {
        await using var world = await FaultWorld.StartAsync(new() { WithRedis = true });
        world.Clerks.Begin(3);
        foreach (var wire in (EndToEnd.TcpRelay[])[world.BrokerWire, world.ProviderWire])
        {
            for (var cut = 0; cut < 5; cut++)
            {
                wire.Cut();
                await WaitAsync(150);
            }

            wire.Delay = TimeSpan.FromMilliseconds(80);
            await WaitAsync(700);
            wire.Delay = TimeSpan.Zero;

            wire.Hold();
            await WaitAsync(700);
            wire.Release();

            // Away: what does not connect was never asked.
            wire.Down = true;
            wire.Cut();
            await WaitAsync(700);
            wire.Down = false;
            await WaitAsync(300);
        }

        await world.Clerks.StopAsync();
        await world.Clerks.AnsweredAsync();
        Assert.All(world.Asked, question => Assert.True(
            question.Ending is Ending.Answered or Ending.Refused { Name: "BROKER-UNREACHABLE" or "PROVIDER-UNREACHABLE" or "ANSWER-LOST" }, $"{question}"));
        await world.CheckAsync();
    }

    private static Task WaitAsync(int milliseconds) =>
        Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, TestContext.Current.CancellationToken);
}
